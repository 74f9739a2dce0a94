package schedule

import (
	"slices"
	"time"
)

// Likely returns the past as the list of runs alone suggests it for windows that began
// before a time, from which on runs were asked for evidence: the first successful run of
// such a window executed, when it was created, as the first success of a window nearly
// always does. That is for pictures only, and proves nothing.
func (p Past) Likely(asked time.Time) Past {
	p.Runs = slices.Clone(p.Runs)
	slices.SortStableFunc(p.Runs, byCreated)
	served := map[int64]bool{}
	for i := range p.Runs {
		r := &p.Runs[i]
		w := p.Schedule.Window(r.belongs())
		if w.IsZero() || !w.Start.Before(asked) || served[w.Start.Unix()] {
			continue
		}
		if r.Success && !r.Void && r.Started.IsZero() && !p.Unread[r.ID] {
			r.Started = r.Created
		}
		served[w.Start.Unix()] = r.Confirms(w)
	}
	return p
}
