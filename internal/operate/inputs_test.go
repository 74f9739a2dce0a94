package operate

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestInputs gives arguments to a job with an input of each type.
func TestInputs(t *testing.T) {
	project, err := pyproject.Load(fstest.MapFS{"pyproject.toml": {Data: []byte(`
[tool.scheduled.job]
every = "day"
entrypoint = "app.jobs:run"
[tool.scheduled-actions.jobs.job]
inputs = ["text", "whole", "number", "yes", "date", "time"]
kwargs = {text = "a", whole = 1, number = 1.5, yes = true, date = 2026-11-05, time = 2026-11-05T10:37:00Z, hidden = 1}
[tool.scheduled.none]
every = "day"
entrypoint = "app.jobs:run"
`)}}, "pyproject.toml", "pyproject.toml")
	if err != nil {
		t.Fatal(err)
	}
	rows := []struct{ kwargs, want string }{
		{`{}`, `map[]`},
		{`{"text": "b"}`, `map[text:b]`},
		{`{"text": ""}`, `map[text:]`},
		{`{"whole": 7, "yes": false}`, `map[whole:7 yes:false]`},
		{`{"whole": -999999999999999}`, `map[whole:-999999999999999]`},
		{`{"number": 2}`, `map[number:2]`},
		{`{"number": 2.5e3}`, `map[number:2.5e3]`},
		{`{"date": "2026-11-06", "time": "2026-11-06T00:00:00+01:00"}`, `map[date:2026-11-06 time:2026-11-06T00:00:00+01:00]`},
		{`{"text": 7}`, `"text" of job job is 7, which is not a string`},
		{`{"text": null}`, `"text" of job job is null, which is not a string`},
		{`{"text": ["a"]}`, `"text" of job job is ["a"], which is not a string`},
		{`{"whole": "7"}`, `"whole" of job job is "7", which is not an integer of at most 15 digits`},
		{`{"whole": 7.5}`, `"whole" of job job is 7.5, which is not an integer`},
		{`{"whole": 1000000000000000}`, `which is not an integer of at most 15 digits`},
		{`{"number": true}`, `which is not a number`},
		{`{"yes": "true"}`, `which is not true or false`},
		{`{"yes": 1}`, `which is not true or false`},
		{`{"date": "tomorrow"}`, `input date is "tomorrow", which is not a date or time as in 2026-11-05`},
		{`{"date": ""}`, `which is not a date or time`},
		{`{"hidden": 2}`, `job job has no input "hidden"`},
		{`{"force": true}`, `job job has no input "force"`},
		{`[]`, `is not a JSON object`},
		{`null`, `is not a JSON object`},
		{`{"text": "a"} x`, `there is text after the object`},
		{``, `is not a JSON object`},
	}
	for _, row := range rows {
		got := ""
		kwargs, err := ParseKwargs(row.kwargs)
		if err == nil {
			var inputs map[string]string
			inputs, err = Inputs(project.Jobs[0], kwargs)
			got = fmt.Sprint(inputs)
		}
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != row.want || !strings.Contains(got, row.want) {
			t.Errorf("%s: %s; want %s", row.kwargs, got, row.want)
		}
	}
	if _, err := Inputs(project.Jobs[1], map[string]any{"a": "b"}); err == nil || err.Error() != `job none has no input "a"` {
		t.Error(err)
	}
}

func scheduled(t *testing.T, spec schedule.Spec) Job {
	t.Helper()
	s, flaws := schedule.Parse(spec)
	if len(flaws) > 0 {
		t.Fatal(flaws)
	}
	return Job{ID: "job", Schedule: s}
}

// TestParseTime reads wall times around changes of the clocks.
func TestParseTime(t *testing.T) {
	berlin := scheduled(t, schedule.Spec{Every: "day", At: "10:00", Timezone: "Europe/Berlin"})
	rows := []struct{ text, want string }{
		{"2026-12-04T10:00:00Z", "2026-12-04T10:00:00Z"},
		{"2026-12-04t10:00:00+02:00", "2026-12-04T08:00:00Z"},
		{"2026-12-04T10:00", "2026-12-04T09:00:00Z"},
		{"2026-07-04 10:00:30", "2026-07-04T08:00:30Z"},
		{"2026-03-29T02:30", "2026-03-29T01:00:00Z"}, // in the gap
		{"2026-10-25T02:30", "2026-10-25T00:30:00Z"}, // the first of two
		{"2026-12-04", ""},
		{"10:00", ""},
		{"", ""},
	}
	for _, row := range rows {
		got := ""
		if at, err := ParseTime(row.text, berlin); err == nil {
			got = at.UTC().Format(time.RFC3339)
		}
		if got != row.want {
			t.Errorf("%q: %q, want %q", row.text, got, row.want)
		}
	}
}

// TestRange counts the slots of ranges; it is noon.
func TestRange(t *testing.T) {
	berlin := scheduled(t, schedule.Spec{Every: "6 hours", Start: &schedule.Moment{Time: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Offset: true}, Fallback: "Europe/Berlin"})
	rows := []struct {
		from, to string
		want     string // the number of slots and the first, or what the error says
	}{
		{"2026-11-20", "2026-11-20", "4 2026-11-20T00:00:00Z"}, // from 23:00 to 23:00 UTC
		{"2026-11-19", "2026-11-20", "8 2026-11-19T00:00:00Z"},
		{"2026-11-20T06:00:00Z", "2026-11-20T18:00:00Z", "3 2026-11-20T06:00:00Z"}, // both ends
		{"2026-11-20T07:00", "2026-11-20T07:00", "1 2026-11-20T06:00:00Z"},
		{"2026-11-20", "2026-11-21", "7 2026-11-20T00:00:00Z"}, // today, until now
		{"2026-11-20T06:00:00Z", "2026-11-21T18:00:00Z", "slots in the future, such as 2026-11-21 18:00 UTC"},
		{"2026-11-20", "2026-11-22", "slots in the future"},
		{"2026-11-22", "2026-11-23", "slots in the future"},
		{"2026-11-20T06:00:01Z", "2026-11-20T11:59:59Z", "has no slot between"},
		{"2026-10-01", "2026-10-31", "has no slot between"},
		{"2026-11-20", "2026-11-19", "--to 2026-11-19 is before"},
		{"20 November", "2026-11-19", "neither a date nor a time"},
	}
	for _, row := range rows {
		got := ""
		r, err := ParseRange(row.from, row.to, berlin)
		if err == nil {
			var slots []time.Time
			if slots, err = r.slots(berlin.Schedule, noon); err == nil {
				got = fmt.Sprintf("%d %s", len(slots), slots[0].Format(time.RFC3339))
			}
		}
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, row.want) {
			t.Errorf("%s to %s: %s, want %s", row.from, row.to, got, row.want)
		}
	}
	minutely := scheduled(t, schedule.Spec{Every: "5 minutes"})
	if r, err := ParseRange("2026-01-01", "2026-11-20", minutely); err != nil {
		t.Error(err)
	} else if _, err := r.slots(minutely.Schedule, noon); err == nil || !strings.Contains(err.Error(), "more than 10000 slots") {
		t.Error(err)
	}
}
