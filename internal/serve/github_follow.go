package serve

import (
	"context"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/ledger"
)

const (
	followFirst   = 10 * time.Second // after a dispatch was accepted
	followLongest = 2 * time.Minute
	followFor     = 2 * time.Hour // hosted runners were seen to take 45 minutes
	followMost    = 500           // runs at once
	followPages   = 3
	followHourly  = 300 // requests
)

// follows are the runs that were accepted and have not started yet. When a run started,
// GitHub says later as well, so it is not asked often.
type follows struct {
	runs []ledger.Dispatch
	next time.Time
	sent []time.Time // requests, in the last hour
}

// add follows a run, if it is still worth it.
func (f *follows) add(d ledger.Dispatch, at time.Time) {
	f.runs = slices.DeleteFunc(f.runs, func(known ledger.Dispatch) bool { return known.Job == d.Job && known.Sent.Equal(d.Sent) })
	if d.Accepted.IsZero() || !d.Started.IsZero() || at.Sub(d.Accepted) > followFor {
		return
	}
	f.runs = append(f.runs, d)
	f.runs = f.runs[max(0, len(f.runs)-followMost):]
	f.next = earliest(f.next, at.Add(followFirst))
}

// when returns when to ask, zero if there is nothing to ask.
func (f *follows) when() time.Time {
	if len(f.runs) == 0 {
		return time.Time{}
	}
	return f.next
}

// take takes up to so many requests of those that are left in the hour.
func (f *follows) take(most int, at time.Time) (n int) {
	f.sent = slices.DeleteFunc(f.sent, func(sent time.Time) bool { return at.Sub(sent).Abs() >= time.Hour })
	for n < most && len(f.sent) < followHourly {
		f.sent = append(f.sent, at)
		n++
	}
	return n
}

// follow looks at the runs that have not started, with a list for all of them, and asks
// those that have started when that was.
func (g *GitHub) follow(ctx context.Context) {
	g.mu.Lock()
	at, branch := g.offset.at(g.Clock.Now()), g.Branch
	runs := slices.Clone(g.follows.runs)
	youngest, oldest := runs[0].Accepted, runs[0].Accepted
	for _, d := range runs {
		youngest, oldest = latest(youngest, d.Accepted), earliest(oldest, d.Accepted)
	}
	pages := 0
	if !g.scarce(at) {
		pages = g.follows.take(followPages, at)
	}
	g.follows.next = at.Add(min(max(at.Sub(youngest)/2, followFirst), followLongest))
	g.mu.Unlock()
	if pages == 0 {
		return
	}
	patient, cancel := g.patient(ctx, "follow runs")
	states, _, _, err := g.Client.Newest(patient, branch, oldest.Add(-early), pages)
	cancel()
	g.mu.Lock()
	g.read(err, at)
	g.mu.Unlock()
	if err != nil {
		return // the next one asks again
	}
	for _, d := range runs {
		i := slices.IndexFunc(states, func(run github.RunState) bool { return run.ID == d.Run || d.Run == 0 && g.became(d, run) })
		if i < 0 {
			g.miss(at.Sub(d.Accepted))
			g.followed(d, at.Sub(d.Accepted) > followFor)
			continue
		}
		state := states[i]
		d.Run, d.Created = state.ID, state.Created
		over := state.Over()
		if began(state.Status) {
			d.Started, over = g.started(ctx, d.Run, at, over)
		}
		g.followed(d, over || !d.Started.IsZero() || at.Sub(d.Accepted) > followFor)
	}
}

// miss takes in that a run is in no list so long after it was accepted. A sweep asks for it, and
// starts the window again if GitHub has forgotten it.
func (g *GitHub) miss(age time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if listed < age && age <= 2*listed {
		g.swept = time.Time{}
	}
}

// began reports whether a run with that status may have a job that runs.
func began(status string) bool {
	return !slices.Contains([]string{"queued", "requested", "waiting", "pending"}, status)
}

// started asks when a run started. over says that there is no use in asking again.
func (g *GitHub) started(ctx context.Context, run int64, at time.Time, over bool) (time.Time, bool) {
	g.mu.Lock()
	left := g.follows.take(1, at)
	g.mu.Unlock()
	if left == 0 {
		return time.Time{}, false
	}
	began, err := g.Client.Began(ctx, run)
	return began, over && err == nil
}

// became reports whether a run is that of a dispatch whose answer did not name it.
func (g *GitHub) became(d ledger.Dispatch, run github.RunState) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.jobs[d.Job]
	return r != nil && run.File == r.job.File() && run.Dispatched && !run.Forced && run.Slot.Equal(d.Slot) && !run.Created.Before(d.Sent.Add(-early))
}

// followed records what is new about a run.
func (g *GitHub) followed(d ledger.Dispatch, over bool) {
	g.mu.Lock()
	i := slices.IndexFunc(g.follows.runs, func(known ledger.Dispatch) bool { return known.Job == d.Job && known.Sent.Equal(d.Sent) })
	news := i >= 0 && g.follows.runs[i] != d
	if i >= 0 {
		g.follows.runs[i] = d
		if over {
			g.follows.runs = slices.Delete(g.follows.runs, i, i+1)
		}
	}
	if r := g.jobs[d.Job]; r != nil && r.last.Sent.Equal(d.Sent) && !r.last.Accepted.IsZero() {
		r.last.Run = d.Run
	}
	g.mu.Unlock()
	if news {
		g.record(d)
	}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
