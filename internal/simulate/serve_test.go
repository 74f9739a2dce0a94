package simulate

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// soonest and latestStart are how long after its dispatch a run can execute the entrypoint,
// where it has no other run to wait for.
const (
	soonest     = queueing/2 + checking + preparing/2
	latestStart = queueing*3/2 + checking + preparing*3/2
)

// playServe plays a project with serve alone: GitHub delivers no tick.
func playServe(t *testing.T, change func(*Regime), days int, jobs ...Job) (*game, []*life) {
	t.Helper()
	r := brief(t, "silent")
	r.Away = 0
	change(&r)
	return play(t, Project{Jobs: jobs, Rescue: quarterly, Serve: true}, r, days, 3)
}

func hourly(many int) (jobs []Job) {
	for i := range many {
		id := fmt.Sprint("hour-", i)
		jobs = append(jobs, newJob(id, schedule.New(schedule.Hour, "acme", id), 2))
	}
	return jobs
}

// TestServe: each window is served once, by a run that starts within seconds of the slot.
func TestServe(t *testing.T) {
	for _, k := range kindsOfJobs {
		_, lives := playServe(t, func(*Regime) {}, 120, k.job(t))
		l := lives[0]
		l.checkTally(t, l.job.ID)
		l.checkCoalescing(t, l.job.ID)
		for _, w := range l.tally.windows {
			if !w.served || w.late < soonest || w.late > latestStart {
				t.Errorf("%s: the window of %v is served: %v, after %v", l.job.ID, w.Start, w.served, w.late)
			}
		}
		if l.tally.serves < len(l.windows) || l.tally.serves > len(l.windows)+1 || l.tally.needless > 0 {
			t.Errorf("%s: %d windows, %d dispatches, %d needless executions", l.job.ID, len(l.windows), l.tally.serves, l.tally.needless)
		}
	}
}

// TestServeAway: what an outage of the machine swallows whole is missed, and one execution
// after it discharges all of that. The other windows are served at their slots.
func TestServeAway(t *testing.T) {
	g, lives := playServe(t, func(r *Regime) { r.Away, r.AwayEvery = 5.5, 2 }, 20, hourly(3)...)
	away := newServer(g).away
	missed, caught := 0, 0
	for _, l := range lives {
		l.checkCoalescing(t, l.job.ID)
		for _, w := range l.tally.windows {
			out, is := away.at(w.Start)
			switch {
			case is && w.End.Before(out.End):
				missed++
				if w.served {
					t.Errorf("%s: %v is served in an outage", l.job.ID, w.Start)
				}
			case is && out.End.Add(latestStart+4*time.Second).Before(w.End):
				caught++
				if after := w.Start.Add(w.late).Sub(out.End); !w.served || after < soonest || after > latestStart+4*time.Second {
					t.Errorf("%s: %v is served: %v, %v after the outage", l.job.ID, w.Start, w.served, after)
				}
			case !is && (!w.served || w.late > latestStart):
				t.Errorf("%s: %v is served: %v, after %v", l.job.ID, w.Start, w.served, w.late)
			}
		}
	}
	if missed < 100 || caught < 25 {
		t.Errorf("only %d windows are missed, and %d caught up", missed, caught)
	}
}

// TestServeTakesTurns: after an outage one start a second, and never more than the limits.
func TestServeTakesTurns(t *testing.T) {
	p := Project{Jobs: hourly(500), Serve: true}
	r := brief(t, "silent")
	r.Away, r.AwayEvery = 3, 1
	g, err := newGame(p, r, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	var sent []time.Time
	s := newServer(g)
	for _, w := range g.workflows {
		s.serve(&served{job: w.job, look: func() (schedule.Verdict, bool) { return w.verdict(g.now, g.now, 0), true },
			create: func(at, slot time.Time) {
				sent = append(sent, at)
				w.dispatch(at, slot, byServe)
			}})
	}
	for g.happen(g.delivery.to) {
	}
	late := slices.DeleteFunc(slices.Clone(sent), func(at time.Time) bool {
		return at.Before(s.away[0].End) || at.After(s.away[0].End.Add(20*time.Second))
	})
	if len(late) < 15 || len(late) > 40 { // 21 in turn, and those whose slots come
		t.Errorf("%d starts in the 20 seconds after the outage", len(late))
	}
	for _, limit := range []struct {
		most int
		in   time.Duration
	}{{perMinute, time.Minute}, {perHour, time.Hour}} {
		for i := limit.most; i < len(sent); i++ {
			if sent[i].Sub(sent[i-limit.most]) < limit.in {
				t.Fatalf("%d dispatches from %v to %v", limit.most+1, sent[i-limit.most], sent[i])
			}
		}
	}
	if !slices.IsSortedFunc(sent, time.Time.Compare) || len(sent) < 21*perHour*9/10 {
		t.Errorf("only %d dispatches, in order: %v", len(sent), slices.IsSortedFunc(sent, time.Time.Compare))
	}
}

// TestServeTriesAgain: a dispatch that GitHub refuses comes again after 15, 30, 60 seconds
// and so on, and what fails comes again as a rescue does it.
func TestServeTriesAgain(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*Regime)
		served float64
	}{
		{"half of the dispatches are refused", func(r *Regime) { r.Refused = 0.5 }, 0.99},
		{"all are", func(r *Regime) { r.Refused = 1 }, 0},
		{"GitHub is down every day", func(r *Regime) { r.Outage, r.Between = 0.5, 1 }, 1},
		{"half of the executions fail", func(r *Regime) { r.Failed = 0.5 }, 0.95},
		{"GitHub's answers are lost", func(r *Regime) { r.Down, r.Lost = 0.5, 0.3 }, 0.95},
	} {
		_, lives := playServe(t, row.change, 30, hourly(2)...)
		o := Sum("", []Outcome{{windows: lives[0].tally.windows}, {windows: lives[1].tally.windows}})
		if share := float64(o.Served) / float64(o.Windows); share < row.served || row.served == 0 && share > 0 {
			t.Errorf("%s: %d of %d windows are served", row.name, o.Served, o.Windows)
		}
	}
	j := &served{}
	s := newServer(gameOf(t, Regime{Refused: 1}, schedule.Day))
	s.now = s.delivery.from
	var waits []time.Duration
	for range 10 {
		j.turn = s.now
		waits = append(waits, s.send(j, false).Sub(s.now))
	}
	want := []time.Duration{15 * time.Second, 30 * time.Second, minute, 2 * minute, 4 * minute, 8 * minute, 16 * minute, 30 * minute, 30 * minute, 30 * minute}
	if !slices.Equal(waits, want) {
		t.Errorf("waits %v after refused dispatches, want %v", waits, want)
	}
}
