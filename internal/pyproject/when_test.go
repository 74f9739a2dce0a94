package pyproject

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// wrongDeclaration is a declaration with one error: in which table, the lines in it, and
// what is reported where.
type wrongDeclaration struct{ table, lines, want string }

// wrongDeclarations are those that say wrongly when a job runs.
var wrongDeclarations = []wrongDeclaration{
	// [tool.scheduled.x]: cadences of the format only.
	{"spec", `every = "2 hours"`, "2:9: every is \"2 hours\"; it must be minute, hour, day, week or month | replace [tool.scheduled.x] with:\n[tool.scheduled-actions.jobs.x]\nevery = \"2 hours\"\nentrypoint = \"a:b\""},
	{"spec", `every = "monday"`, "2:9: every is \"monday\"; it must be minute, hour, day, week or month | replace [tool.scheduled.x] with:\n[tool.scheduled-actions.jobs.x]\nevery = \"monday\"\nentrypoint = \"a:b\""},
	{"spec", `every = "30m"`, "2:9: every is \"30m\"; it must be minute, hour, day, week or month | replace [tool.scheduled.x] with:\n[tool.scheduled-actions.jobs.x]\nevery = \"30 minutes\"\nentrypoint = \"a:b\""},
	{"spec", `every = "weekdays"`, "2:9: every is \"weekdays\"; it must be minute, hour, day, week or month | replace [tool.scheduled.x] with:\n[tool.scheduled-actions.jobs.x]\ncron = \"H H * * 1-5\"\nentrypoint = \"a:b\""},
	{"spec", `every = "0 9 * * *"`, "2:9: every is \"0 9 * * *\"; it must be minute, hour, day, week or month | replace [tool.scheduled.x] with:\n[tool.scheduled-actions.jobs.x]\ncron = \"0 9 * * *\"\nentrypoint = \"a:b\""},
	{"spec", `every = "daily"`, `2:9: every is "daily"; it must be minute, hour, day, week or month | did you mean "day"?`},
	{"spec", `every = "1h"`, `2:9: every is "1h"; it must be minute, hour, day, week or month | did you mean "hour"?`},
	{"spec", `every = "now and then"`, `2:9: every is "now and then"; it must be minute, hour, day, week or month | use minute, hour, day, week or month; [tool.scheduled-actions.jobs.x] also takes values such as "2 hours" and "monday"`},
	{"spec", "every = \"day\"\ncron = \"0 9 * * *\"", "3:1: cron does not belong in [tool.scheduled.x] | replace [tool.scheduled.x] with:\n[tool.scheduled-actions.jobs.x]\ncron = \"0 9 * * *\"\nentrypoint = \"a:b\""},
	{"spec", `cron = "0 9 * * *"`, "2:1: cron does not belong in [tool.scheduled.x] | replace [tool.scheduled.x] with:\n[tool.scheduled-actions.jobs.x]\ncron = \"0 9 * * *\"\nentrypoint = \"a:b\""},
	{"spec", "every = \"day\"\nrun_at = [2026-12-01T09:00:00]", "3:1: run_at does not belong in [tool.scheduled.x] | replace [tool.scheduled.x] with:\n[tool.scheduled-actions.jobs.x]\nrun-at = [2026-12-01T09:00:00]\nentrypoint = \"a:b\""},
	{"spec", "every = \"day\"\nstart = 2026-12-01", "3:1: start does not belong in [tool.scheduled.x] | replace [tool.scheduled.x] with:\n[tool.scheduled-actions.jobs.x]\nstart = 2026-12-01\nevery = \"day\"\nentrypoint = \"a:b\""},
	{"spec", "every = \"day\"\nat = \"09:30\"", `3:1: at does not belong in [tool.scheduled.x] | move it to [tool.scheduled-actions.jobs.x]: at = "09:30"`},
	{"spec", "every = \"day\"\ntimezone = \"Europe/Berlin\"", `3:1: timezone does not belong in [tool.scheduled.x] | move it to [tool.scheduled-actions.jobs.x]: timezone = "Europe/Berlin"`},
	{"all", `timezone = "Europe/Berlin"`, `2:1: timezone does not belong in [tool.scheduled] | move it to [tool.scheduled-actions]: timezone = "Europe/Berlin"`},
	{"all", `time-zone = "Europe/Berlin"`, `2:1: time-zone does not belong in [tool.scheduled] | move it to [tool.scheduled-actions] and call it timezone`},
	{"all", `cron = "0 9 * * *"`, `2:1: cron does not belong in [tool.scheduled] | move it to [tool.scheduled-actions.jobs.<job-id>]: cron = "0 9 * * *"`},

	// Options of a job of the format.
	{"options", `every = "2 hours"`, "5:1: every does not belong in [tool.scheduled-actions.jobs.x], because the job is declared in [tool.scheduled.x] | remove it, or remove [tool.scheduled.x], and add to [tool.scheduled-actions.jobs.x]:\nentrypoint = \"a:b\""},
	{"options", `cron = "0 9 * * *"`, "5:1: cron does not belong in [tool.scheduled-actions.jobs.x], because the job is declared in [tool.scheduled.x] | remove it, or remove [tool.scheduled.x], and add to [tool.scheduled-actions.jobs.x]:\nentrypoint = \"a:b\""},
	{"options", `start = 2026-12-01`, "5:1: start does not belong in [tool.scheduled-actions.jobs.x], because the job is declared in [tool.scheduled.x] | remove [tool.scheduled.x], and add to [tool.scheduled-actions.jobs.x]:\nevery = \"day\"\nentrypoint = \"a:b\""},
	{"options", `count = 3`, "5:1: count does not belong in [tool.scheduled-actions.jobs.x], because the job is declared in [tool.scheduled.x] | remove [tool.scheduled.x], and add to [tool.scheduled-actions.jobs.x]:\nevery = \"day\"\nentrypoint = \"a:b\""},
	{"options", `entrypoint = "a:c"`, `5:1: entrypoint does not belong in [tool.scheduled-actions.jobs.x] | move it to [tool.scheduled.x]: entrypoint = "a:c"`},
	{"options", `at = "9:30"`, `5:6: at is "9:30", which is not a time of day from 00:00 to 23:59 | write at = "09:30"`},

	// Whole jobs: what triggers them.
	{"job", ``, `1:2: [tool.scheduled-actions.jobs.x] has no every, cron or run-at | add every = "day", or cron or run-at`},
	{"job", `every = "0 9 * * *"`, `3:9: every is "0 9 * * *"; it must be a number and a unit, or a weekday | write cron = "0 9 * * *"`},
	{"job", `every = "Monday"`, `3:9: every is "Monday"; it must be a number and a unit, or a weekday | write every = "monday"`},
	{"job", `every = "every 2 hours"`, `3:9: every is "every 2 hours"; it must be a number and a unit, or a weekday | write every = "2 hours"`},
	{"job", `every = "monht"`, `3:9: every is "monht"; it must be a number and a unit, or a weekday | write every = "month"`},
	{"job", `every = "13 months"`, `3:9: every is "13 months"; it must be 1 minute to 12 months | write 1 to 12, as in every = "2 months"`},
	{"job", `every = "0 days"`, `3:9: every is "0 days"; it must be 1 minute to 12 months | write 1 to 366, as in every = "2 days"`},
	{"job", `every = 2`, `3:9: every must be a string, not an integer | write it as in every = "day"`},
	{"job", "every = \"day\"\ncron = \"0 9 * * *\"", `4:8: cron cannot be combined with every | keep only one of every, cron and run-at`},
	{"job", "cron = \"0 9 * * *\"\nrun-at = 2026-12-01T09:00:00", `4:10: run-at cannot be combined with cron | keep only one of every, cron and run-at`},
	{"job", `cron = "@daily"`, `3:8: cron is "@daily"; it must have five fields | write every = "day" instead of cron`},
	{"job", `cron = "0 9 * *"`, `3:8: cron is "0 9 * *"; it must have five fields: minute, hour, day, month, weekday | write it as in cron = "30 9 * * 1-5"`},
	{"job", `cron = "0 24 * * *"`, `3:8: cron is "0 24 * * *": the hour "24" must be 0 to 23 | write 0 to 23, a range such as 9-17, a step such as */10, or H for an assigned hour`},
	{"job", `cron = "0 9 30 2 *"`, `3:8: cron is "0 9 30 2 *", which is never due | choose a day that its months have`},
	{"job", "cron = [\n  \"0 9 * * *\", # fine\n  \"0 9 * * FRI-MON\",\n]", `5:3: cron is "0 9 * * FRI-MON": the range "FRI-MON" of the weekday runs backwards | write it as two ranges or a list, as in "5-6,0-1"`},
	{"job", `cron = ["0 9 * * *", 9]`, `3:22: item 2 of cron must be a string, not an integer | write it as in cron = ["30 9 * * 1-5"]`},
	{"job", `cron = []`, `3:8: cron is empty | write it as in cron = ["30 9 * * 1-5"], or remove it`},
	{"job", `cron = 9`, `3:8: cron must be a string or a list of strings, not an integer | write it as in cron = "30 9 * * 1-5"`},
	{"job", `run-at = 2026-12-01`, `3:10: run-at is a date without a time of day | add a time, as in 2026-12-01T09:00:00`},
	{"job", `run-at = "2026-12-01T09:00:00"`, `3:10: run-at must be a datetime, not a string | write run-at = 2026-12-01T09:00:00, without quotes`},
	{"job", `run-at = "2026-12-01 09:00"`, `3:10: run-at must be a datetime, not a string | write run-at = 2026-12-01 09:00:00, without quotes`},
	{"job", `run-at = "tomorrow"`, `3:10: run-at must be a datetime, not a string | write it as in run-at = 2026-12-01T09:00:00`},
	{"job", `run-at = 2026-12-01T09:00`, `3:10: run-at is 2026-12-01T09:00; Python needs the seconds to read the file | write the seconds, as in 2026-12-01T09:00:00`},
	{"job", `run-at = 0000-12-01T09:00:00`, `3:10: run-at is 0000-12-01T09:00:00, which Python does not accept | correct it`},
	{"job", `run-at = 09:00:00`, `3:10: run-at is a time without a date | add the date, as in run-at = 2026-12-01T09:00:00`},
	{"job", "run-at = [\n2026-12-01T09:00:00Z,\n2026-12-01T10:00:00+01:00,\n]", `5:1: run-at has the time 2026-12-01T09:00:00Z twice | remove one of them`},
	{"job", `run-at = 2026-12-01T09:00:00.5`, `3:10: run-at must be in whole seconds | remove the fraction of the second`},
	{"job", `run-at = []`, `3:10: run-at is empty | write it as in run-at = [2026-12-01T09:00:00], or remove it`},

	// The other keys.
	{"day", `at = 09:30:00`, `4:6: at must be a string, not a time | write at = "09:30"`},
	{"day", `at = "24:00"`, `4:6: at is "24:00", which is not a time of day from 00:00 to 23:59 | write it as in at = "09:30"`},
	{"day", `at = 930`, `4:6: at must be a string, not an integer | write it as in at = "09:30"`},
	{"job", "every = \"hour\"\nat = \"09:30\"", `4:6: at has no effect on every = "hour" | remove it, or write every in days, weeks or months`},
	{"job", "cron = \"0 9 * * *\"\nat = \"09:30\"", `4:6: at has no effect without every | remove it: the times are in cron or run-at`},
	{"day", `timezone = "Berlin"`, `4:12: timezone is "Berlin", which is not a known time zone | did you mean timezone = "Europe/Berlin"?`},
	{"day", `timezone = 1`, `4:12: timezone must be a string, not an integer | write a name of the IANA database, as in timezone = "Europe/Berlin": https://en.wikipedia.org/wiki/List_of_tz_database_time_zones`},
	{"job", "every = \"15 minutes\"\ntimezone = \"Europe/Berlin\"", `4:12: timezone has no effect: minutes and hours are the same in every time zone | remove it`},
	{"job", "run-at = 2026-12-01T09:00:00Z\ntimezone = \"Europe/Berlin\"", `4:12: timezone has no effect: the times in run-at have offsets | remove it`},
	{"project", `timezone = "Mars/Base"`, `5:12: timezone is "Mars/Base", which is not a known time zone | write a name of the IANA database, as in timezone = "Europe/Berlin": https://en.wikipedia.org/wiki/List_of_tz_database_time_zones`},
	{"day", `start = "2026-12-01"`, `4:9: start must be a date or a datetime, not a string | write start = 2026-12-01, without quotes`},
	{"day", "start = 2026-12-01\nuntil = 2026-12-01", `5:9: until is not after start | write a later time, or remove it`},
	{"day", `count = 3`, `4:9: count needs start, from which the slots are counted | add start, as in start = 2026-12-01`},
	{"day", "start = 2026-12-01\nuntil = 2027-12-01\ncount = 3", `6:9: count cannot be combined with until | remove one of them`},
	{"day", "start = 2026-12-01\ncount = 0", `5:9: count is 0; it must be 1 to 100000 | write it as in count = 10`},
	{"day", `except = [2026-12-25, 2026-12-25]`, `4:23: except has the date 2026-12-25 twice | remove one of them`},
	{"day", "except = [\n2026-12-24,\n2026-12-25T00:00:00,\n]", `6:1: except must be dates without a time of day | write only the date, as in 2026-12-25`},
	{"day", `except = 2026-12-25`, `4:10: except must be a list of dates, not a date or time | write a list: except = [2026-12-25]`},
	{"day", `except = ["2026-12-25"]`, `4:11: item 1 of except must be a date, not a string | write 2026-12-25, without quotes`},
	{"project", `except = ["x"]`, `5:11: item 1 of except must be a date, not a string | write it as in except = [2026-12-25]`},
	{"day", `expires = "10m"`, `4:11: expires is "10m"; it must be "15m" to "30d" | write expires = "15m" or more`},
	{"day", `expires = "31d"`, `4:11: expires is "31d"; it must be "15m" to "30d" | write expires = "30d" or less`},
	{"day", `expires = "2 days"`, `4:11: expires is "2 days", which is not a duration | write expires = "2d"`},
	{"day", `expires = "1 week"`, `4:11: expires is "1 week", which is not a duration | write expires = "7d"`},
	{"day", `expires = 30`, `4:11: expires must be a string, not an integer | write expires = "30m"`},
	{"project", `expires = "5s"`, `5:11: expires is "5s"; it must be "15m" to "30d" | write expires = "15m" or more`},
	{"day", `enabled = "false"`, `4:11: enabled must be a boolean, not a string | write enabled = false`},
	{"day", `executor = "cron"`, `4:12: executor is "cron"; it must be "github" or "serve" | write it as in executor = "serve"`},
	{"day", `group = "my jobs"`, `4:9: group is "my jobs"; it must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit | write it as in group = "reports"`},
	{"day", `description = "a\nb"`, `4:15: description must not contain the control character U+000A | remove it`},
	{"day", `description = " "`, `4:15: description is empty | write what the job does, or remove it`},
	{"project", `enabled = false`, `5:1: enabled can only be set for one job | move it to [tool.scheduled-actions.jobs.<job-id>]: enabled = false`},
	{"project", `cron = "0 9 * * *"`, `5:1: cron can only be set for one job | move it to [tool.scheduled-actions.jobs.<job-id>]: cron = "0 9 * * *"`},
	{"day", `except = true`, `4:10: except must be a list of dates, not a boolean | write it as in except = [2026-12-25]`},
	{"day", `except = 2026-12-25T00:00:00`, `4:10: except must be a list of dates, not a date or time | write it as in except = [2026-12-25]`},
	{"day", `except = "2026-12-25"`, `4:10: except must be a list of dates, not a string | write a list: except = [2026-12-25]`},
	{"day", `except = {}`, `4:1: except must be a list of dates, not a table | write it as in except = [2026-12-25]`},
	{"job", `every = ""`, `3:9: every is empty | write it as in every = "day"`},
	{"day", `at = ""`, `4:6: at is empty | write it as in at = "09:30"`},
	{"job", `run-at = 0001-01-01T00:00:00Z`, `3:10: run-at is 0001-01-01 in UTC; it must be from 0001-01-02 to 9999-12-31 | correct the year`},
	{"job", `run-at = [2026-12-01T09:00:00Z, 9999-12-31T23:59:59-23:59]`, `3:33: run-at is 10000-01-01 in UTC; it must be from 0001-01-02 to 9999-12-31 | correct the year`},
	{"day", `start = 9999-12-31T23:59:59-23:59`, `4:9: start is 10000-01-01 in UTC; it must be from 0001-01-02 to 9999-12-31 | correct the year`},
	{"day", `until = 0001-01-01`, `4:9: until is 0001-01-01 in UTC; it must be from 0001-01-02 to 9999-12-31 | correct the year`},
	{"job", "timezone = \"Europe/Berlin\"\nrun-at = [2026-03-29T02:30:00, 2026-03-29T02:40:00]", `4:32: run-at has the time 2026-03-29T03:00:00+02:00 twice | remove one of them`},
	{"job", `every = "4 minutes"`, `3:9: GitHub Actions cannot run a job every 4 minutes: "The shortest interval you can run scheduled workflows is once every 5 minutes" (https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule) | add executor = "serve" to [tool.scheduled-actions.jobs.x] and keep "scheduled serve" running on a machine of yours, or run "scheduled run x" from your own cron, or choose a longer cadence, as in every = "hour"`},
}

// declare writes lines into a table of a file that is otherwise right.
func declare(table, lines string) string {
	const spec, whole = "[tool.scheduled.x]\n", "[tool.scheduled-actions.jobs.x]\nentrypoint = \"a:b\"\n"
	switch table {
	case "spec":
		return spec + lines + "\nentrypoint = \"a:b\"\n"
	case "all":
		return "[tool.scheduled]\n" + lines + "\n"
	case "options":
		return spec + "every = \"day\"\nentrypoint = \"a:b\"\n[tool.scheduled-actions.jobs.x]\n" + lines + "\n"
	case "project":
		return spec + "every = \"day\"\nentrypoint = \"a:b\"\n[tool.scheduled-actions]\n" + lines + "\n"
	case "bare":
		return "[tool.scheduled-actions.jobs.x]\nevery = \"day\"\n" + lines + "\n"
	case "day":
		return whole + "every = \"day\"\n" + lines + "\n"
	}
	return whole + lines + "\n"
}

func TestWrongDeclarations(t *testing.T) { testWrong(t, wrongDeclarations) }

func testWrong(t *testing.T, rows []wrongDeclaration) {
	t.Helper()
	for _, row := range rows {
		text := declare(row.table, row.lines)
		err := wrong(load(text))
		var got []string
		problems, _ := err.(problem.Problems)
		for _, p := range problems {
			got = append(got, fmt.Sprintf("%d:%d: %s | %s", p.Line, p.Column, p.Message, p.Hint))
		}
		if diff := cmp.Diff([]string{row.want}, got); diff != "" {
			t.Errorf("%s\n-want +got:\n%s", text, diff)
		}
		if err != nil {
			checkProblems(t, text, err)
		}
	}
}

// All of them at once are reported at once.
func TestAllWrongAtOnce(t *testing.T) {
	var text strings.Builder
	want := 0
	for i, row := range wrongDeclarations {
		if row.table != "project" && row.table != "all" {
			text.WriteString(strings.ReplaceAll(declare(row.table, row.lines), ".x]", fmt.Sprintf(".x%d]", i)))
			want++
		}
	}
	project, err := load(text.String())
	if err != nil {
		t.Fatal(err)
	}
	if problems, _ := project.Problems().(problem.Problems); len(problems) != want || len(project.Broken) != want-1 {
		t.Errorf("%d problems of %d jobs, want %d", len(problems), len(project.Broken), want)
	}
}

func TestDeclarations(t *testing.T) {
	const after = "2026-11-28T12:00:00Z"
	for _, row := range []struct{ table, lines, want string }{
		{"job", `every = "monday"` + "\nat = \"09:30\"\ntimezone = \"Europe/Berlin\"", "2026-11-30T08:30:00Z"},
		{"options", "at = \"09:30\"", "2026-11-29T09:30:00Z"},
		{"job", `cron = "30 9 * * 1-5"`, "2026-11-30T09:30:00Z"},
		{"job", `cron = ["30 9 * * 1-5", "0 7 * * sat,sun"]`, "2026-11-29T07:00:00Z"},
		{"job", "cron = \"30 9 * * *\"\nexcept = [2026-11-29, 2026-11-30]", "2026-12-01T09:30:00Z"},
		{"job", "run-at = 2026-12-01T09:00:00\ntimezone = \"America/New_York\"", "2026-12-01T14:00:00Z"},
		{"job", "run-at = 2026-12-01 09:00:00+02:00", "2026-12-01T07:00:00Z"},
		{"job", "run-at = [2026-12-02T09:00:00Z, 2026-12-01T09:00:00Z]", "2026-12-01T09:00:00Z"},
		{"job", "every = \"6 hours\"\nstart = 2026-12-01T01:30:00Z", "2026-12-01T01:30:00Z"},
		{"job", "every = \"2 days\"\nstart = 2026-12-01\nat = \"10:00\"\ncount = 2", "2026-12-01T10:00:00Z"},
		{"job", "cron = \"0 9 * * *\"\nuntil = 2026-11-28", "0001-01-01T00:00:00Z"},
		{"job", "every = \"2 minutes\"\nexecutor = \"serve\"\nstart = 2026-11-28T12:00:00Z", "2026-11-28T12:02:00Z"},
		{"job", "every = \"2 minutes\"\nenabled = false\nstart = 2026-11-28T12:00:00Z", "2026-11-28T12:02:00Z"},
		{"job", "every = \"15 minutes\"\ntimezone = \"Europe/Berlin\"\nstart = 2026-11-29T00:00:00", "2026-11-28T23:00:00Z"},
		{"job", "every = \"day\"\nat = \"09:30\"\nexpires = \"2d\"\ngroup = \"a.b-c\"\ndescription = \"What\"", "2026-11-29T09:30:00Z"},
	} {
		text := declare(row.table, row.lines)
		project, err := load(text)
		if err := wrong(project, err); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		now, _ := time.Parse(time.RFC3339, after)
		if got := project.Jobs[0].Schedule.Next(now).Format(time.RFC3339); got != row.want {
			t.Errorf("%s: next is %s, want %s", text, got, row.want)
		}
	}
}

// What the project sets counts for its jobs, unless they set something else.
func TestOfProject(t *testing.T) {
	project, err := load(`[tool.scheduled.a]
every = "day"
entrypoint = "a:b"
[tool.scheduled-actions]
timezone = "Europe/Berlin"
expires = "1d"
except = [2026-12-25]
executor = "serve"
[tool.scheduled-actions.jobs.b]
cron = "0 9 * * *"
entrypoint = "a:b"
timezone = "Asia/Tokyo"
expires = "2h"
except = [2026-12-24, 2026-12-25]
executor = "github"
[tool.scheduled-actions.jobs.c]
every = "2 minutes"
entrypoint = "a:b"
`)
	if err := wrong(project, err); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"Europe/Berlin 24h0m0s 1 true false", "Asia/Tokyo 2h0m0s 2 false true", "Europe/Berlin 24h0m0s 1 true false"} {
		job := project.Jobs[i]
		spec := job.Schedule.Spec()
		if got := fmt.Sprint(job.Schedule.Zone(), " ", spec.Expires, " ", len(spec.Except), " ", job.Options.Serve, " ", job.Hosted()); got != want {
			t.Errorf("%s: %s, want %s", job.ID, got, want)
		}
	}
}
