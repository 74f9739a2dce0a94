package simulate

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestHistory checks what the history says about each window, read from GitHub's
// answers, against what truly became of it. GitHub has forgotten the oldest runs.
func TestHistory(t *testing.T) {
	p := project(1, quarterly)
	for i := range 3 {
		id := fmt.Sprint("also-", i)
		p.Jobs = append(p.Jobs, newJob(id, schedule.New(schedule.Day, "acme", id), 3))
	}
	told := map[schedule.State]int{}
	for _, name := range []string{"outage", "throttled+flaky", "starved+flaky"} {
		r := regime(t, name)
		r.History, r.Between, r.Cancelled = 7, 6, 0.1
		g, lives := play(t, p, r, 12, 11)
		for _, l := range lives {
			l.checkPast(t, name, l.past(t, g), told)
		}
	}
	for _, state := range []schedule.State{schedule.StateConfirmed, schedule.StateLate, schedule.StateRescued,
		schedule.StateFailed, schedule.StateMissed, schedule.StateUnknown} {
		if told[state] < 10 {
			t.Errorf("only %d windows are %s", told[state], state)
		}
	}
}

// past returns what the program reads at the end of the simulation.
func (l *life) past(t *testing.T, g *game) github.Past {
	t.Helper()
	now := g.delivery.to
	fake := ghtest.New(t)
	fake.SetNow(now)
	for _, r := range l.runs {
		if kept := now.Add(-minutes(24 * 60 * g.delivery.regime.History)); !r.created.After(now) && !r.created.Before(kept) {
			fake.Add(l.listed(r, now))
		}
	}
	client, err := github.New(github.Config{APIURL: fake.URL, Repository: ghtest.Repository, Token: "a token"})
	if err != nil {
		t.Fatal(err)
	}
	q := github.Query{Workflow: ghtest.Workflow, DefaultBranch: "main", Schedule: l.job.Schedule}
	past, err := client.Past(t.Context(), q, schedule.Reach{Windows: 1000, Since: Start})
	if err != nil {
		t.Fatal(err)
	}
	past.Since = Start
	return past
}

// listed returns a run as GitHub shows it.
func (l *life) listed(r run, now time.Time) ghtest.Run {
	shown := ghtest.Run{ID: r.id + 1, Number: r.id + 1, Title: l.job.ID + ": " + schedule.TickMark + l.job.Crons[0].Expr, Created: r.created, Updated: r.ended}
	if r.dispatched() {
		shown.Event, shown.Title = "workflow_dispatch", l.job.ID+": "+schedule.RescueMark+r.asked.Format(time.RFC3339)
	}
	switch {
	case r.ended.After(now):
		shown.Status, shown.Updated = "in_progress", now
	case r.failed:
		shown.Conclusion = "failure"
	case !r.success:
		shown.Conclusion = "cancelled"
	default:
		shown.Started = r.executed
	}
	return shown
}

// checkPast checks that the history is true, and that only what GitHub deleted is unknown.
func (l *life) checkPast(t *testing.T, name string, past github.Past, told map[schedule.State]int) {
	t.Helper()
	served := l.served()
	for _, a := range past.Accounts(Start, past.Now) {
		w, ok := l.window(a.Window.Start)
		if !ok || a.State == schedule.StateRunning {
			continue // only a part of it was played
		}
		told[a.State]++
		by, failed := served[w.Start], l.failed(w)
		late := by.executed.Truncate(time.Second).Sub(w.Start)
		forgotten := w.Start.Before(past.Known)
		atSlot := !by.created.Before(w.Start) && by.created.Sub(w.Start) < time.Minute // as serve dispatches it
		rescued := by.dispatched() && !atSlot
		var right bool
		switch a.State {
		case schedule.StateConfirmed:
			right = !rescued && w.InTime(late)
		case schedule.StateLate:
			right = !rescued && !w.InTime(late)
		case schedule.StateRescued:
			right = rescued
		case schedule.StateFailed:
			right = failed
		case schedule.StateMissed:
			right = !failed
		case schedule.StateUnknown:
			right = forgotten
		}
		if a.Window != w || !right || a.Served() && a.Lateness != late || a.Served() == by.executed.IsZero() && !forgotten {
			t.Errorf("%s, %s: %v is %s, %v late; truly it was served %v late, failed %v, forgotten %v", name, l.job.ID, w, a.State, a.Lateness, late, failed, forgotten)
		}
	}
}

// failed reports whether a run was created in the window that failed.
func (l *life) failed(w schedule.Window) bool {
	return slices.ContainsFunc(l.runs, func(r run) bool { return w.Contains(r.created) && r.failed })
}
