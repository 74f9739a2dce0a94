package workflow

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Token returns the kind of token that the existing Keeper's file uses, "" if there is
// no such file.
func (p Plan) Token() Token {
	there := slices.Concat(p.Updated, p.Unchanged)
	switch {
	case len(there) == 0:
		return ""
	case bytes.Contains(there[0].Old, []byte("secrets."+PrivateKeySecret)):
		return App
	case bytes.Contains(there[0].Old, []byte("secrets."+TokenSecret)):
		return PAT
	}
	return NoToken
}

// Costs says how many runner minutes the ticks of a project's jobs and of its rescue cost
// in a private repository in a month, at most, and what other intervals of the rescue would
// cost; "" for what the project does not have.
func Costs(project *pyproject.Project) (jobs, rescue string) {
	target, minutes := Target{Project: project}, 0.0
	for _, job := range project.Hosted() {
		minutes += minutesOf(job)
		jobs = spent(minutes)
	}
	if !target.rescued() {
		return jobs, ""
	}
	cost := func(r schedule.Rounds) string { return spent(ticks(needed(project, r))) }
	rescue = cost(project.Rescue.Rounds)
	for _, every := range schedule.RoundsEvery {
		if other := cost(schedule.NewRounds("", every)); other != cost(project.Rescue.Rounds) {
			written := strings.TrimSuffix(strings.TrimSuffix(every.String(), "0s"), "0m") // "1h0m0s"
			rescue += fmt.Sprintf(", %s with %q", other, written)
		}
	}
	return jobs, rescue + ", none with rescue = false"
}

// spent writes runner minutes with their price: "120 ($0.72)".
func spent(minutes float64) string {
	return fmt.Sprintf("%.0f ($%.2f)", minutes, minutes*DollarsPerMinute)
}
