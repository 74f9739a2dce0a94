package workflow

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"gopkg.in/yaml.v3"
)

// Effect says what a change means to the owner of the job.
type Effect struct {
	Change
	Kind     string      // "created", "updated" or "deleted"
	Every    string      // cadence; "" when deleted
	Was      string      // the assigned time before, in words, by the name of the old file; "" if there is none or that cannot be told
	Assigned string      // the assigned time now, in words; "" when deleted
	Next     []time.Time // the next three slots, in UTC; nil when deleted
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
			job := jobs[c.Job]
			e := Effect{Change: c, Kind: list.kind, Was: assigned(c.Old, c.Job)}
			if c.New != nil {
				e.Every, e.Assigned = string(job.Schedule.Every()), job.Schedule.String()
				e.Next = next(job, now)
			}
			effects = append(effects, e)
		}
	}
	slices.SortFunc(effects, func(a, b Effect) int { return strings.Compare(a.Path, b.Path) })
	return effects
}

// next returns the next three slots of a job.
func next(job pyproject.Job, now time.Time) []time.Time {
	slots := make([]time.Time, 3)
	for i := range slots {
		now = job.Schedule.Next(now)
		slots[i] = now
	}
	return slots
}

// assigned returns the assigned time that the name of a job's file tells: see
// title. The file may be broken, and whoever edited it may have put anything
// into its name, so what is not like our words is left out.
func assigned(file []byte, id string) string {
	for line := range bytes.Lines(file) {
		if !bytes.HasPrefix(line, []byte("name:")) {
			continue
		}
		var head struct{ Name string }
		if yaml.Unmarshal(line, &head) != nil {
			return ""
		}
		words, found := strings.CutPrefix(head.Name, display(id)+" (")
		words, closed := strings.CutSuffix(words, ")")
		if !found || !closed || !strings.HasPrefix(words, "every ") || pyproject.Forbidden(words) != "" {
			return ""
		}
		return words
	}
	return ""
}
