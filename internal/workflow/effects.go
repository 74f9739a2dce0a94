package workflow

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"gopkg.in/yaml.v3"
)

// Effect says what a change means for its job, or for all jobs if the rescue changes.
type Effect struct {
	Change
	Kind     string      // "created", "updated" or "deleted"
	Every    string      // cadence; of a rescue in words, as in "15 minutes"; "" when deleted
	Was      string      // the assigned time before, in words, from the name in the old file; "" if unknown
	Assigned string      // the assigned time now, in words; "" when deleted
	Next     []time.Time // the next three slots, or ticks of a rescue, in UTC; nil when deleted
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
			if c.Does == Rescues {
				t.rescueEffect(&e, now)
			} else {
				t.jobEffect(&e, jobs[c.Job], now)
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
	if e.New != nil {
		e.Every, e.Assigned = string(job.Schedule.Every()), job.Schedule.String()
		e.Next = next(job.Schedule.Next, now)
	}
}

// rescueEffect completes the effect of a change to the file of the rescue.
func (t Target) rescueEffect(e *Effect, now time.Time) {
	rounds := t.Project.Rescue.Rounds
	title, _, _ := strings.Cut(t.rescueTitle(), " (")
	e.Was = assigned(e.Old, title)
	if e.New != nil {
		e.Assigned, e.Next = rounds.String(), next(rounds.Next, now)
		e.Every = spell(rounds.Every())
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

// next returns the next three times.
func next(after func(time.Time) time.Time, now time.Time) []time.Time {
	slots := make([]time.Time, 3)
	for i := range slots {
		now = after(now)
		slots[i] = now
	}
	return slots
}

// assigned returns the assigned time in the name of a workflow, after the title: see
// title and rescueTitle. The file may be broken or edited, so only words like ours are
// returned.
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
		if !found || !closed || !strings.HasPrefix(words, "every ") || pyproject.Forbidden(words) != "" {
			return ""
		}
		return words
	}
	return ""
}
