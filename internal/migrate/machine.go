package migrate

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// machine is a machine that ran a shell command, which is changed step by step until it
// can run here.
type machine struct {
	reader  *reader
	job     *Job
	line    int
	project fs.FS    // nil if it is not known
	folder  string   // the working directory on the machine, "" if it is not known
	text    string   // the command
	own     []string // programs of the project's environment

	packages packages // that the command installs
}

// edit replaces a part of the command.
type edit struct {
	from, to uint
	with     string
}

// rewrites are the steps, in their order. Each returns what to change, and after a change
// they begin again.
var rewrites = []func(*machine, *syntax.File) []edit{
	(*machine).withoutGroup, (*machine).withoutHead, (*machine).withoutOutput, (*machine).setUp, (*machine).withoutSudo, (*machine).unwrap, (*machine).heartbeat, (*machine).commit,
	(*machine).interpreters, (*machine).paths, (*machine).secrets,
}

// fit returns a shell command of another machine as it runs here, where folder is the
// working directory it had there. It tells the job what became of what.
func (r *reader) fit(j *Job, line int, text, folder string) string {
	m := &machine{reader: r, job: j, line: line, project: r.Project, folder: home(folder), text: strings.TrimSpace(text)}
	for range 100 {
		file, err := parseShell(m.text)
		if err != nil {
			j.glue(line, "check the command: bash cannot read it")
			return withoutSecrets(m.text)
		}
		before := m.text
		for _, rewrite := range rewrites {
			m.text = strings.TrimSpace(edited(m.text, rewrite(m, file)))
			if m.text != before {
				break
			}
		}
		if m.text == before {
			break
		}
	}
	m.tools()
	if m.packages.any() {
		m.packages.named = false // which the command installs
		for _, line := range slices.Backward(m.packages.apply(j, r.tree(j.From.File), false)) {
			m.text = line + "\n" + m.text
		}
	}
	if m.folder != "" && m.folder != "~" && m.folder != "/" && !slices.ContainsFunc(j.Kept, func(n Note) bool { return strings.HasPrefix(n.What, "folder "+m.folder+":") }) {
		j.kept(line, "folder %s: the job runs in the project's folder", m.folder)
		if len(r.folders) > 0 && !slices.Contains(r.folders, m.folder) {
			j.glue(line, "check that the project's folder has what is in %s: an earlier job runs in %s", m.folder, r.folders[0])
		}
		if !slices.Contains(r.folders, m.folder) {
			r.folders = append(r.folders, m.folder)
		}
	}
	if len(secretSpans(m.text)) > 0 {
		m.text = withoutSecrets(m.text)
		j.lost(line, "a literal secret in the command: use a secret of the repository instead")
	}
	return m.text
}

// edited returns a text with some of its parts replaced, by the outer of two that overlap.
func edited(text string, edits []edit) string {
	slices.SortFunc(edits, func(a, b edit) int { return int(a.from) - int(b.from) })
	var b strings.Builder
	at := uint(0)
	for _, e := range edits {
		if e.from < at {
			continue // inside another
		}
		b.WriteString(text[at:e.from] + e.with)
		at = e.to
	}
	return b.String() + text[at:]
}

func starts(n syntax.Node) uint { return n.Pos().Offset() }
func ends(n syntax.Node) uint   { return n.End().Offset() }

// simpleCalls returns all simple commands.
func simpleCalls(file *syntax.File) (all []*syntax.CallExpr) {
	syntax.Walk(file, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			all = append(all, call)
		}
		return true
	})
	return all
}

// withoutGroup drops the parentheses or the & around the whole command.
func (m *machine) withoutGroup(file *syntax.File) []edit {
	if len(file.Stmts) != 1 {
		return nil
	}
	stmt := file.Stmts[0]
	if stmt.Background {
		m.job.kept(m.line, "&: each job has a run of its own")
		return []edit{{stmt.Semicolon.Offset(), ends(stmt), ""}}
	}
	if group, ok := stmt.Cmd.(*syntax.Subshell); ok && len(stmt.Redirs) == 0 && !stmt.Negated {
		return []edit{{starts(group), starts(group) + 1, ""}, {group.Rparen.Offset(), group.Rparen.Offset() + 1, ""}}
	}
	if group, ok := stmt.Cmd.(*syntax.Block); ok && len(stmt.Redirs) == 0 && !stmt.Negated {
		return []edit{{starts(group), starts(group) + 1, ""}, {group.Rbrace.Offset(), group.Rbrace.Offset() + 1, ""}}
	}
	return nil
}

// withoutHead drops a first command that prepares the machine: cd, source, export of
// what a file has.
func (m *machine) withoutHead(file *syntax.File) []edit {
	if len(file.Stmts) == 0 {
		return nil
	}
	at := 0
	for at+1 < len(file.Stmts) && prepares(file.Stmts[at]) {
		at++
	}
	first, rest := file.Stmts[at], uint(0)
	if len(file.Stmts) > at+1 {
		rest = starts(file.Stmts[at+1])
	}
	for {
		chain, ok := first.Cmd.(*syntax.BinaryCmd)
		if ok && chain.Op == syntax.AndStmt {
			first, rest = chain.X, starts(chain.Y)
			continue
		}
		if ok && chain.Op == syntax.OrStmt && rest > 0 && strings.HasPrefix(m.text[starts(chain.Y):], "exit") {
			first = chain.X
			continue
		}
		break
	}
	call, ok := first.Cmd.(*syntax.CallExpr)
	if !ok || rest == 0 || first.Negated {
		return nil
	}
	args := literals(call)
	if len(args) < 2 || len(args) != len(call.Args) {
		return nil
	}
	drop := []edit{{starts(first), rest, ""}}
	arg := args[len(args)-1]
	switch {
	case args[0] == "cd" && len(args) == 2 && (path.IsAbs(arg) || strings.HasPrefix(arg, "~")):
		m.folder = home(path.Clean(arg))
		if sub := m.inProject(); sub != "" {
			drop[0].with = "cd " + quote(sub) + m.text[ends(first):rest]
			m.folder = strings.TrimSuffix(m.folder, "/"+sub)
		}
		return drop
	case (args[0] == "source" || args[0] == ".") && (strings.HasPrefix(path.Base(arg), ".") || strings.HasSuffix(arg, "profile") || strings.HasSuffix(arg, ".env")):
		m.job.glue(m.line, "declare the variables of %s as env, vars or secrets", arg)
		return drop
	case args[0] == "set" && args[1] == "-a":
		return drop
	}
	return nil
}

// setUp drops what our set-up does ahead of the command: environments, packages and the
// newest commit.
func (m *machine) setUp(*syntax.File) []edit {
	units := readBlock(m.text, "").units
	for i := range len(units) - 1 {
		u := units[i]
		switch {
		case u.class == neutral:
			continue
		case (u.class == venv || u.class == install || u.class == tool) && m.packages.covers(u):
			m.job.kept(m.line, "%s: our set-up", oneLine(told(u.text)))
		case u.class == asking && len(u.calls) == 1 && (u.calls[0].git() == "pull" || u.calls[0].git() == "fetch"):
			m.job.kept(m.line, "git %s: the run has the newest commit", u.calls[0].git())
		default:
			return nil
		}
		return []edit{{uint(start(u.node)), uint(start(units[i+1].node)), ""}}
	}
	return nil
}

// prepares reports whether a statement only sets options or variables of the shell.
func prepares(stmt *syntax.Stmt) bool {
	switch cmd := stmt.Cmd.(type) {
	case *syntax.DeclClause:
		return true
	case *syntax.CallExpr:
		if len(cmd.Args) == 0 {
			return true
		}
		args := literals(cmd)
		return len(args) > 1 && args[0] == "set" && args[1] != "-a"
	}
	return false
}

// inProject returns which folder of the project the working directory is, "" for its
// own: the one that has the first script of the command.
func (m *machine) inProject() string {
	script := scriptName.FindString(m.text)
	if m.project == nil || script == "" || m.has(script) {
		return ""
	}
	parts := strings.Split(m.folder, "/")
	for i := 1; i < len(parts); i++ {
		if sub := path.Join(parts[i:]...); m.has(path.Join(sub, script)) {
			return sub
		}
	}
	return ""
}

var scriptName = pattern.New(`\b[\w][\w./-]*\.(?:py|sh|bash|ipynb|pl|rb|js|php|R)\b`)

func (m *machine) has(name string) bool {
	if m.project == nil || !fs.ValidPath(name) {
		return false
	}
	_, err := fs.Stat(m.project, name)
	return err == nil
}

// home returns a path with ~ for a person's folder.
func home(p string) string { return homes.ReplaceAllString(p, "~$1") }

var homes = pattern.New(`^(?:/home/[^/]+|/root|/Users/[^/]+|\$HOME|\$\{HOME\}|%h)(/|$)`)

// unusual tells which folder of a PATH a runner does not have, and reports whether there
// is one.
func (j *Job) unusual(line int, value string) bool {
	for folder := range strings.SplitSeq(value, ":") {
		folder = strings.TrimSpace(folder)
		known := venvFolder.MatchString(home(folder)+"/python") || systemBin.MatchString(home(folder)+"/x")
		if folder != "" && !strings.HasPrefix(folder, "$") && !known {
			j.glue(line, "install what %s has, in before or prepare, or name its folder in $GITHUB_PATH", folder)
			return true
		}
	}
	return false
}

// goesOn tells, of a command with several statements, that the shell of the original went
// on after one that failed.
func (j *Job) goesOn(line int, command, shell string) {
	if file, err := parseShell(command); err == nil && len(file.Stmts) > 1 {
		j.glue(line, "add || true to a command whose failure does not matter: bash stops at the first that fails, %s went on", shell)
	}
}
