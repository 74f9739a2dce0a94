package export

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// catchUp is a cron with a tick in every quarter of an hour: the shortest time that
// `expires` can leave a slot. It is not at the quarters themselves, when jobs start.
const catchUp = "7-59/15 * * * *"

// crontab makes a crontab. Its lines call `scheduled run`, which asks the ledger: a line
// may be due more often than its job, and a missed one is made up for by the last line.
// https://man7.org/linux/man-pages/man5/crontab.5.html
func crontab(p Project) ([]File, error) {
	if strings.ContainsAny(p.Place.AbsFile()+p.Program, "\n\r") {
		return nil, problem.New("rename the folder", "a folder with a line break in its name cannot stand in a crontab")
	}
	var b strings.Builder
	var due []string
	zone := ""
	fmt.Fprintf(&b, crontabHead, heading("crontab", "#"), p.searchPath())
	for _, job := range p.Jobs {
		crons := job.Schedule.LocalCrons()
		if len(crons) == 0 {
			p.notes.add("left out, because of enabled = false", job)
			continue
		}
		due = append(due, job.ID)
		if crons[0].Zone != zone {
			zone = crons[0].Zone
			fmt.Fprintf(&b, "\nCRON_TZ=%s\n", zone)
		}
		fmt.Fprintf(&b, "\n# %s\n", strings.TrimSuffix(job.Schedule.String()+": "+job.Options.Description, ": "))
		for _, cron := range crons {
			fmt.Fprintf(&b, "%s %s\n", cron.Expr, p.cronCommand(words(job.ID)...))
		}
	}
	if len(due) > 0 {
		b.WriteString(crontabTail)
		for _, command := range p.catchUps(due) {
			fmt.Fprintf(&b, "%s out=$(%s 2>&1) || printf '\\%%s\\n' \"$out\"\n", catchUp, command)
		}
		p.note("Debian's cron does not read CRON_TZ: on a machine in another time zone, it starts jobs up to 15 minutes late")
		p.runsHere()
	}
	return []File{{"crontab", b.String()}}, nil
}

const crontabHead = `%[1]s#
# "crontab FILE" installs it in place of your crontab. In a crontab that has other lines, put
# these at its end: CRON_TZ and PATH are for all lines below them.
#
# CRON_TZ is the time zone of the lines below it. Debian's cron does not read it: "The cron
# daemon runs with a defined timezone. It currently does not support per-user timezones."
# https://manpages.debian.org/stable/cron/crontab.5.en.html#LIMITATIONS
# On a machine in another time zone, the last line starts the jobs.

SHELL=/bin/sh
PATH=%[2]s
`

const crontabTail = `
# What is still due: after a failure, or when the machine was off. It mails only failures.
`

// maxCommand is the length of a command that leaves room for what stands around it: Debian's
// cron takes lines whose command has up to 998 bytes.
// https://manpages.debian.org/stable/cron/crontab.5.en.html
const maxCommand = 900

// catchUps returns the commands that run what is still due: one for all jobs of the project,
// or as many as it takes for some of them.
func (p Project) catchUps(due []string) (commands []string) {
	if !p.Some {
		return []string{p.cronCommand("--all")}
	}
	for len(due) > 0 {
		n := 1
		for n < len(due) && len(p.cronCommand(words(due[:n+1]...)...)) <= maxCommand {
			n++
		}
		commands = append(commands, p.cronCommand(words(due[:n]...)...))
		due = due[n:]
	}
	return commands
}

// cronCommand returns the command that runs jobs, as a line of a crontab has it. jobs are
// words of the command.
func (p Project) cronCommand(jobs ...string) string {
	command := []string{cmp.Or(p.Program, "scheduled")}
	if file := p.Place.AbsFile(); filepath.Base(file) != "pyproject.toml" {
		command = append(command, "--project", file)
	}
	line := "cd " + cronWord(p.Place.Dir) + " &&"
	for _, word := range slices.Concat(command, []string{"run"}, jobs) {
		line += " " + cronWord(word)
	}
	return line
}

// words returns ids as words of a command, none of which is taken for a flag.
func words(ids ...string) []string {
	if slices.ContainsFunc(ids, func(id string) bool { return strings.HasPrefix(id, "-") }) {
		return append([]string{"--"}, ids...)
	}
	return ids
}

// cronWord writes one word of a command. Cron takes an unescaped % for a newline, and
// \% for a %, whatever the shell's quotes: it stands between them, after no other \.
func cronWord(word string) string {
	return strings.ReplaceAll(problem.ShellWord(word), "%", `'\%'`)
}

// runsHere notes what is to be known where this machine runs all the jobs itself.
func (p Project) runsHere() {
	if hosted := p.onGitHub(); len(hosted) > 0 {
		p.notes.add(`GitHub runs it as well, by its workflow file: so that it does not run twice, set executor = "serve" and call `+"`scheduled sync`", hosted...)
	}
	if names := needed(p.Jobs); len(names) > 0 {
		p.note("the jobs need these variables in their environment: %s", strings.Join(names, ", "))
	}
}
