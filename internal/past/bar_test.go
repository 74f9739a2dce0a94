package past

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

func noPaint(_ schedule.State, text string) string { return text }

// accounts returns windows in some states, the newest first.
func accounts(states ...schedule.State) (all []schedule.Account) {
	for _, state := range states {
		all = append(all, schedule.Account{State: state})
	}
	return all
}

func TestBar(t *testing.T) {
	var all []schedule.State
	for _, s := range signs {
		all = append(all, s.state)
	}
	windows := accounts(all...)
	if got, want := Bar(windows, false, noPaint), "?-!▁○✗►▃▅▇"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := Bar(windows, true, noPaint), "?-!_ox>=+#"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	colored := Bar(windows[:2], true, func(state schedule.State, sign string) string { return "<" + string(state) + sign + ">" })
	if want := "<late+><confirmed#>"; colored != want {
		t.Errorf("got %s, want %s", colored, want)
	}
	if got, want := Key([][]schedule.Account{windows[:1], windows[4:5]}, true, noPaint), "# confirmed  x failed"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, state := range all {
		if !strings.Contains(States, string(state)) {
			t.Errorf("the states that the help explains lack %s", state)
		}
	}
}

// TestRecent checks that windows before those in reach are told from the list alone, that
// those in reach stay as they are, and that none is told of which runs may be unknown.
func TestRecent(t *testing.T) {
	daily := declared(t, schedule.Spec{Every: "day", At: "06:00"})
	day := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
	run := func(id int64, at time.Time, success bool) schedule.Run {
		return schedule.Run{ID: id, Attempt: 1, Created: at, Updated: at.Add(time.Minute), Success: success, Failed: !success}
	}
	executed := run(6, day(20, 6), true)
	executed.Started = day(20, 6)
	past := schedule.Past{Schedule: daily, Known: day(14, 0), Runs: []schedule.Run{
		run(1, day(13, 6), true), run(2, day(15, 6), true), run(3, day(15, 12), true), run(4, day(16, 20), true), run(5, day(17, 6), false), executed, run(7, day(21, 6), true),
	}}
	now, from := day(21, 12), day(20, 6)
	h := History{Job: Job{ID: "a", Schedule: daily}, Now: now, Accounts: past.Accounts(from, now), Known: past.Known, past: past, from: from}
	if diff := cmp.Diff("!▇▅✗!!▇○", Bar(h.Recent(), false, noPaint)); diff != "" {
		t.Errorf("from the oldest to the newest window (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(h.Accounts, h.Recent()[:2]); diff != "" {
		t.Errorf("the windows in reach (-want +got):\n%s", diff)
	}
	h.Unread = errors.New("no answer")
	if got := h.Recent(); len(got) != 2 {
		t.Errorf("of a job that could not be read %d windows are told", len(got))
	}
}
