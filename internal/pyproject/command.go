package pyproject

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// workOptions are the options that say what a job runs.
var workOptions = []option{
	{
		name:     "command",
		kind:     "a string or a list of strings",
		fallback: "none",
		meaning:  "instead of `entrypoint`: a command for bash in the project's folder and environment, or several, one after the other, of which the first that fails ends the job",
		example:  `"python report.py --daily"`,
		form:     func() form { return oneOrSeveral(linesForm().but(form{"maxLength": maxCommand}), 100, false) },
		single:   true,
		whole:    true,
		most:     100,
		read: func(r *reader, e *entry) setting {
			commands := r.commands(e)
			return func(o *Options) { o.Command = commands }
		},
	},
	{
		name:     "name",
		kind:     "a string",
		fallback: "the job's id, and when it runs",
		meaning:  "name of the workflow, for `workflow_run` and badges",
		example:  `"Nightly report"`,
		form:     func() form { return trimmed().but(form{"maxLength": 200}) },
		single:   true,
		parse:    into(parseTitle, func(o *Options) *string { return &o.Name }),
	},
}

// parseTitle reads the name of a workflow.
func parseTitle(value any) (string, *flaw) {
	s, flawed := parseText(value)
	switch {
	case flawed != nil:
	case s == "" || s != strings.TrimSpace(s):
		flawed = &flaw{message: fmt.Sprintf("is %s, which is not a valid name", problem.Quote(s))}
	case len(s) > 200:
		flawed = &flaw{"is longer than 200 bytes", "shorten it"}
	}
	return s, flawed
}

// ofCallables are the options that only a job with an entrypoint can have.
var ofCallables = []string{"args", "kwargs", "pass-context", "result"}

// maxCommand is the length of a command in bytes: on Windows a process gets at most
// 32,767 characters.
// https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-createprocessw
const maxCommand = 30_000

// commands reads a command for bash, or a list of them.
func (r *reader) commands(e *entry) []string {
	const example = `"python report.py --daily"`
	items := []*entry{e}
	if isList(e) {
		items = r.several(e, example)
	}
	var commands []string
	for _, item := range items {
		s, flawed := parseLines(item.value)
		switch {
		case flawed != nil:
		case strings.TrimSpace(s) == "":
			flawed = &flaw{"is empty", "write a command for bash, or remove it"}
		case len(s) > maxCommand:
			flawed = &flaw{fmt.Sprintf("is longer than %d bytes", maxCommand), "put it into a file, and write bash and the name of that file"}
		}
		kind := "a string"
		if item == e {
			kind = "a string or a list of strings"
		}
		if r.valid(item, kind, flawed, exampleHint(e.name, example)) {
			commands = append(commands, s)
		}
	}
	return commands
}

// work reads what a job runs: its entrypoint, which is "" if it has a command.
func (r *reader) work(d draft) (entrypoint string) {
	command := d.declaration.child("command")
	if command == nil {
		if d.whole() && d.declaration.child("entrypoint") == nil {
			r.report(d.declaration.at, `add entrypoint = "app.jobs:clean", or command`, "%s has no entrypoint or command", d.table)
			return ""
		}
		return r.entrypoint(d)
	}
	if !d.whole() {
		return "" // which unknownKeys reports
	}
	if d.declaration.child("entrypoint") != nil {
		r.report(command.at, "keep only one of entrypoint and command", "command cannot be combined with entrypoint")
	}
	for _, e := range d.declaration.entries {
		if slices.Contains(ofCallables, e.name) {
			r.report(e.at, "remove it, or use an entrypoint", "%s has no effect on a command", e.name)
		}
	}
	return ""
}

// Runs returns what a job runs, on one line: its entrypoint, or its commands.
func (j Job) Runs() string {
	if j.Entrypoint != "" {
		return j.Entrypoint
	}
	return inOneLine.Replace(strings.Join(j.Options.Command, " && "))
}
