package migrate

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// launcher is a program that runs another.
type launcher struct {
	values   string // its flags that take the next word
	operands int    // words between its flags and the command
	kept     string // what became of it where it is left out, "" for nothing to tell
	needed   bool   // it is not left out
}

// launchers are the known ones, with the subcommand that runs another program. Flags that
// are not in values stand alone.
var launchers = map[string]launcher{
	"flock":       {values: "-w --wait --timeout -E --conflict-exit-code", operands: 1, kept: "flock: two runs of a job never overlap"},
	"timeout":     {values: "-k --kill-after -s --signal", operands: 1},
	"nice":        {values: "-n --adjustment", kept: "nice: each run has a machine of its own"},
	"ionice":      {values: "-c --class -n --classdata", kept: "ionice: each run has a machine of its own"},
	"chrt":        {operands: 1, kept: "chrt: each run has a machine of its own"},
	"taskset":     {operands: 1, kept: "taskset: each run has a machine of its own"},
	"nohup":       {},
	"setsid":      {},
	"exec":        {},
	"stdbuf":      {values: "-i -o -e", kept: "stdbuf: the output is not buffered"},
	"unbuffer":    {kept: "unbuffer: the output is not buffered"},
	"chronic":     {kept: "chronic: GitHub reports a failed run, with its log"},
	"cronic":      {kept: "cronic: GitHub reports a failed run, with its log"},
	"run-one":     {kept: "run-one: two runs of a job never overlap"},
	"solo":        {kept: "solo: two runs of a job never overlap"},
	"systemd-cat": {values: "-t --identifier -p --priority", kept: "output: it is in the log of the run"},
	"sudo":        {values: "-u --user -g --group", kept: "sudo: the runner's own user runs it"},
	"runuser":     {values: "-u --user -g --group", kept: "runuser: the runner's own user runs it"},
	"env":         {values: "-u --unset"},
	"time":        {needed: true},
	"command":     {needed: true},
	"xvfb-run":    {values: "-s --server-args -n --server-num -e --error-file -f --auth-file -p --xauth-protocol -w --wait", needed: true},
	"conda run":   ofEnvironment("conda"),
	"pdm run":     ofEnvironment("pdm"),
	"pipenv run":  ofEnvironment("pipenv"),
	"poetry run":  ofEnvironment("poetry"),
	"rye run":     ofEnvironment("rye"),
	"uv run":      ofEnvironment("uv"),
}

// ofEnvironment is a tool that runs a program in the project's environment, which a job's
// is already.
func ofEnvironment(tool string) launcher {
	return launcher{
		values: "-n --name -p --prefix --project --directory --with --env-file --python -E --extra --group",
		kept:   tool + " run: the project's environment is set up",
	}
}

// launched returns the launcher that a command begins with, and the place of the command
// that it runs; 0 for none. The assignments of env are part of it.
func launched(argv []string) (l launcher, at int) {
	name := path.Base(argv[0])
	l, known := launchers[name]
	at = 1
	if !known && len(argv) > 1 {
		l, known = launchers[name+" "+argv[1]]
		at = 2
	}
	if !known {
		return l, 0
	}
	at = skipFlags(argv, at, l.values)
	for name == "env" && at < len(argv) && assignment.MatchString(argv[at]) {
		at++
	}
	if at += l.operands; at >= len(argv) {
		return l, 0
	}
	return l, at
}

var assignment = pattern.New(`^[A-Za-z_]\w*=`)

// skipFlags returns the index of the first word from at on that is no flag and no value
// of one.
func skipFlags(args []string, at int, values string) int {
	for at < len(args) && strings.HasPrefix(args[at], "-") && args[at] != "-" {
		if args[at] == "--" {
			return at + 1
		}
		if slices.Contains(strings.Fields(values), args[at]) {
			at++
		}
		at++
	}
	return at
}

// unwrapped removes the words in front of a command that only say how it is started.
func unwrapped(argv []string, args []*syntax.Word) ([]string, []*syntax.Word) {
	for _, at := launched(argv); at > 0; _, at = launched(argv) {
		argv, args = argv[at:], args[at:]
	}
	program := path.Base(argv[0])
	switch {
	case len(argv) > 2 && isPython(program) && argv[1] == "-m" && modules[argv[2]]:
		argv, args = argv[2:], args[2:]
	case isPython(program) || program == "pip" || program == "pip3":
		argv = append([]string{strings.Replace(program, "pip3", "pip", 1)}, argv[1:]...) // of an environment made by hand
	}
	return argv, args
}

func isPython(program string) bool {
	return program == "py" || strings.HasPrefix(program, "python") && strings.Trim(program[len("python"):], "0123456789.") == ""
}

// modules are known to do the same with python -m.
var modules = map[string]bool{
	"pip": true, "venv": true, "virtualenv": true, "pipenv": true, "poetry": true, "uv": true, "pdm": true, "playwright": true,
	"spacy": true, "nltk.downloader": true, "ensurepip": true, "ipykernel": true, "camoufox": true, "patchright": true,
}
