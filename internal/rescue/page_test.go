package rescue

import (
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

const pageWorkflow = workflow.PagesFile

// TestPublish has a rescue start the workflow of the page, or leave it alone. It is noon, the
// job ran at 9:00, and the page was published at 11:00.
func TestPublish(t *testing.T) {
	at := func(hour, minute int) time.Time { return time.Date(2026, 11, 21, hour, minute, 0, 0, time.UTC) }
	publication := func(created time.Time, change ...func(*ghtest.Run)) func(*ghtest.Server, *one) {
		return func(fake *ghtest.Server, _ *one) {
			run := ghtest.Run{ID: 900, Workflow: pageWorkflow, Event: "workflow_dispatch", Created: created}
			for _, f := range change {
				f(&run)
			}
			fake.Add(run)
		}
	}
	ran := func(file, event string, created, updated time.Time) func(*ghtest.Server, *one) {
		return func(fake *ghtest.Server, r *one) {
			fake.Add(ghtest.Run{ID: 901, Workflow: file, Job: "job-0", Event: event, Created: created, Updated: updated})
		}
	}
	all := func(change func(*ghtest.Server, *one)) func(*ghtest.Server, *one) {
		return func(fake *ghtest.Server, r *one) {
			r.Page.All = true
			change(fake, r)
		}
	}
	unconfirmed := func(change func(*ghtest.Server, *one)) func(*ghtest.Server, *one) {
		return func(fake *ghtest.Server, r *one) {
			r.Jobs[0].Schedule = declared(t, "09:30") // the execution was before
			change(fake, r)
		}
	}
	const job = "scheduled-job-0.yml"
	rows := []struct {
		name   string
		change func(*ghtest.Server, *one)
		want   Published // "" for no publication
		warned string    // part of the warning
	}{
		{"nothing is new", func(*ghtest.Server, *one) {}, Unchanged, ""},
		{"no page", func(_ *ghtest.Server, r *one) { r.Page = nil }, "", ""},
		{"never published", func(fake *ghtest.Server, _ *one) { fake.Remove(900) }, Publishing, ""},
		{"published on another branch only", publication(at(11, 0), func(r *ghtest.Run) { r.Branch = "test" }), Publishing, ""},
		{"yesterday", publication(at(11, 0).AddDate(0, 0, -1)), Publishing, ""},
		{"a run ended", unconfirmed(ran(job, "schedule", at(10, 0), at(11, 30))), Publishing, ""},
		{"a run ended before", unconfirmed(ran(job, "schedule", at(10, 0), at(10, 59))), Unchanged, ""},
		{"a run began", unconfirmed(ran(job, "schedule", at(11, 20), at(11, 20))), Publishing, ""},
		{"a spare skipped, since the window was confirmed", ran(job, "schedule", at(10, 0), at(11, 30)), Unchanged, ""},
		{"a spare began, since the window was confirmed", ran(job, "schedule", at(11, 20), at(11, 20)), Unchanged, ""},
		{"a slot came", func(_ *ghtest.Server, r *one) { r.Jobs[0].Schedule = declared(t, "11:30") }, Publishing, ""},
		{"a slot came, of a disabled job", func(_ *ghtest.Server, r *one) {
			r.Jobs[0].Schedule, _ = schedule.Parse(schedule.Spec{Every: "day", At: "11:30", Disabled: true})
		}, Unchanged, ""},
		{"a slot came, of a paused job", func(fake *ghtest.Server, r *one) {
			r.Jobs[0].Schedule = declared(t, "11:30")
			fake.Register(ghtest.Registered{File: job, State: "disabled_manually"})
		}, Unchanged, ""},
		{"a publication waits", publication(at(11, 50), func(r *ghtest.Run) { r.Status = "queued" }), Unchanged, ""},
		{"the last one failed", publication(at(11, 0), func(r *ghtest.Run) { r.Conclusion = "failure" }), Unchanged,
			"the workflow that publishes the page of the jobs failed: https://github.com/octo/app/actions/runs/900"},
		{"its runs cannot be read", func(fake *ghtest.Server, _ *one) {
			fake.Break(ghtest.Fault{Path: pageWorkflow + "/runs", Status: 404})
		}, Publishing, ""},
		{"it cannot be started", func(fake *ghtest.Server, _ *one) {
			fake.Remove(900)
			fake.SetRights(ghtest.Rights{NoDispatch: true})
		}, Unpublished, "publish the page of the jobs: create run of octo/app: 403 Forbidden"},
		{"GitHub does not know it", func(fake *ghtest.Server, _ *one) {
			fake.Register(ghtest.Registered{File: pageWorkflow, State: "deleted"})
		}, Unavailable, ""},
		{"it is disabled", func(fake *ghtest.Server, _ *one) {
			fake.Register(ghtest.Registered{File: pageWorkflow, State: "disabled_manually"})
		}, Unavailable, ""},
		{"a dry run", func(fake *ghtest.Server, r *one) { fake.Remove(900); r.DryRun = true }, Published(Planned), ""},
		{"few requests are left", func(fake *ghtest.Server, _ *one) {
			fake.Remove(900)
			fake.Break(ghtest.Fault{Header: map[string]string{"X-RateLimit-Remaining": "99"}})
		}, "", ""},
		{"another project's run ended", ran("scheduled-other.yml", "schedule", at(10, 0), at(11, 30)), Unchanged, ""},
		{"another project's run ended, and the page shows it", all(ran("scheduled-other.yml", "schedule", at(10, 0), at(11, 30))), Publishing, ""},
		{"a rescue ended", all(ran("scheduled-rescue.yml", "schedule", at(11, 20), at(11, 30))), Unchanged, ""},
		{"tests of a push ended", all(ran("ci.yml", "push", at(11, 20), at(11, 30))), Unchanged, ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			fake, r := newRescue(t, 1)
			r.Jobs[0].Schedule = declared(t, "09:00")
			fake.Add(ghtest.Run{Workflow: job, Job: "job-0", Created: at(9, 0), Started: at(9, 1)})
			fake.Register(ghtest.Registered{File: pageWorkflow})
			publication(at(11, 0))(fake, &r)
			r.Page = &Page{}
			row.change(fake, &r)
			report, err := r.Run(t.Context())
			if report == nil {
				t.Fatal(err)
			}
			var state Published
			if report.Publication != nil {
				state = report.Publication.State
			}
			published := 0
			for _, d := range fake.Dispatches() {
				if d.File == pageWorkflow && d.Ref == "main" {
					published++
				}
			}
			if state != row.want || (published == 1) != (row.want == Publishing) || err != nil {
				t.Errorf("%q, %d dispatches, %v; want %q", state, published, err, row.want)
			}
			warning := report.Publication.Warning()
			if (warning == nil) != (row.warned == "") || warning != nil && !strings.Contains(warning.Error(), row.warned) {
				t.Errorf("warning %v, want %q", warning, row.warned)
			}
		})
	}
}
