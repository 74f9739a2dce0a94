package migrate

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// reach is what programs need that the repository does not have.
type reach struct {
	names string
	lost  bool
	what  string // what to do about it, with the name as %s; if lost, why
}

var reaches = []reach{
	{"systemctl service invoke-rc.d supervisorctl reboot shutdown crontab logrotate run-parts anacron fstrim e2scrub e2scrub_all debian-sa1 sa1 sa2 certbot monit pm2 apt-get apt aptitude dnf yum updatedb freshclam journalctl", true, "a matter of the machine itself"},
	{"ssh scp sftp rsync", false, "give %s its key and the known hosts in prepare, from a secret"},
	{"docker docker-compose podman kubectl", false, "check what %s needs: containers of the machine are not here"},
	{"psql pg_dump pg_dumpall mysql mysqldump mariadb-dump redis-cli mongodump", false, "name the host of the database for %s: the runner has to reach it"},
	{"git", false, "use commit, or token = true, for %s: the checkout has no credentials"},
}

// onRunners are the programs and builtins that each Ubuntu runner has, besides those that
// need more.
var onRunners = strings.Fields(`python pip pipx uv uvx poetry pipenv pdm hatch rye conda
	[ . : alias bg break builtin cd command continue declare dirs echo enable eval exec exit export false fg getopts hash help jobs kill let local logout mapfile popd printf pushd pwd read readonly return set shift shopt source test times trap true type typeset ulimit umask unalias unset wait
	awk b2sum base64 basename bash bc bzip2 cat chgrp chmod chown cksum cmp comm cp curl cut dash date dd df diff dirname du env expand expr file find flock fold gawk getent git gh gpg grep egrep fgrep gunzip gzip head hostname id install ionice jq ln ls lsof make md5sum mkdir mkfifo mktemp mv nc nice nl node nohup npm npx nproc numfmt od openssl paste patch perl pgrep php pkill pnpm ps readlink realpath ruby rm rmdir sed seq sh sha1sum sha256sum sha512sum shuf sleep sort split sqlite3 stat stdbuf stty sudo sum sync tac tail tar tee time timeout touch tr truncate tsort tty uname uniq unxz unzip wc wget which whoami xargs xz yarn yes yq zcat zip zstd
	7z 7za aws az gcloud helm java javac go cargo rustc gcc g++ cmake ansible terraform R Rscript`)

// tools tells what programs of the command need.
func (m *machine) tools() {
	file, err := parseShell(m.text)
	if err != nil {
		return
	}
	functions := map[string]bool{}
	syntax.Walk(file, func(n syntax.Node) bool {
		if f, ok := n.(*syntax.FuncDecl); ok {
			functions[f.Name.Value] = true
		}
		return true
	})
	for _, call := range simpleCalls(file) {
		args := literals(call)
		if len(args) == 0 {
			continue
		}
		name := path.Base(args[0])
		need := slices.IndexFunc(reaches, func(r reach) bool { return slices.Contains(strings.Fields(r.names), name) })
		switch {
		case name == "git" && !slices.Contains(args, "push"):
		case need >= 0 && reaches[need].lost:
			m.job.lost(m.line, "%s: %s", name, reaches[need].what)
		case need >= 0:
			m.job.glue(m.line, reaches[need].what, name)
		case !strings.Contains(args[0], "/") && !slices.Contains(onRunners, name) && !slices.Contains(m.own, name) && !functions[name] && !launches(name):
			m.job.glue(m.line, "install %s in prepare, unless the project's environment has it", withoutSecrets(name))
		}
	}
}

// launches reports whether a program is a launcher.
func launches(program string) bool {
	_, known := launchers[program]
	return known
}

// ofTheMachine returns the program of a command that does nothing but take care of its
// machine, "" for any other command.
func ofTheMachine(command string) (program string) {
	file, err := parseShell(command)
	if err != nil {
		return ""
	}
	for _, call := range simpleCalls(file) {
		name, _ := literal(call.Args[0])
		name = path.Base(name)
		switch {
		case slices.ContainsFunc(reaches, func(r reach) bool { return r.lost && slices.Contains(strings.Fields(r.names), name) }):
			program = name
		case !slices.Contains([]string{"cd", "test", "[", "true", ":", "echo", "exit", "sleep", "command", "export", "set"}, name):
			return ""
		}
	}
	return program
}

// asked writes a command with a condition so that it succeeds where the condition does
// not hold: [ … ] && command.
func asked(text string) string {
	file, err := parseShell(text)
	if err != nil || len(file.Stmts) != 1 {
		return text
	}
	stmt := file.Stmts[0]
	chain, ok := stmt.Cmd.(*syntax.BinaryCmd)
	if !ok || chain.Op != syntax.AndStmt || stmt.Negated || len(stmt.Redirs) > 0 || heredoc(stmt) {
		return text
	}
	for {
		left, more := chain.X.Cmd.(*syntax.BinaryCmd)
		if !more || left.Op != syntax.AndStmt {
			break
		}
		chain = left
	}
	call, ok := chain.X.Cmd.(*syntax.CallExpr)
	_, double := chain.X.Cmd.(*syntax.TestClause)
	if !double && (!ok || len(call.Args) == 0) {
		return text
	}
	if !double {
		if name, _ := literal(call.Args[0]); name != "[" && name != "test" {
			return text
		}
	}
	return "if " + text[starts(chain.X):ends(chain.X)] + "; then " + text[starts(chain.Y):ends(stmt)] + "; fi"
}
