package rescue

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

const rescueWorkflow = "scheduled-rescue.yml"

// paced returns a rescue of one job, due every day at that time, with the environments of a
// pacemaker. It is noon.
func paced(t *testing.T, daily string, link *schedule.Link) (*ghtest.Server, one) {
	t.Helper()
	fake, r := newRescue(t, 1)
	fake.Register(ghtest.Registered{File: rescueWorkflow, Inputs: []string{schedule.WaitInput, schedule.AskedInput}})
	for name, minutes := range map[string]int{"wait-1": 1, "wait-2": 2, "wait-5": 5, "wait-15": 15, "wait-60": 60} {
		fake.SetTimer(name, minutes)
	}
	r.Jobs[0].Schedule = declared(t, daily)
	r.Pacemaker = &Pacemaker{Workflow: rescueWorkflow, Link: link}
	r.Pacemaker.Environment = func(wait time.Duration) string {
		return map[time.Duration]string{time.Minute: "wait-1", 2 * time.Minute: "wait-2", 5 * time.Minute: "wait-5", 15 * time.Minute: "wait-15", time.Hour: "wait-60"}[wait]
	}
	return fake, r
}

// links returns the dispatches of the rescue itself.
func links(fake *ghtest.Server) (links []ghtest.Dispatch) {
	for _, d := range fake.Dispatches() {
		if d.File == rescueWorkflow {
			links = append(links, d)
		}
	}
	return links
}

// TestPace has a rescue begin a chain, go on with it, or leave it alone.
func TestPace(t *testing.T) {
	link := func(wait, ago time.Duration) *schedule.Link { return &schedule.Link{Wait: wait, Asked: noon.Add(-ago)} }
	active := func(status, title string, ago time.Duration) func(*ghtest.Server, *one) {
		return func(fake *ghtest.Server, _ *one) {
			fake.Add(ghtest.Run{Workflow: rescueWorkflow, Event: "workflow_dispatch", Title: title, Status: status, Created: noon.Add(-ago)})
		}
	}
	const name = "Pacemaker: 15 min from 2026-11-21T11:50:00Z"
	rows := []struct {
		name   string
		daily  string
		link   *schedule.Link
		change func(*ghtest.Server, *one)
		pace   Pace
		wait   string // of the link that was dispatched; "" for none
		failed string // part of the error
		warned string // part of the warning
	}{
		{"begins", "13:30", nil, nil, Paced, "60", "", ""},
		{"goes on", "12:05", link(time.Hour, time.Hour), nil, Paced, "2", "", ""},
		{"the runner came late", "12:20", link(time.Minute, 40*time.Minute), nil, Paced, "15", "", ""},
		{"the slot is near", "12:01", link(time.Minute, time.Minute), nil, Paced, "1", "", ""},
		{"it was asked for by hand", "12:20", &schedule.Link{Wait: time.Minute}, nil, Paced, "15", "", ""},
		{"a link waits", "12:20", nil, active("waiting", name, 10*time.Minute), Pending, "", "", ""},
		{"a link is queued", "12:20", nil, active("queued", name, 30*time.Minute), Pending, "", "", ""},
		{"a link with another name waits", "12:20", nil, active("waiting", "Pacemaker: soon", time.Minute), Paced, "15", "", ""},
		{"a link has ended", "12:20", nil, active("completed", name, 10*time.Minute), Paced, "15", "", ""},
		{"a rescue runs, which is no link", "12:20", nil, active("in_progress", "Rescue", time.Minute), Paced, "15", "", ""},
		{"this link takes no notice of another one", "12:20", link(time.Minute, time.Minute), active("pending", name, time.Minute), Paced, "15", "", ""},
		{"it did not wait", "12:20", link(15*time.Minute, 20*time.Second), nil, Untimed, "", "environment wait-15 let the run wait 20s of 15m", ""},
		{"no timer", "12:20", nil, func(fake *ghtest.Server, _ *one) { fake.SetTimer("wait-15", 0) }, Untimed, "", "", "environment wait-15 has no wait timer"},
		{"another timer", "12:20", nil, func(fake *ghtest.Server, _ *one) { fake.SetTimer("wait-15", 30) }, Untimed, "", "", "environment wait-15 has a wait timer of 30 minutes"},
		{"no environment", "12:20", nil, func(_ *ghtest.Server, r *one) {
			r.Pacemaker.Environment = func(time.Duration) string { return "absent" }
		}, Untimed, "", "", "environment absent does not exist, and should wait 15 minutes"},
		{"environments that cannot be read", "12:20", nil, func(fake *ghtest.Server, _ *one) {
			fake.Break(ghtest.Fault{Path: "/environments", Status: 403})
		}, Paced, "15", "", ""},
		{"all jobs are paused", "12:20", nil, func(fake *ghtest.Server, r *one) {
			fake.Register(ghtest.Registered{File: r.Jobs[0].File, State: "disabled_manually"})
		}, Idle, "", "", ""},
		{"all jobs are disabled", "12:20", nil, func(fake *ghtest.Server, r *one) {
			r.Jobs[0].Schedule, _ = schedule.Parse(schedule.Spec{Every: "day", At: "12:20", Disabled: true})
		}, Idle, "", "", ""},
		{"the workflow of the rescue is disabled", "12:20", nil, func(fake *ghtest.Server, _ *one) {
			fake.Register(ghtest.Registered{File: rescueWorkflow, State: "disabled_manually"})
		}, Lost, "", "", "Cannot trigger a 'workflow_dispatch' on a disabled workflow"},
		{"it ends there", "12:20", link(time.Hour, time.Hour), func(fake *ghtest.Server, _ *one) {
			fake.Register(ghtest.Registered{File: rescueWorkflow, State: "disabled_manually"})
		}, Lost, "", "Cannot trigger a 'workflow_dispatch' on a disabled workflow", ""},
		{"the token may not start runs", "12:20", nil, func(fake *ghtest.Server, _ *one) {
			fake.SetRights(ghtest.Rights{NoDispatch: true})
		}, Lost, "", "start the next link of the pacemaker: create run of octo/app: 403 Forbidden", ""},
		{"few requests are left", "12:05", nil, func(fake *ghtest.Server, _ *one) {
			fake.Break(ghtest.Fault{Header: map[string]string{"X-RateLimit-Remaining": "299"}})
		}, Paced, "15", "", ""},
		{"a dry run", "12:20", nil, func(_ *ghtest.Server, r *one) { r.DryRun = true }, Pace(Planned), "", "", ""},
		{"no pacemaker", "12:20", nil, func(_ *ghtest.Server, r *one) { r.Pacemaker = nil }, "", "", "", ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			fake, r := paced(t, row.daily, row.link)
			if row.change != nil {
				row.change(fake, &r)
			}
			report, err := r.run(t)
			var pace Pace
			if report.Beat != nil {
				pace = report.Beat.Pace
			}
			if pace != row.pace {
				t.Errorf("%q, want %q", pace, row.pace)
			}
			dispatched := links(fake)
			switch {
			case len(dispatched) > 1 || (len(dispatched) == 1) != (row.wait != ""):
				t.Errorf("%d links", len(dispatched))
			case row.wait != "" && (dispatched[0].Inputs["wait"] != row.wait || dispatched[0].Inputs["asked-at"] != "2026-11-21T12:00:00Z" || dispatched[0].Ref != "main"):
				t.Errorf("%+v", dispatched[0])
			}
			for _, said := range []struct {
				err  error
				want string
			}{{err, row.failed}, {report.Beat.Warning(), row.warned}} {
				if (said.err != nil) != (said.want != "") || said.err != nil && !strings.Contains(said.err.Error(), said.want) {
					t.Errorf("%v, want %q", said.err, said.want)
				}
			}
			if row.pace == Untimed && !strings.Contains(problem.Hint(report.Beat.Why), "init --pacemaker") {
				t.Errorf("hint %q", problem.Hint(report.Beat.Why))
			}
		})
	}
}

// TestPaceWithoutHistory has GitHub fail where a link reads the workflows: the chain goes on,
// and any other rescue leaves it to the next tick.
func TestPaceWithoutHistory(t *testing.T) {
	for _, link := range []*schedule.Link{{Wait: time.Minute, Asked: noon.Add(-time.Minute)}, nil} {
		fake, r := paced(t, "12:20", link)
		fake.Break(ghtest.Fault{Number: 1, Status: 404})
		report, err := r.Run(t.Context())
		if n := len(links(fake)); report != nil || err == nil || (n == 1) != (link != nil) {
			t.Errorf("link %v: %d links, %v", link, n, err)
		}
	}
}

// TestPaceOfItself plays a chain on GitHub: what a rescue starts is the link that the next
// rescue leaves alone, and that goes on later.
func TestPaceOfItself(t *testing.T) {
	fake, r := paced(t, "12:20", nil)
	if report, err := r.run(t); err != nil || report.Beat.Pace != Paced {
		t.Fatal(report.Beat, err)
	}
	first := links(fake)[0]
	fake.SetNow(noon.Add(7 * time.Minute))
	report, err := r.run(t)
	if err != nil || report.Beat.Pace != Pending || !report.Beat.Link.Until().Equal(noon.Add(15*time.Minute)) {
		t.Fatal(report.Beat, err)
	}
	fake.SetNow(noon.Add(15*time.Minute + 30*time.Second))
	link, _ := schedule.ReadLink(first.Inputs["wait"], first.Inputs["asked-at"])
	r.Pacemaker.Link = &link
	report, err = r.run(t)
	if next := links(fake); err != nil || len(next) != 1 || next[0].Inputs["wait"] != "2" {
		t.Errorf("%+v, %v, %v", next, report.Beat, err)
	}
}

// TestPaceStays has a slot that is too near for a wait: the rescue stays for it, starts the job
// then, and has the next link wait for the slot after. It stays for two slots at most.
func TestPaceStays(t *testing.T) {
	more := func(daily ...string) func(*ghtest.Server, *one) {
		return func(fake *ghtest.Server, r *one) {
			for i, at := range daily {
				id := fmt.Sprint("job-", i+1)
				r.Jobs = append(r.Jobs, Job{ID: id, File: "scheduled-" + id + ".yml", Schedule: declared(t, at)})
				fake.Register(ghtest.Registered{File: "scheduled-" + id + ".yml"})
			}
		}
	}
	for _, row := range []struct {
		daily   string
		change  func(*ghtest.Server, *one)
		stays   time.Duration
		windows string // of the jobs that are started
		wait    string
	}{
		{"12:02", nil, 2*time.Minute + time.Second, "20T12:02 21T12:02", "60"},
		{"12:03", nil, 0, "20T12:03", "1"},
		{"12:01", func(_ *ghtest.Server, r *one) { r.DryRun = true }, 0, "", ""},
		{"12:01", func(fake *ghtest.Server, r *one) { fake.SetTimer("wait-1", 0) }, 0, "20T12:01", ""},
		{"12:01", more("12:02"), 2*time.Minute + time.Second, "20T12:01 20T12:02 21T12:01 21T12:02", "60"},
		{"12:01", more("12:02", "12:03", "12:04"), 2*time.Minute + time.Second, "20T12:01 20T12:02 20T12:03 20T12:04 21T12:01 21T12:02", "1"},
	} {
		fake, r := paced(t, row.daily, &schedule.Link{Wait: time.Minute, Asked: noon.Add(-time.Minute)})
		if row.change != nil {
			row.change(fake, &r)
		}
		var stayed time.Duration
		var windows []string
		wait := ""
		note := func() {
			for _, d := range fake.Dispatches() {
				if d.File == rescueWorkflow {
					wait = d.Inputs["wait"]
					continue
				}
				windows = append(windows, strings.TrimSuffix(strings.TrimPrefix(d.Inputs["window"], "2026-11-"), ":00Z"))
				fake.Finish("success", d.Run)
			}
		}
		r.Wait = func(_ context.Context, d time.Duration) {
			note()
			stayed += d
			fake.SetNow(noon.Add(stayed))
		}
		if _, err := r.run(t); err != nil {
			t.Fatal(err)
		}
		note()
		if got := strings.Join(windows, " "); stayed != row.stays || got != row.windows || wait != row.wait {
			t.Errorf("%s: stays %v, starts %q, the next waits %q", row.daily, stayed, got, wait)
		}
	}
}

// declared is due every day at that time.
func declared(t *testing.T, daily string) schedule.Schedule {
	t.Helper()
	s, flaws := schedule.Parse(schedule.Spec{Every: "day", At: daily})
	if len(flaws) > 0 {
		t.Fatal(flaws)
	}
	return s
}
