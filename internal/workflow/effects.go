package workflow

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"gopkg.in/yaml.v3"
)

// Effect says what a change means for its job, or for all jobs if a service changes.
type Effect struct {
	Change
	Kind     string      // "created", "updated" or "deleted"
	Trigger  string      // every or cron, as declared, or "once"; of a rescue in words, as in "15 minutes"; "" when deleted
	Was      string      // the assigned time before, in words, from the name in the old file; "" if unknown
	Assigned string      // the assigned time now, in words; "" when deleted
	Next     []time.Time // up to three slots to come, in the time zone of the job, or ticks of a rescue, in UTC; nil when deleted or disabled
	Last     time.Time   // likewise, the last slot of a job without one to come
}

// Effects says what the changes of a plan of this target mean, sorted by path.
func (t Target) Effects(p Plan, now time.Time) []Effect {
	jobs := map[string]pyproject.Job{}
	for _, job := range t.Project.Jobs {
		jobs[job.ID] = job
	}
	var effects []Effect
	for _, list := range []struct {
		kind    string
		changes []Change
	}{{"created", p.Created}, {"updated", p.Updated}, {"deleted", p.Deleted}} {
		for _, c := range list.changes {
			e := Effect{Change: c, Kind: list.kind}
			switch {
			case c.Does == Rescues:
				t.rescueEffect(&e, now)
			case c.Does != Publishes:
				t.jobEffect(&e, jobs[c.Job], now)
			case c.New != nil:
				e.Trigger, e.Assigned = "rescue", afterRescue
			}
			effects = append(effects, e)
		}
	}
	slices.SortFunc(effects, func(a, b Effect) int { return strings.Compare(a.Path, b.Path) })
	return effects
}

// jobEffect completes the effect of a change to the file of a job. A removed job is
// zero.
func (t Target) jobEffect(e *Effect, job pyproject.Job, now time.Time) {
	title := display(e.Job)
	e.Was = cmp.Or(assigned(e.Old, title+t.of()), assigned(e.Old, title)) // earlier releases did not name the project
	if e.New == nil {
		return
	}
	e.Trigger, e.Assigned = trigger(job.Schedule), When(job)
	if job.Schedule.Spec().Disabled {
		return
	}
	if e.Next = next(job.Schedule.Next, now); len(e.Next) == 0 {
		e.Last = job.Schedule.Prev(now)
	}
	if zone, err := time.LoadLocation(job.Schedule.Zone()); err == nil {
		e.Last = e.Last.In(zone)
		for i, slot := range e.Next {
			e.Next[i] = slot.In(zone)
		}
	}
}

// trigger returns what a job declares its schedule by.
func trigger(s schedule.Schedule) string {
	switch declared := s.Trigger(); {
	case s.Spec().Trigger() != "run-at":
		return problem.Cut(strings.Join(declared, ", "), mostWords)
	case len(declared) == 1:
		return "once"
	default:
		return problem.Count(len(declared), "time")
	}
}

// rescueEffect completes the effect of a change to the file of the rescue.
func (t Target) rescueEffect(e *Effect, now time.Time) {
	rounds := t.Project.Rescue.Rounds
	title, _, _ := strings.Cut(t.rescueTitle(), " (")
	e.Was = assigned(e.Old, title)
	if e.New != nil {
		e.Assigned, e.Next = rounds.String(), next(rounds.Next, now)
		e.Trigger = spell(rounds.Every())
	}
}

// spell writes the time between ticks: "15 minutes", "hour", "6 hours".
func spell(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	case d == time.Hour:
		return "hour"
	}
	return fmt.Sprintf("%d hours", int(d.Hours()))
}

// next returns the next three times, or fewer if there are no more.
func next(after func(time.Time) time.Time, now time.Time) (slots []time.Time) {
	for range 3 {
		if now = after(now); now.IsZero() {
			break
		}
		slots = append(slots, now)
	}
	return slots
}

// assigned returns the assigned time in the name of a workflow, after the title: see
// title and rescueTitle. The file may be broken or edited, and then there may be other
// words, or none.
func assigned(file []byte, title string) string {
	for line := range bytes.Lines(file) {
		if !bytes.HasPrefix(line, []byte("name:")) {
			continue
		}
		var head struct{ Name string }
		if yaml.Unmarshal(line, &head) != nil {
			return ""
		}
		words, found := strings.CutPrefix(head.Name, title+" (")
		words, closed := strings.CutSuffix(words, ")")
		if !found || !closed || pyproject.Forbidden(words) != "" {
			return ""
		}
		return problem.Cut(words, mostWords)
	}
	return ""
}
