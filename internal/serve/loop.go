package serve

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

const (
	// longest is the most that the loop sleeps. A timer can stand still while the machine
	// sleeps, and the clock can be set meanwhile.
	longest = 15 * time.Second

	// shortest is the least that it sleeps, unless something wakes it.
	shortest = time.Millisecond

	// grace is how late a look can be before the time is taken to have jumped.
	grace = 5 * time.Second

	// pace is the time between the starts of two windows that a jump has made late, so that
	// not all start at once when a machine wakes.
	pace = time.Second
)

// track is what the loop knows about one job.
type track struct {
	*pyproject.Job
	on     executor
	owed   []schedule.Window
	looked time.Time // when the executor was asked for them
	until  time.Time // until when its answer holds; zero for ever
	next   time.Time // slot; zero for none
	stale  bool      // ask it anew

	// anew says that the next answer is the first after a jump of the clock. The slots in it
	// are late, and take turns.
	anew bool
	late map[time.Time]bool
}

// start is a window that is to be started.
type start struct {
	*track
	window schedule.Window
}

// wake looks at all jobs and starts what is owed. It returns when to wake next.
func (s *Server) wake(now time.Time) (next time.Time) {
	jumped := s.woken.IsZero() || now.Before(s.woken) || now.Sub(s.woken) > longest+grace
	s.woken = now
	s.board.wake(now)
	s.reload(now)
	for _, e := range s.executors {
		e.wake(now, jumped)
	}
	s.invalidate(jumped)
	s.startForced(now)
	s.startAll(s.waiting(now), now) // before another slot that has just come takes the room
	next = now.Add(longest)
	var due []start
	for _, t := range s.tracks {
		if t.look(now) {
			s.startNew(t, now)
		}
		due = t.starts(due)
		next = earliest(next, t.until)
		s.board.look(t)
	}
	next = earliest(next, s.startAll(due, now))
	if s.Local != nil {
		next = earliest(next, s.Local.next(now))
	}
	if s.GitHub != nil {
		next = earliest(next, s.GitHub.next(now))
	}
	return next
}

// invalidate marks the jobs of which something changed.
func (s *Server) invalidate(jumped bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tracks {
		t.stale = t.stale || jumped || s.stale[t.ID] || slices.ContainsFunc(t.Options.Needs, func(id string) bool { return s.stale[id] })
		t.anew = t.anew || jumped
	}
	clear(s.stale)
}

// waiting returns the windows for which there was no room yet.
func (s *Server) waiting(now time.Time) (due []start) {
	for _, t := range s.tracks {
		if t.holds(now) {
			due = t.starts(due)
		}
	}
	return due
}

// starts adds what is owed to what is to be started.
func (t *track) starts(due []start) []start {
	for _, w := range t.owed {
		due = append(due, start{t, w})
	}
	return due
}

// holds reports whether what is known to be owed still is.
func (t *track) holds(now time.Time) bool {
	return !t.stale && !now.Before(t.looked) && (t.until.IsZero() || now.Before(t.until))
}

// look asks what is owed, unless the last answer still holds.
func (t *track) look(now time.Time) (anew bool) {
	if t.holds(now) {
		return false
	}
	t.next = comes(t.Schedule, now)
	t.owed, t.until = t.on.owed(*t.Job, now) // which may know of a slot that a run asked for
	t.looked, t.stale = now, false
	if t.anew {
		t.late = map[time.Time]bool{}
		for _, w := range t.owed {
			t.late[w.Start] = now.Sub(w.Start) > grace
		}
		t.anew = false
	}
	return true
}

// comes returns the next slot that is to be run; zero without one.
func comes(s schedule.Schedule, now time.Time) time.Time {
	if s.Standing(now) == schedule.Disabled {
		return time.Time{}
	}
	return s.Next(now)
}

// startNew starts a window whose slot has just come, before the loop looks at the next job: to
// look at a thousand that are due at once takes a while.
func (s *Server) startNew(t *track, now time.Time) {
	if len(t.owed) == 1 && now.Sub(t.owed[0].Start) <= grace {
		s.start(start{t, t.owed[0]}, now)
	}
}

// start starts a window, if there is room for it and the loop does not end.
func (s *Server) start(d start, now time.Time) (started bool) {
	if s.over() || !d.on.start(*d.Job, d.window, now) {
		return false
	}
	d.owed = slices.DeleteFunc(slices.Clone(d.owed), func(w schedule.Window) bool { return w == d.window })
	delete(d.late, d.window.Start)
	return true
}

// startForced executes what people want to be executed now, as far as there is room.
func (s *Server) startForced(now time.Time) {
	s.mu.Lock()
	wants := slices.Sorted(maps.Keys(s.wants))
	s.mu.Unlock()
	for _, id := range wants {
		if s.over() {
			return
		}
		if t := s.tracks[id]; t != nil && t.on == executor(s.Local) && !s.Local.force(*t.Job, now) {
			continue // an execution that ends wakes the loop
		}
		s.mu.Lock()
		delete(s.wants, id)
		s.mu.Unlock()
	}
}

// startAll starts the windows for which there is room, those in time first, and then the
// oldest first. It returns when the next late one may start; zero if none waits.
func (s *Server) startAll(due []start, now time.Time) (again time.Time) {
	slices.SortFunc(due, func(a, b start) int {
		return cmp.Or(order(a.late[a.window.Start], b.late[b.window.Start]), a.window.Start.Compare(b.window.Start), cmp.Compare(a.ID, b.ID))
	})
	for _, d := range due {
		late := d.late[d.window.Start]
		if waits := s.paced.Add(pace); late && now.Before(waits) && !now.Before(s.paced) {
			return waits
		}
		if s.start(d, now) && late {
			s.paced = now
		}
	}
	return time.Time{}
}

func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
