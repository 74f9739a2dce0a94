package rescue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// everything tells of all that the list of runs alone can show.
var everything = schedule.Telling{On: []schedule.Event{schedule.JobFailed, schedule.JobExpired, schedule.JobMissed, schedule.JobRecovered}, After: 1}

// one is a rescue of one project.
type one struct {
	Rescue
	*Project
}

// newRescue returns a rescue of n jobs, due every day or every week in turn, on a fake
// GitHub that has their workflows. It does not pause.
func newRescue(t *testing.T, n int) (*ghtest.Server, one) {
	t.Helper()
	fake := ghtest.New(t)
	fake.SetNow(noon)
	client, err := github.New(github.Config{APIURL: fake.URL, Repository: ghtest.Repository, Token: "s3cret-t0ken"})
	if err != nil {
		t.Fatal(err)
	}
	project := &Project{}
	r := one{Rescue{Client: client, Branch: "main", Projects: []*Project{project}, Wait: func(context.Context, time.Duration) {}}, project}
	for i := range n {
		id := fmt.Sprintf("job-%d", i)
		job := Job{ID: id, File: "scheduled-" + id + ".yml", Tells: everything, Schedule: schedule.New([]schedule.Cadence{schedule.Day, schedule.Week}[i%2], "", id)}
		fake.Register(ghtest.Registered{File: job.File})
		project.Jobs = append(project.Jobs, job)
	}
	return fake, r
}

// run runs a rescue that can read everything.
func (r one) run(t *testing.T) (*Report, error) {
	t.Helper()
	report, err := r.Run(t.Context())
	if report == nil {
		t.Fatal(err)
	}
	return report, err
}

// TestBounded has more due jobs than one rescue starts: each starts those whose
// window began first, says what is left, and the next goes on.
func TestBounded(t *testing.T) {
	fake, r := newRescue(t, 600)
	var last string // the latest window served
	for _, want := range []struct {
		started, requests, left int
		bound                   string
	}{
		{240, 247, 360, "one rescue starts at most 240"},
		{240, 249, 120, "one rescue starts at most 240"},
		{120, 131, 0, ""},
		{0, 12, 0, ""},
	} {
		report, err := r.run(t)
		dispatches := fake.Dispatches()
		if requests := len(fake.Requests()); err != nil || len(dispatches) != want.started || report.Started() != want.started ||
			requests != want.requests || report.Left() != want.left || report.Bound != want.bound {
			t.Errorf("%d started, %d requests, %d left, bound %q, %v; want %+v", len(dispatches), requests, report.Left(), report.Bound, err, want)
		}
		for _, d := range dispatches {
			if d.Inputs["window"] < last {
				t.Errorf("window %s is served after %s", d.Inputs["window"], last)
			}
			last = d.Inputs["window"]
		}
	}
}

// TestThousandJobs counts the requests of one rescue.
func TestThousandJobs(t *testing.T) {
	fake, r := newRescue(t, 1000)
	_, err := r.run(t)
	started, requests := len(fake.Dispatches()), len(fake.Requests())
	if err != nil || started != MaxDispatches || requests != 10+1+MaxDispatches {
		t.Errorf("%d started, %d requests, %v", started, requests, err)
	}
}

// TestLeavesRequests has a rate limit that is nearly used up. A started job takes
// three requests.
func TestLeavesRequests(t *testing.T) {
	for _, row := range []struct{ remaining, started int }{{99, 0}, {100, 1}, {101, 1}, {102, 2}, {103, 2}, {119, 10}, {1000, 20}, {-1, 20}} {
		fake, r := newRescue(t, 20)
		header := map[string]string{"X-RateLimit-Remaining": fmt.Sprint(row.remaining)}
		if row.remaining < 0 {
			header["X-RateLimit-Remaining"] = ""
		}
		fake.Break(ghtest.Fault{Header: header})
		report, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(fake.Dispatches()); n != row.started || report.Left() != 20-n {
			t.Errorf("%d requests remain: %d started, %d left", row.remaining, n, report.Left())
		}
		if said := strings.HasPrefix(report.Bound, fmt.Sprintf("GitHub's rate limit has %d requests left", row.remaining)); said != (row.started < 20) {
			t.Errorf("%d requests remain: bound %q", row.remaining, report.Bound)
		}
	}
}

// TestPauses has more due jobs than are started in one go. It pauses before each of
// the others, and starts none once its time is up or it is told to stop.
func TestPauses(t *testing.T) {
	for _, row := range []struct {
		name    string
		pauses  int // until the end
		end     func(stop context.CancelFunc, timedOut context.CancelFunc)
		started int
		bound   string
		err     error
	}{
		{"all", 100, nil, 14, "", nil},
		{"stopped", 2, func(stop, _ context.CancelFunc) { stop() }, Unpaced + 1, "", context.Canceled},
		{"out of time", 3, func(_, timedOut context.CancelFunc) { timedOut() }, Unpaced + 2, "one rescue starts jobs for at most 6m0s", nil},
	} {
		fake, r := newRescue(t, 14)
		ctx, stop := context.WithCancel(t.Context())
		report, err := r.Look(ctx)
		if err != nil {
			t.Fatal(err)
		}
		timed, timedOut := context.WithCancel(ctx)
		pauses := 0
		r.Wait = func(_ context.Context, d time.Duration) {
			if pauses++; d != time.Second {
				t.Errorf("%s: pause of %v", row.name, d)
			}
			if pauses == row.pauses {
				row.end(stop, timedOut)
			}
		}
		err = r.dispatchUntil(ctx, timed, report)
		if n := len(fake.Dispatches()); n != row.started || report.Bound != row.bound || !errors.Is(err, row.err) || report.Left() != 14-n {
			t.Errorf("%s: %d started, bound %q, %v", row.name, n, report.Bound, err)
		}
		stop()
		timedOut()
	}
}

// TestTrouble has GitHub fail to answer dispatches, the n-th of all. The others are
// started, and the error names those that may not be.
func TestTrouble(t *testing.T) {
	refused := ghtest.Fault{Status: 422, Body: `{"message":"Workflow does not have 'workflow_dispatch' trigger"}`}
	trouble, lost, broken, late := ghtest.Fault{Status: 502}, ghtest.Fault{Drop: true}, ghtest.Fault{Status: 200, Body: "{"}, ghtest.Fault{Drop: true, Late: true}
	limit := ghtest.Fault{Status: 403, Header: map[string]string{"X-RateLimit-Remaining": "0"}}
	rows := []struct {
		name    string
		faults  map[int]ghtest.Fault
		started int // as the fake has it
		failed  int // jobs that the error names
		left    int
	}{
		{"none", nil, 14, 0, 0},
		{"the first is an error of GitHub", map[int]ghtest.Fault{1: trouble}, 13, 1, 0},
		{"the first has no answer", map[int]ghtest.Fault{1: lost}, 13, 1, 0},
		{"the first has a broken answer", map[int]ghtest.Fault{1: broken}, 13, 1, 0},
		{"the first has none, and was served", map[int]ghtest.Fault{1: late}, 14, 1, 0},
		{"the first three", map[int]ghtest.Fault{1: trouble, 2: lost, 3: trouble}, 11, 3, 0},
		{"nine in a row", inRow(trouble, 2, 9), 5, 9, 0},
		{"ten in a row", inRow(trouble, 2, 10), 1, 10, 3},
		{"a refusal among twelve", with(inRow(lost, 1, 12), 6, refused), 2, 12, 0},
		{"refusals in a row", inRow(refused, 1, 12), 2, 12, 0},
		{"a limit", map[int]ghtest.Fault{3: limit}, 2, 0, 12},
	}
	for _, row := range rows {
		fake, r := newRescue(t, 14)
		for n, fault := range row.faults {
			fault.Number = 2 + n // after the lists of workflows and runs
			fake.Break(fault)
		}
		report, err := r.run(t)
		named := 0
		if err != nil {
			named = strings.Count(err.Error(), "start job-")
		}
		if started := len(fake.Dispatches()); started != row.started || named != row.failed || report.Left() != row.left || (err != nil) != (row.faults != nil) {
			t.Errorf("%s: %d started, %d named, %d left; want %d, %d, %d\n%v", row.name, started, named, report.Left(), row.started, row.failed, row.left, err)
		}
	}
}

// inRow has n dispatches fail, beginning with one of them.
func inRow(fault ghtest.Fault, from, n int) map[int]ghtest.Fault {
	faults := map[int]ghtest.Fault{}
	for i := range n {
		faults[from+i] = fault
	}
	return faults
}

func with(faults map[int]ghtest.Fault, n int, fault ghtest.Fault) map[int]ghtest.Fault {
	faults[n] = fault
	return faults
}

// TestRefusedMany has GitHub refuse more jobs than one rescue starts, of windows that
// began first. They do not keep the others from being started.
func TestRefusedMany(t *testing.T) {
	fake, r := newRescue(t, 600)
	refuse := func(n, lists int) { // of workflows, and of runs
		for i := range n {
			fake.Break(ghtest.Fault{Number: lists + 1 + i, Status: 422, Body: `{"message":"no"}`})
		}
	}
	refuse(maxRefused-1, 6+1)
	report, err := r.run(t)
	if n := len(fake.Dispatches()); err == nil || n != MaxDispatches || report.Left() != 600-MaxDispatches-(maxRefused-1) {
		t.Errorf("%d started, %d left, %v", n, report.Left(), err)
	}
	refuse(2*maxRefused, 6+3)
	report, _ = r.run(t)
	if n := len(fake.Dispatches()); n != 0 || report.Left() != 600-MaxDispatches-maxRefused || report.Bound != "GitHub refused to start 120" {
		t.Errorf("%d started, %d left, bound %q", n, report.Left(), report.Bound)
	}
}

// TestUnread has a list of runs that is too long to be read back to the windows'
// starts. Jobs whose runs are not on it are started after the others.
func TestUnread(t *testing.T) {
	fake, r := newRescue(t, 300)
	long := `{"total_count":1000000,"workflow_runs":[{"id":1,"path":".github/workflows/ci.yml","status":"completed","created_at":"2026-11-21T11:59:00Z"}]}`
	fake.Break(ghtest.Fault{Path: "/actions/runs", Body: long})
	report, err := r.run(t)
	if n := len(fake.Dispatches()); err != nil || n != MaxDispatches {
		t.Errorf("%d started, %v", n, err)
	}
	read := 0
	for i, job := range report.due() {
		if job.Verdict.Why != schedule.Due {
			if job.Started != (i < MaxDispatches) {
				t.Errorf("job %s, number %d, started: %v", job.ID, i, job.Started)
			}
			continue
		}
		if read++; read != i+1 {
			t.Errorf("job %s, which has no confirmed run, comes after ones that were not read", job.ID)
		}
	}
	if read != 119 {
		t.Errorf("the runs of %d jobs were read, want 119", read)
	}
}

// TestRace has two rescues look at the same time, and a tick arrive meanwhile. Jobs
// may be started twice, but never not at all: a run decides for itself.
func TestRace(t *testing.T) {
	fake, r := newRescue(t, 1)
	fake.On(3, func() { // between the list of the one rescue and its dispatch
		_, _ = r.run(t)
		fake.Add(ghtest.Run{Workflow: r.Jobs[0].File, Status: "queued", Created: noon})
	})
	_, _ = r.run(t)
	if n := len(fake.Dispatches()); n != 2 {
		t.Errorf("%d runs started by two rescues, want 2", n)
	}
	_, _ = r.run(t)
	if n := len(fake.Dispatches()); n != 0 {
		t.Errorf("%d runs started while others wait", n)
	}
}

// TestRefused has GitHub refuse one of two jobs, whose workflow was disabled meanwhile:
// the other is started. GitHub was seen to answer with either status.
func TestRefused(t *testing.T) {
	for _, status := range []int{403, 422} {
		fake, r := newRescue(t, 2)
		fake.Break(ghtest.Fault{Number: 3, Status: status, Body: `{"message":"Cannot trigger a 'workflow_dispatch' on a disabled workflow"}`})
		report, err := r.run(t)
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("start job-1: create run of octo/app: %d", status)) ||
			!report.Jobs[1].Refused() || report.Due() != 2 || report.Started() != 1 {
			t.Errorf("%d: %v", status, err)
		}
		if dispatches := fake.Dispatches(); len(dispatches) != 1 || dispatches[0].File != "scheduled-job-0.yml" {
			t.Errorf("%d: started %+v", status, dispatches)
		}
	}
}

// TestMoved has GitHub redirect a dispatch, as for a renamed repository, or a proxy
// answer it with a page: the job may not have started.
func TestMoved(t *testing.T) {
	for _, status := range []int{200, 201, 301, 302, 307, 308} {
		fake, r := newRescue(t, 1)
		fake.Break(ghtest.Fault{Number: 3, Status: status, Header: map[string]string{"Location": fake.URL + "/repos/octo/app"}, Body: "<html>"})
		report, err := r.run(t)
		if err == nil || report.Started() != 0 || report.Jobs[0].Failed == nil || report.Jobs[0].Refused() != (status >= 300) {
			t.Errorf("%d: %d started, failed: %v; error %v", status, report.Started(), report.Jobs[0].Failed, err)
		}
	}
}

// TestGreenProvesNothing has jobs whose runs are green and did not execute, for whatever
// reason: each is started.
func TestGreenProvesNothing(t *testing.T) {
	fake, r := newRescue(t, 20)
	for _, job := range r.Jobs {
		fake.Add(ghtest.Run{Workflow: job.File, Created: noon.Add(-time.Minute)})
	}
	for i := range r.Jobs {
		r.Jobs[i].Schedule = schedule.New(schedule.Week, "", "job") // began on another day
	}
	report, err := r.run(t)
	if err != nil || report.Started() != 20 {
		t.Errorf("%d started, %v", report.Started(), err)
	}
}

// TestUnchecked has more jobs with a green run than one rescue may ask, none of which
// executed: those that were asked are started, the others are left to the next rescues,
// and told.
func TestUnchecked(t *testing.T) {
	fake, r := newRescue(t, 200)
	for i := range r.Jobs {
		r.Jobs[i].Schedule = schedule.New(schedule.Week, "", "job")
		fake.Add(ghtest.Run{Workflow: r.Jobs[i].File, Created: noon.Add(-time.Minute)})
	}
	started := 0
	for round := range 6 {
		fake.SetNow(noon.Add(time.Duration(round) * 15 * time.Minute))
		report, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		unchecked := report.count(string(schedule.Unchecked))
		if round == 0 && (report.Started() != 150 || unchecked != 50 || !strings.Contains(report.Sum(), "200 jobs, 0 confirmed, 50 unchecked, 150 started")) {
			t.Errorf("%s", report.Sum())
		}
		for _, job := range report.Jobs {
			if words := report.Words(job); job.State() == string(schedule.Unchecked) && words != "its green run was not checked in this round, to stay within GitHub's limit" {
				t.Error(words)
			}
		}
		started += report.Started()
	}
	if started != 200 {
		t.Errorf("%d of 200 are started after six rounds", started)
	}
}

// TestProjects has the jobs of three projects, with the same ids: they share the limits of
// one rescue. The issue of a removed job is closed if its own project writes issues.
func TestProjects(t *testing.T) {
	fake, r := newRescue(t, 300)
	jobs := r.Jobs
	r.Projects = nil
	for n := range 3 {
		project := &Project{Path: fmt.Sprintf("p%d/pyproject.toml", n), Jobs: jobs[100*n : 100*n+100], Notify: true}
		for i := range project.Jobs {
			project.Jobs[i].ID, project.Jobs[i].Tells = fmt.Sprintf("job-%d", i), schedule.Telling{On: []schedule.Event{schedule.JobFailed}, After: 1}
		}
		project.Jobs[0].Schedule = daily(t)
		fake.Add(ghtest.Run{Workflow: project.Jobs[0].File, Created: noon.Add(-time.Hour), Conclusion: "failure"})
		r.Projects = append(r.Projects, project)
	}
	report, err := r.run(t)
	if err != nil || report.Started() != MaxDispatches || len(fake.Dispatches()) != MaxDispatches || report.Left() != 300-MaxDispatches || len(report.Told) != 3 {
		t.Fatalf("%d started, %d left, told %v, %v", report.Started(), report.Left(), report.Told, err)
	}
	for _, project := range r.Projects {
		project.Jobs = project.Jobs[1:]
	}
	r.Projects[1].Notify = false
	r.Projects[2].Others = []string{"job-0"}
	report, err = r.run(t)
	if err != nil || len(report.Told) != 1 || report.Told[0].Project != "p0/pyproject.toml" || report.Told[0].Operation != github.Closed {
		t.Errorf("told %v, %v", report.Told, err)
	}
}

// TestAsked has a person ask for a time that has come: the report shows that slot.
func TestAsked(t *testing.T) {
	fake, r := newRescue(t, 1)
	slot := noon.Add(-time.Minute)
	fake.Add(ghtest.Run{Workflow: r.Jobs[0].File, Event: "workflow_dispatch", Title: "job-0: window " + slot.Format(time.RFC3339), Created: noon.Add(-72 * time.Hour)})
	report, err := r.run(t)
	shown := report.Show().Jobs[0]
	if dispatches := fake.Dispatches(); err != nil || len(dispatches) != 1 || dispatches[0].Inputs["window"] != slot.Format(time.RFC3339) {
		t.Errorf("%v, %v", dispatches, err)
	}
	if shown.Window == nil || !shown.Window.Start.Equal(slot) || !strings.Contains(report.Summary(), "| 2026-11-21 11:59 |") {
		t.Errorf("%+v\n%s", shown.Window, report.Summary())
	}
}

// TestPausing pauses more jobs than go without a wait, and has GitHub refuse it: then no
// alarm says that a job is paused.
func TestPausing(t *testing.T) {
	for _, row := range []struct {
		name          string
		faults        []ghtest.Fault
		asked, paused int
		waits         int
	}{
		{"all", nil, 14, 14, 4},
		{"no right", []ghtest.Fault{{Path: "disable", Skip: 2, Status: 403, Body: `{"message":"Resource not accessible by integration"}`}}, 3, 2, 0},
		{"few requests left", []ghtest.Fault{{Path: "disable", Skip: 2, Status: 403, Header: map[string]string{"X-RateLimit-Remaining": "0"}}}, 3, 2, 0},
	} {
		fake, r := newRescue(t, 14)
		report, err := r.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i := range report.Jobs {
			report.Jobs[i].Pausing = 3
		}
		waits := 0
		r.Wait = func(context.Context, time.Duration) { waits++ }
		fake.Break(row.faults...)
		fake.Requests()
		r.pause(t.Context(), report)
		asked, paused, halted := 0, 0, 0
		for _, request := range fake.Requests() {
			if strings.HasSuffix(request.Path, "/disable") {
				asked++
			}
		}
		for i := range report.Jobs {
			job := &report.Jobs[i]
			if job.Paused {
				paused++
			}
			if job.halted() {
				halted++
			}
		}
		if asked != row.asked || paused != row.paused || halted != row.paused || waits != row.waits {
			t.Errorf("%s: %d asked, %d paused, %d halted, %d waits", row.name, asked, paused, halted, waits)
		}
	}
}
