package webhook

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

const (
	fileName = "told.json"
	maxFile  = 8 << 20 // bytes
	maxPosts = 20      // claimed at once; the others wait for the next time

	// stale is the age from which a claim is that of a process that was killed. One that is
	// as far ahead is of a wrong clock.
	stale = 10 * time.Minute
)

// News is what is known about one kind of event of a job. It is about a state, not about
// a moment: whoever looks again has the same News again.
type News struct {
	Job    string
	Kind   schedule.Event // but JobRecovered
	Window time.Time      // its slot
	Raised bool           // the event happened in that window
	Over   bool           // a window is confirmed since
	Gone   bool           // the job does not run any more
	Held   bool           // it is disabled for now
	Paused bool           // it was disabled because of the event, which is told beside it

	Unset     bool // nothing can be posted for now: what is raised is posted when that has changed
	Silent    bool // the event itself is not told, only its end
	Recovered bool // the end is told
	Heard     bool // another process tells it: what no memory says was told, was
	Mine      bool // this process tells it, whatever others have heard
	Elsewhere bool // another process tells its end, or has told it
	Ends      bool // this process tells its end, whatever others do
}

// About returns what is known about a kind of event of a job as News. wanted is false where
// people want to know neither of the event nor of its end.
func About(job string, tells schedule.Telling, a schedule.Alarm) (n News, wanted bool) {
	n = News{Job: job, Kind: a.Kind, Window: a.Window.Start, Raised: a.Raised, Over: a.Over,
		Silent: !tells.Tells(a.Kind), Recovered: tells.Tells(schedule.JobRecovered)}
	return n, !n.Silent || a.Kind == schedule.JobFailed && !tells.Others(schedule.JobRecovered)
}

// Claim is an event that a process may post, and no other.
type Claim struct {
	News  int            // its index
	Kind  schedule.Event // that of the News, or JobRecovered
	Event *Event         // what was to be posted before, if that failed and is not raised any more; else nil
}

// Memory remembers in .scheduled/told.json what was posted. Processes share it.
type Memory struct {
	Folder func() (*os.Root, error) // opens .scheduled, and creates it if it is missing
	Jobs   []string                 // ids that are declared: of others, nothing is remembered
	Now    time.Time

	before  []byte
	changed bool
}

// told is what the file holds.
type told struct {
	Version int                                  `json:"version"`
	Jobs    map[string]map[schedule.Event]*state `json:"jobs"`
}

// state is what was told about one kind of event of a job.
type state struct {
	Window  time.Time  `json:"window"`            // that it was told for last
	Over    bool       `json:"over,omitempty"`    // so was its end
	Heard   bool       `json:"heard,omitempty"`   // another process told it
	Paused  bool       `json:"paused,omitempty"`  // it was told that the job is paused
	Pending bool       `json:"pending,omitempty"` // it was not told yet: posting it failed
	Ended   bool       `json:"ended,omitempty"`   // another process tells its end
	Ending  bool       `json:"ending,omitempty"`  // the same for its end
	Event   *Event     `json:"event,omitempty"`   // that could not be posted
	Claimed *time.Time `json:"claimed,omitempty"` // a process posts it, since then
}

// Changed reports whether the file has another content than at the first Claim.
func (m *Memory) Changed() bool { return m.changed }

// Claim returns the events to post, and marks them as claimed, at most maxPosts. What is
// claimed has to be settled.
func (m *Memory) Claim(news []News) (claims []Claim, _ error) {
	err := m.update(func(t *told, lost bool) {
		claims = t.claim(news, m.Now, lost)
		for job := range t.Jobs {
			if !slices.Contains(m.Jobs, job) {
				delete(t.Jobs, job)
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("remember what was told: %w", err)
	}
	return claims, nil
}

// Plan returns what Claim would, and changes nothing. The folder may be nil.
func (m *Memory) Plan(news []News) ([]Claim, error) {
	dir, err := m.Folder()
	if err != nil {
		return nil, err
	}
	var content []byte
	if dir != nil {
		defer dir.Close()
		if content, err = atomic.Present(dir, fileName, maxFile); err != nil {
			return nil, err
		}
	}
	t, lost := parse(content)
	return t.claim(news, m.Now, lost), nil
}

// Settle remembers which of the claims were posted. The events of the others, which are
// nil where they are not known, are left to the next time.
func (m *Memory) Settle(news []News, claims []Claim, done []bool, events []*Event) error {
	if len(claims) == 0 {
		return nil
	}
	err := m.update(func(t *told, _ bool) {
		for i, c := range claims {
			t.settle(news[c.News], c.Kind, done[i], events[i])
		}
	})
	if err != nil {
		return fmt.Errorf("remember what was told: %w", err)
	}
	return nil
}

// update changes the file. lost says that there is none that can be read.
func (m *Memory) update(change func(t *told, lost bool)) error {
	dir, err := m.Folder()
	if err != nil {
		return err
	}
	defer dir.Close()
	var first, last []byte
	err = atomic.Update(dir, fileName, maxFile, func(content []byte) ([]byte, error) {
		t, lost := parse(content)
		change(&t, lost)
		first, last = content, content
		if after, err := json.MarshalIndent(t, "", " "); err != nil {
			return nil, err
		} else if len(t.Jobs) > 0 || content != nil {
			last = append(after, '\n')
		}
		return last, nil
	})
	if m.before == nil {
		m.before = append([]byte{}, first...)
	}
	if err == nil {
		m.changed = string(m.before) != string(last)
	}
	return err
}

// parse reads the file. One that is damaged is as good as none.
func parse(content []byte) (t told, lost bool) {
	err := json.Unmarshal(content, &t)
	if lost = err != nil || t.Version != 1; lost {
		t = told{Version: 1}
	}
	if t.Jobs == nil {
		t.Jobs = map[string]map[schedule.Event]*state{}
	}
	for _, kinds := range t.Jobs {
		for kind, s := range kinds {
			if s == nil {
				delete(kinds, kind)
			}
		}
	}
	return t, lost
}

// claim marks what is to be posted, and forgets what is not needed any more.
func (t *told) claim(news []News, now time.Time, lost bool) (claims []Claim) {
	recovering := map[string]bool{} // jobs whose recovery is told, once for all kinds
	for i, n := range news {
		posts := len(claims) < maxPosts && !n.Unset
		s := t.Jobs[n.Job][n.Kind]
		if s == nil && lost && n.Heard && !n.Elsewhere {
			s = &state{Window: n.Window, Paused: n.Paused, Heard: true}
			t.set(n, s)
		}
		if s != nil && n.Raised && !n.Paused {
			s.Paused = false // it runs again
		}
		switch {
		case n.Held && s != nil && s.Paused:
			continue // until it runs again
		case n.Gone || n.Held:
			delete(t.Jobs[n.Job], n.Kind)
			continue
		case s != nil && s.Claimed != nil && now.Sub(*s.Claimed).Abs() < stale:
			continue
		case n.Raised && n.Silent && s.raises(n):
			t.set(n, &state{Window: n.Window, Paused: n.Paused})
			continue
		case n.Raised && s.raises(n):
			s = &state{Window: n.Window, Paused: n.Paused, Pending: true}
			if t.set(n, s); posts {
				s.Claimed = &now
				claims = append(claims, Claim{i, n.Kind, nil})
			}
			continue
		case s != nil && s.Pending && s.Event != nil && !n.Raised:
			if posts {
				s.Claimed = &now
				claims = append(claims, Claim{i, n.Kind, s.Event})
			}
			continue
		case s == nil || s.Over || !n.Over && !s.Ending:
			continue
		case n.Raised && !n.Over: // again, before its end was told
			s.Ending = false
			continue
		}
		if n.Elsewhere && !s.Ending {
			s.Ended = true
			continue
		}
		s.Claimed = nil
		if n.Raised {
			s.Window = n.Window // the end is also that of a window since
		}
		switch {
		case s.Pending && !s.Ending, s.Ended && !s.Ending && !n.Ends, n.Kind == schedule.JobLate, !n.Recovered, recovering[n.Job]:
			s.Over, s.Pending, s.Ending = true, false, false // it was not told, or its end is not told here
		case posts:
			claims = append(claims, Claim{i, schedule.JobRecovered, nil})
			recovering[n.Job] = true
			s.Ending, s.Claimed = true, &now
		}
	}
	for job, kinds := range t.Jobs {
		if len(kinds) == 0 {
			delete(t.Jobs, job)
		}
	}
	return claims
}

// raises reports whether an event has to be told, given what was told of it before; s is
// nil if that was nothing. A failure is told once until the job has recovered, and once more
// when the job is paused. The other events are told once for each window: the job may have
// recovered since.
func (s *state) raises(n News) bool {
	switch {
	case s == nil || s.Pending || s.Heard && n.Mine:
		return true
	case n.Kind == schedule.JobLate:
		return n.Window.After(s.Window)
	case s.Over || s.Ended:
		return n.Kind == schedule.JobFailed || n.Window.After(s.Window)
	}
	return n.Paused && !s.Paused
}

func (t *told) set(n News, s *state) {
	if t.Jobs[n.Job] == nil {
		t.Jobs[n.Job] = map[schedule.Event]*state{}
	}
	t.Jobs[n.Job][n.Kind] = s
}

// settle takes in what became of a claim.
func (t *told) settle(n News, kind schedule.Event, done bool, event *Event) {
	s := t.Jobs[n.Job][n.Kind]
	if s == nil {
		return
	}
	s.Claimed, s.Event = nil, nil
	switch {
	case !done && kind != schedule.JobRecovered:
		s.Event = event
	case !done:
	case kind == schedule.JobRecovered:
		s.Ending, s.Over = false, true
	default:
		s.Pending = false
	}
}
