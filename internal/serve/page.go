package serve

import (
	"net/http"
	"path/filepath"
	"time"

	"github.com/scheduled-actions/scheduled/internal/report"
)

// policy allows the page its own style, script and forms, and nothing else.
var policy = "default-src 'none'; style-src " + report.Sources.Style + "; script-src " + report.Sources.Script +
	"; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// shownBoard is the board as JSON, and what the page is made of. What is not known, or does
// not apply, is null.
type shownBoard struct {
	Project  string        `json:"project"` // its folder
	Now      time.Time     `json:"now"`
	Woken    time.Time     `json:"woken"` // when the loop last woke
	Problems []string      `json:"problems"`
	Jobs     []report.Live `json:"jobs"`
}

// page shows the jobs to a person, or the board as JSON.
func (w *Web) page(out http.ResponseWriter, r *http.Request) {
	entries := w.board.all()
	shown := w.show(entries, w.Clock.Now())
	if wantsJSON(r) {
		writeJSON(out, http.StatusOK, shown)
		return
	}
	made, err := w.report(r.Context(), shown, entries)
	if err != nil {
		return // nobody reads it
	}
	out.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = made.HTML(out) // the same
}

// show returns the board as it is at now.
func (w *Web) show(entries []entry, now time.Time) shownBoard {
	age, _, _, _ := w.board.standing(now)
	shown := shownBoard{Project: filepath.Base(filepath.Dir(w.File)), Now: now.Truncate(time.Millisecond), Woken: now.Add(-age).Truncate(time.Millisecond), Problems: w.unready(), Jobs: []report.Live{}}
	if shown.Problems == nil {
		shown.Problems = []string{}
	}
	for _, p := range entries {
		shown.Jobs = append(shown.Jobs, w.showJob(p))
	}
	return shown
}

func (w *Web) showJob(p entry) report.Live {
	j := report.Live{ID: p.id, Starts: "serve", State: p.state(), Owed: []time.Time{}, Running: p.running, Paused: p.paused, Next: when(p.coming())}
	for _, owed := range p.owed {
		j.Owed = append(j.Owed, owed.Start.UTC())
	}
	if p.refused != nil {
		why := p.refused.Error()
		j.Refused = &why
	}
	if p.slug != "" {
		j.Slug = &p.slug
	}
	if p.hosted {
		j.Starts, j.Last = "github", w.GitHub.shown(p.id)
		return j
	}
	j.Last, j.Going = p.shown(p.last), p.shown(p.going)
	return j
}

// state is one word for how a job is.
func (p entry) state() string {
	switch {
	case p.refused != nil:
		return "refused"
	case p.running > 0:
		return "running"
	case p.paused:
		return "paused"
	case len(p.owed) > 0:
		return "owed"
	case p.next.IsZero() || p.job.Schedule.Spec().Disabled:
		return "off"
	}
	return "scheduled"
}

// coming returns the next slot; zero if nothing is to be started then.
func (p entry) coming() time.Time {
	if p.paused || p.job == nil || p.job.Schedule.Spec().Disabled {
		return time.Time{}
	}
	return p.next
}

// shown returns a run of the job in the ledger.
func (p entry) shown(r *ran) *report.LiveRun {
	if r == nil {
		return nil
	}
	log := logPath(logName(p.slug, r.id))
	s := &report.LiveRun{Run: r.id, Slot: when(r.slot), Start: when(r.start), End: when(r.end), Outcome: r.outcome, Log: &log}
	if r.cause != "" {
		s.Cause = &r.cause
	}
	if !r.slot.IsZero() {
		s.Late = max(r.start.Sub(r.slot), 0).Round(time.Millisecond).Seconds()
	}
	return s
}

// shown returns the last dispatch of a job; nil before the first one.
func (g *GitHub) shown(id string) *report.LiveRun {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.jobs[id]
	if r == nil || r.last.Sent.IsZero() {
		return nil
	}
	d := r.last
	s := &report.LiveRun{Run: d.Run, Slot: when(d.Slot), Start: when(d.Started), Outcome: "sent"}
	if !d.Accepted.IsZero() {
		s.Outcome, s.Late = dispatched, max(d.Accepted.Sub(d.Slot), 0).Round(time.Millisecond).Seconds()
	}
	if d.Run != 0 {
		page := g.Client.RunPage(d.Run)
		s.Log = &page
	}
	return s
}

// when returns a time for JSON.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Millisecond)
	return &t
}
