package pyproject

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

var offered = regexp.MustCompile(`^(?:did you mean|write (?:timeout|backoff|patience|expires) =|name the callable too, as in) ("(?:[^"\\]|\\.)*")`)

// What a hint offers in place of a value must itself be right.
func FuzzHints(f *testing.F) {
	for _, s := range []string{"app/jobs.py:clean", "python -m app.jobs", "a[b]:c(d)", "30 minutes", "PT1H", "2 d 3h", "0 0 * * 1", "@daily", "", "ﬁ.x", "class.a"} {
		f.Add(s)
	}
	check := func(t *testing.T, hint string, right func(string) bool) {
		t.Helper()
		if m := offered.FindStringSubmatch(hint); m != nil {
			if value, err := strconv.Unquote(m[1]); err != nil || !right(value) {
				t.Errorf("hint is %q", hint)
			}
		} else if strings.HasPrefix(hint, "did you mean") {
			t.Errorf("hint is %q", hint)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		spec := schedule.Spec{}
		switch key, value := new(reader).meant(s); key {
		case "every":
			spec.Every = value
		case "cron":
			spec.Cron = []string{value}
		}
		if _, flaws := schedule.Parse(spec); flaws != nil {
			t.Errorf("%q: meant %+v: %v", s, spec, flaws)
		}
		check(t, entrypointHint(s), func(v string) bool { return len(v) > 100 || checkEntrypoint(v) == "" })
		for _, d := range []durations{timeouts, backoffs, patiences, expiries} {
			check(t, d.hint(s), func(v string) bool { _, flawed := d.parse(v); return flawed == nil })
		}
	})
}

func TestNearest(t *testing.T) {
	words := []string{"runs-on", "timeout", "python", "spares", "workflow-prefix", "every"}
	for _, test := range []struct{ name, want string }{
		{"runs_on", "runs-on"},
		{"RunsOn", "runs-on"},
		{"run-on", "runs-on"},
		{"timeout-minutes", "timeout"},
		{"python-version", "python"},
		{"timout", "timeout"},
		{"evry", "every"},
		{"spare", "spares"},
		{"workflow-prefx", "workflow-prefix"},
		{"every", "every"},
		{"year", ""},
		{"month", ""},
		{"x", ""},
		{"", ""},
	} {
		if got := nearest(test.name, words); got != test.want {
			t.Errorf("nearest to %q is %q, want %q", test.name, got, test.want)
		}
	}
}
