package github

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// registration is what says when a workflow was enabled.
// https://docs.github.com/rest/actions/workflows#get-a-workflow
type registration struct {
	State   string    `json:"state"`
	Created time.Time `json:"created_at"`
	Changed time.Time `json:"updated_at"`
}

func (registration) noun() string     { return "workflow" }
func (r registration) complete() bool { return r.State != "" }

// pauses returns the pause that ended when the workflow was enabled. That takes a request,
// which is sent only where it matters: windows passed without a run, and are owed unless it
// was paused. Without an answer they are.
func (r *reading) pauses(ctx context.Context, t schedule.Tick) schedule.Pauses {
	s := r.query.Schedule
	if !s.Spec().CatchUp || t.Lane || !slices.ContainsFunc(t.Owes(s), func(w schedule.Window) bool {
		return !w.Contains(r.now) && !slices.ContainsFunc(t.Runs, func(run schedule.Run) bool { return w.Contains(run.Created) || w.Contains(run.Slot) })
	}) {
		return nil
	}
	found, err := get[registration](ctx, r.client, "actions/workflows/"+url.PathEscape(r.query.Workflow))
	if err != nil {
		fmt.Fprintf(r.client.log, "it is not known whether the job was paused: %v\n", err)
		return nil
	}
	workflow := Workflow{State: found.value.State, Created: found.value.Created, Changed: found.value.Changed}
	return schedule.PauseBefore(workflow.Enabled(), t.Runs, r.gaps())
}
