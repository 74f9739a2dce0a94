package serve

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"
)

//go:embed page.css
var pageStyle string

// policy allows the page its own style and its own forms, and nothing else.
var policy = "default-src 'none'; style-src 'sha256-" + hash(pageStyle) + "'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// shownBoard is the board as JSON, and what the page is made of. What is not known, or does
// not apply, is null.
type shownBoard struct {
	Project  string     `json:"project"` // its folder
	Now      time.Time  `json:"now"`
	Woken    time.Time  `json:"woken"` // when the loop last woke
	Problems []string   `json:"problems"`
	Jobs     []shownJob `json:"jobs"`
}

type shownJob struct {
	ID      string      `json:"id"`
	Slug    *string     `json:"slug"`     // null for a job with errors
	Starts  string      `json:"executor"` // serve or github
	State   string      `json:"state"`    // refused, running, paused, owed, off or scheduled
	Next    *time.Time  `json:"next"`     // slot
	Owed    []time.Time `json:"owed"`     // slots
	Running int         `json:"running"`
	Paused  bool        `json:"paused"`
	Refused *string     `json:"refused"` // why
	Last    *shownRun   `json:"last"`
	Going   *shownRun   `json:"current"`
}

type shownRun struct {
	Run     int64      `json:"run_id"`
	Slot    *time.Time `json:"slot"`
	Start   *time.Time `json:"start"`
	End     *time.Time `json:"end"`
	Late    float64    `json:"late"` // seconds from the slot to the start
	Outcome string     `json:"outcome"`
	Cause   *string    `json:"cause"`
	Log     *string    `json:"log"` // path on this server, or address of the run on GitHub
}

// page shows the board: to a person, or as JSON.
func (w *Web) page(out http.ResponseWriter, r *http.Request) {
	shown := w.show(w.Clock.Now())
	if wantsJSON(r) {
		writeJSON(out, http.StatusOK, shown)
		return
	}
	out.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(out, string(shown.html())) // an error is that nobody reads it
}

// show returns the board as it is at now.
func (w *Web) show(now time.Time) shownBoard {
	age, _, _, _ := w.board.standing(now)
	shown := shownBoard{Project: filepath.Base(filepath.Dir(w.File)), Now: now.Truncate(time.Millisecond), Woken: now.Add(-age).Truncate(time.Millisecond), Problems: w.unready(), Jobs: []shownJob{}}
	if shown.Problems == nil {
		shown.Problems = []string{}
	}
	for _, p := range w.board.all() {
		shown.Jobs = append(shown.Jobs, w.showJob(p))
	}
	return shown
}

func (w *Web) showJob(p entry) shownJob {
	j := shownJob{ID: p.id, Starts: "serve", State: p.state(), Owed: []time.Time{}, Running: p.running, Paused: p.paused, Next: when(p.coming())}
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
func (p entry) shown(r *ran) *shownRun {
	if r == nil {
		return nil
	}
	log := "/runs/" + logName(*p.job, r.id) + "/log"
	s := &shownRun{Run: r.id, Slot: when(r.slot), Start: when(r.start), End: when(r.end), Outcome: r.outcome, Log: &log}
	if r.cause != "" {
		s.Cause = &r.cause
	}
	if !r.slot.IsZero() {
		s.Late = max(r.start.Sub(r.slot), 0).Round(time.Millisecond).Seconds()
	}
	return s
}

// shown returns the last dispatch of a job; nil before the first one.
func (g *GitHub) shown(id string) *shownRun {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.jobs[id]
	if r == nil || r.last.Sent.IsZero() {
		return nil
	}
	d := r.last
	s := &shownRun{Run: d.Run, Slot: when(d.Slot), Start: when(d.Started), Outcome: "sent"}
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

// span writes a length of time for people, in its two largest units: "2 h 5 min".
func span(seconds float64) string {
	if seconds < 10 {
		return fmt.Sprintf("%.1f s", seconds)
	}
	units := []struct {
		name string
		has  int64
	}{{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}}
	left := int64(seconds)
	for i, u := range units {
		n := left / u.has
		if n == 0 {
			continue
		}
		text := fmt.Sprintf("%d %s", n, u.name)
		if rest := left % u.has; i+1 < len(units) && rest/units[i+1].has > 0 {
			text += fmt.Sprintf(" %d %s", rest/units[i+1].has, units[i+1].name)
		}
		return text
	}
	return "0 s"
}
