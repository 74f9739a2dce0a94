package export

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/robfig/cron/v3"

	"github.com/scheduled-actions/scheduled/internal/migrate"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// cronLine is a line of a crontab, as cron has it.
type cronLine struct{ zone, when, command string }

// cronLines reads a crontab: the lines with a command, and CRON_TZ above them.
func cronLines(text string) (lines []cronLine) {
	zone := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if value, ok := strings.CutPrefix(line, "CRON_TZ="); ok {
			zone = value
		}
		if fields := strings.SplitN(line, " ", 6); len(fields) == 6 && !strings.HasPrefix(line, "#") {
			lines = append(lines, cronLine{zone, strings.Join(fields[:5], " "), fields[5]})
		}
	}
	return lines
}

// run returns the command that cron hands to the shell. Of a %, cron removes the backslash
// before it; one without is a newline.
func (l cronLine) run(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	escaped := false
	for _, c := range l.command {
		switch {
		case c == '%' && !escaped:
			t.Fatalf("cron ends the command %s at a %%", l.command)
		case c == '%':
			text := b.String()
			b.Reset()
			b.WriteString(text[:len(text)-1])
		}
		b.WriteRune(c)
		escaped = c == '\\' && !escaped
	}
	return b.String()
}

// linesOf returns the lines of each job: as many as it has crons, in the order of the file.
func linesOf(t *testing.T, p Project) map[string][]cronLine {
	t.Helper()
	lines := cronLines(exported(t, "crontab", p)["crontab"])
	of := map[string][]cronLine{}
	for _, job := range p.Jobs {
		n := len(job.Schedule.LocalCrons())
		of[job.ID], lines = lines[:n], lines[n:]
	}
	if len(lines) != 1 || lines[0].when != catchUp {
		t.Fatalf("further lines: %v", lines)
	}
	return of
}

// TestCrontabWords has a real shell run each line for odd ids and folders.
func TestCrontabWords(t *testing.T) {
	ids := []string{"clean-files", "-x", "--all", "$(touch x) `touch y`", "50%", `50\%`, `\\%%`, `it's "so"`, "a;b&c|d>e", "~ * ?", `ends in \`, "größe", ""}
	text := ""
	for _, id := range ids {
		text += "[tool.scheduled." + pyproject.WriteKey(id) + "]\nevery = \"day\"\nentrypoint = \"a:b\"\n"
	}
	folder := filepath.Join(t.TempDir(), `100% of "it's" $HOME`)
	p := projectIn(t, folder, text)
	p.Program = filepath.Join(folder, "program")
	if err := os.WriteFile(p.Program, []byte("#!/bin/sh\npwd\nprintf '<%s>' \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	run := func(line cronLine) string {
		out, err := exec.Command("sh", "-c", line.run(t)).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v", line.run(t), err)
		}
		return string(out)
	}
	for id, lines := range linesOf(t, p) {
		got := strings.Replace(run(lines[0]), "<--><", "<", 1)
		if want := p.Place.Dir + "\n<run><" + id + ">"; got != want {
			t.Errorf("job %q: %s, want %s", id, got, want)
		}
		if strings.HasPrefix(id, "-") != strings.Contains(lines[0].command, " run -- ") {
			t.Errorf("job %q: %s", id, lines[0].command)
		}
	}
	for _, p.Some = range []bool{false, true} {
		lines := cronLines(exported(t, "crontab", p)["crontab"])
		last := lines[len(lines)-1]
		last.command += `; printf '\%s\n' "$out"`
		want := p.Place.Dir + "\n<run><--all>\n"
		if p.Some {
			want = p.Place.Dir + "\n<run><--><" + strings.Join(ids, "><") + ">\n"
		}
		if got := run(last); got != want {
			t.Errorf("last line: %s, want %s", got, want)
		}
	}
}

// TestCrontabOfMany exports most of 300 jobs: each is in one of the last lines, and no line
// is too long for Debian's cron.
func TestCrontabOfMany(t *testing.T) {
	text := "[project]\nname = \"app\"\n"
	for i := range 300 {
		text += fmt.Sprintf("[tool.scheduled-actions.jobs.clean-files-%d]\nevery = \"day\"\nentrypoint = \"app:run\"\n", i)
	}
	p := project(t, text)
	p.Some = true
	named := map[string]int{}
	for _, line := range cronLines(exported(t, "crontab", p)["crontab"]) {
		if len(line.command) > 998 {
			t.Errorf("%d bytes: %s", len(line.command), line.command)
		}
		if line.when == catchUp {
			_, jobs, _ := strings.Cut(line.command, " run ")
			jobs, _, _ = strings.Cut(jobs, " 2>&1")
			for _, id := range strings.Fields(jobs) {
				named[id]++
			}
		}
	}
	for _, job := range p.Jobs {
		if named[job.ID] != 1 {
			t.Errorf("%s is in %d of the last lines", job.ID, named[job.ID])
		}
	}
}

// drifting are the jobs of kinds.toml whose slots no crons have, so that the ledger decides.
var drifting = strings.Fields("minute minutes-7 minutes-90 hours-7 hours-36 days-2 days-7 days-10 weeks-2 months-end cron-last-day cron-first-monday once twice bounded counted except ended")

// clocksChange is when they next do, in any zone of kinds.toml. The reader has no slot in a gap.
var clocksChange = time.Date(2027, 3, 28, 0, 0, 0, 0, time.UTC)

// TestCrontabSlots imports the lines of jobs of all kinds. They are due at each slot, to the
// minute, and, unless that cannot be said by crons, at no other time. An independent reader
// of crons agrees.
func TestCrontabSlots(t *testing.T) {
	p := loaded(t, "testdata/kinds.toml")
	text := exported(t, "crontab", p)["crontab"]
	imported, err := migrate.Read(t.Context(), migrate.Request{Files: []migrate.File{{Path: "crontab", Text: []byte(text)}}})
	if err != nil || len(imported.Skipped) > 0 || imported.Lost() {
		t.Fatalf("%v, skipped %v, %+v", err, imported.Skipped, imported.Jobs)
	}
	toml := "[project]\nname = \"other\"\n"
	for _, job := range imported.Jobs {
		toml += job.TOML()
	}
	jobs := project(t, toml).Jobs
	all := linesOf(t, p)
	for _, job := range p.Jobs {
		lines := all[job.ID]
		if len(lines) == 0 {
			if job.ID != "disabled" {
				t.Errorf("%s: no lines", job.ID)
			}
			continue
		}
		var due []schedule.Schedule
		var readers []cron.Schedule
		for _, line := range lines {
			reader, err := cron.ParseStandard("CRON_TZ=" + line.zone + " " + line.when)
			if err != nil {
				t.Fatal(err)
			}
			readers = append(readers, reader)
			due = append(due, jobs[0].Schedule)
			jobs = jobs[1:]
		}
		exact := !slices.Contains(drifting, job.ID)
		slot := job.Schedule.Next(now)
		for n := 0; n < 60 && !slot.IsZero(); n++ {
			minute := slot.Add(time.Minute - 1).Truncate(time.Minute)
			if !slices.ContainsFunc(due, func(s schedule.Schedule) bool { return s.Prev(minute).Equal(minute) }) {
				t.Errorf("%s: not due at the slot %v: %v", job.ID, slot, lines)
			}
			agrees := func(c cron.Schedule) bool { return c.Next(minute.Add(-1)).Equal(minute) }
			if minute.Before(clocksChange) && !slices.ContainsFunc(readers, agrees) {
				t.Errorf("%s: the reader is not due at the slot %v: %v", job.ID, slot, lines)
			}
			next := job.Schedule.Next(slot)
			for _, s := range due {
				if other := s.Next(minute); exact && other.Before(next) {
					t.Errorf("%s: due at %v, between the slots %v and %v", job.ID, other, slot, next)
				}
			}
			slot = next
		}
	}
	if len(jobs) != 1 || cmp.Diff(jobs[0].Schedule.Trigger(), []string{catchUp}) != "" {
		t.Errorf("imported further: %v", jobs)
	}
}
