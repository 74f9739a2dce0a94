package rescue

import (
	"context"
	"fmt"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Timer is an environment that a pacemaker needs.
type Timer struct {
	Name    string     `json:"name"`
	Minutes int        `json:"wait_timer"`
	State   TimerState `json:"state"`
	Command string     `json:"command"` // of gh, that makes it; "" where it is there
}

// TimerState says what became of an environment.
type TimerState string

const (
	TimerMade    TimerState = "created"
	TimerSet     TimerState = "updated"   // it had no wait timer, or another one
	TimerThere   TimerState = "unchanged" // it has the timer
	TimerPlanned TimerState = "planned"   // in a dry run, it would be made or updated
	TimerNotMade TimerState = "missing"   // GitHub did not let us make or update it, or was not asked
)

// timersPatience is the time for all of them.
const timersPatience = time.Minute

// Timers makes the environments of a pacemaker on GitHub, or reports them all as not made
// where client is nil. The repository is for commands. The error is a *github.Denied or a *github.Failure.
func Timers(ctx context.Context, client *github.Client, repository string, environment func(time.Duration) string, dryRun bool) ([]Timer, error) {
	ctx, cancel := github.Within(ctx, timersPatience, "make the environments of the pacemaker")
	defer cancel()
	var there github.Timers
	var err error
	if client != nil {
		there, err = client.Timers(ctx)
	}
	var timers []Timer
	for _, wait := range schedule.PacemakerWaits {
		t := Timer{Name: environment(wait), Minutes: int(wait / time.Minute), State: TimerNotMade}
		t.Command = fmt.Sprintf("gh api --method PUT repos/%s/environments/%s -F wait_timer=%d", repository, t.Name, t.Minutes)
		timer, found := there.ByName[t.Name]
		switch {
		case found && timer == wait:
			t.State, t.Command = TimerThere, ""
		case client == nil || err != nil:
		case dryRun:
			t.State = TimerPlanned
		default:
			if err = client.SetTimer(ctx, t.Name, wait); err == nil {
				t.Command, t.State = "", TimerMade
				if found {
					t.State = TimerSet
				}
			}
		}
		timers = append(timers, t)
	}
	return timers, err
}
