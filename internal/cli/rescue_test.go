package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// newRescue returns a rescue of a project of that pyproject.toml, on a fake GitHub
// that knows the workflows of its jobs, and what it prints.
func newRescue(t *testing.T, fake *ghtest.Server, toml string) (*rescue, *bytes.Buffer) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pyproject.toml")
	if err := os.WriteFile(file, []byte(toml), 0o644); err != nil {
		t.Fatal(err)
	}
	event := filepath.Join(filepath.Dir(file), "event.json")
	if err := os.WriteFile(event, []byte(`{"repository":{"default_branch":"main"}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	out := &bytes.Buffer{}
	p := &Program{Stdout: out, Stderr: out, Now: time.Now, project: file, Environ: []string{
		"GITHUB_REPOSITORY=" + ghtest.Repository, "GITHUB_API_URL=" + fake.URL, "GITHUB_TOKEN=s3cret-t0ken", "GITHUB_EVENT_PATH=" + event,
	}}
	project, err := p.openHosted()
	if err != nil {
		t.Fatal(err)
	}
	for _, job := range project.Jobs {
		fake.Register(ghtest.Registered{File: job.File()})
	}
	r := &rescue{Program: p, project: project}
	if err := r.begin(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	return r, out
}

// rescuer returns what runs one rescue after another.
func rescuer(t *testing.T, fake *ghtest.Server, toml string) func() (string, error) {
	return func() (string, error) {
		r, out := newRescue(t, fake, toml)
		err := r.run(t.Context(), false)
		return out.String(), err
	}
}

// manyJobs returns a pyproject.toml of n jobs that are due every day or every week.
func manyJobs(n int) string {
	var toml strings.Builder
	for i := range n {
		fmt.Fprintf(&toml, "[tool.scheduled.job-%d]\nevery = %q\nentrypoint = \"app:run\"\n", i, []string{"day", "week"}[i%2])
	}
	return toml.String()
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// TestRescueBounded has more jobs due than one rescue starts: each starts those
// whose window began first, says what is left, and the next goes on.
func TestRescueBounded(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	rescue := rescuer(t, fake, manyJobs(600))
	var last string // the latest window served
	for _, want := range []struct {
		started, requests int
		said              string
	}{
		{240, 247, "warning: 360 due jobs left to the next rescue: one rescue starts 240\n"},
		{240, 249, "600 jobs, 0 confirmed, 240 started, 120 due and not started\n"},
		{120, 131, "600 jobs, 0 confirmed, 120 started\n"},
		{0, 12, "600 jobs, 0 confirmed, 0 started\n"},
	} {
		out, err := rescue()
		dispatches := fake.Dispatches()
		if requests := len(fake.Requests()); err != nil || len(dispatches) != want.started || requests != want.requests || !strings.Contains(out, want.said) {
			t.Errorf("%d started, %d requests, %v; want %+v, got\n%s", len(dispatches), requests, err, want, out[max(0, len(out)-200):])
		}
		for _, d := range dispatches {
			if d.Inputs["window"] < last {
				t.Errorf("window %s is served after %s", d.Inputs["window"], last)
			}
			last = d.Inputs["window"]
		}
	}
}

// TestRescueOfAThousand counts the requests of one rescue.
func TestRescueOfAThousand(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	out, err := rescuer(t, fake, manyJobs(1000))()
	started, requests := len(fake.Dispatches()), len(fake.Requests())
	if err != nil || started != maxDispatches || requests != 10+1+maxDispatches {
		t.Errorf("%d started, %d requests, %v\n%s", started, requests, err, out[max(0, len(out)-200):])
	}
}

// TestRescueLeavesRequests has a rate limit that is nearly used up. A job that is
// started takes three requests.
func TestRescueLeavesRequests(t *testing.T) {
	for _, row := range []struct{ remaining, started int }{{99, 0}, {100, 1}, {101, 1}, {102, 2}, {103, 2}, {119, 10}, {1000, 20}, {-1, 20}} {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		header := map[string]string{"X-RateLimit-Remaining": fmt.Sprint(row.remaining)}
		if row.remaining < 0 {
			header["X-RateLimit-Remaining"] = ""
		}
		fake.Break(ghtest.Fault{Header: header})
		r, out := newRescue(t, fake, manyJobs(20))
		if err := r.run(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		if n := len(fake.Dispatches()); n != row.started || r.left() != 20-n || !strings.Contains(out.String(), fmt.Sprintf(`"left": %d,`, 20-n)) {
			t.Errorf("%d requests remain: %d started, %d left\n%s", row.remaining, n, r.left(), out)
		}
		if warned := strings.Contains(out.String(), fmt.Sprintf("GitHub's rate limit has %d requests left", row.remaining)); warned != (row.started < 20) {
			t.Errorf("%d requests remain: warned %v\n%s", row.remaining, warned, out)
		}
	}
}

// TestRescuePauses has more jobs due than are started in one go: it waits before the
// next one.
func TestRescuePauses(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	r, _ := newRescue(t, fake, manyJobs(100))
	r.pause = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	started := 0
	done := make(chan error)
	go func() { done <- r.run(ctx, false) }()
	for started < unpaced {
		started += len(fake.Dispatches())
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if started += len(fake.Dispatches()); started != unpaced {
		t.Errorf("%d started without a pause", started)
	}
}

// TestRescueTrouble has GitHub fail to answer dispatches, the n-th of all. The
// others are started, and the error names those that may not be.
func TestRescueTrouble(t *testing.T) {
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
		fake := ghtest.New(t)
		fake.SetNow(noon)
		r, out := newRescue(t, fake, manyJobs(14))
		for n, fault := range row.faults {
			fault.Number = 2 + n // after the lists of workflows and runs
			fake.Break(fault)
		}
		err := r.run(t.Context(), false)
		named := 0
		if err != nil {
			named = strings.Count(err.Error(), "start job-")
		}
		if started := len(fake.Dispatches()); started != row.started || named != row.failed || r.left() != row.left || (err != nil) != (row.faults != nil) {
			t.Errorf("%s: %d started, %d named, %d left; want %d, %d, %d\n%s\n%v", row.name, started, named, r.left(), row.started, row.failed, row.left, out, err)
		}
	}
}

// inRow has so many dispatches fail, from the n-th on.
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

// TestRescueRefusedMany has GitHub refuse more jobs than one rescue starts, of
// windows that began first. They do not keep the others from being started.
func TestRescueRefusedMany(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	refuse := func(n, lists int) { // of workflows, and of runs
		for i := range n {
			fake.Break(ghtest.Fault{Number: lists + 1 + i, Status: 422, Body: `{"message":"no"}`})
		}
	}
	refuse(maxRefused-1, 6+1)
	r, _ := newRescue(t, fake, manyJobs(600))
	err := r.run(t.Context(), false)
	if n := len(fake.Dispatches()); err == nil || n != maxDispatches || r.left() != 600-maxDispatches-(maxRefused-1) {
		t.Errorf("%d started, %d left, %v", n, r.left(), err)
	}
	refuse(2*maxRefused, 6+3)
	r, out := newRescue(t, fake, manyJobs(600))
	_ = r.run(t.Context(), false)
	if n := len(fake.Dispatches()); n != 0 || r.left() != 600-maxDispatches-maxRefused || !strings.Contains(out.String(), "GitHub refused to start 120") {
		t.Errorf("%d started, %d left\n%s", n, r.left(), out)
	}
}

// TestRescueUnread has a list of runs that is too long to be read to the windows'
// starts. Jobs of which it says nothing are started, after the others.
func TestRescueUnread(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	long := `{"total_count":1000000,"workflow_runs":[{"id":1,"path":".github/workflows/ci.yml","status":"completed","created_at":"2026-11-21T11:59:00Z"}]}`
	fake.Break(ghtest.Fault{Path: "/actions/runs", Body: long})
	r, out := newRescue(t, fake, manyJobs(300))
	if err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if n := len(fake.Dispatches()); n != maxDispatches || !strings.Contains(out.String(), "UTC  started: its history was not read\n") || !strings.Contains(out.String(), "UTC  its history was not read: left to the next rescue\n") {
		t.Errorf("%d started\n%s", n, out)
	}
	asked := 0
	for i, job := range r.due() {
		if job.verdict.Why != schedule.Due {
			continue
		}
		if asked++; asked != i+1 {
			t.Errorf("job %s, whose window nobody confirmed, comes after ones that were not read", job.job.ID)
		}
	}
	if asked != 119 {
		t.Errorf("%d jobs were asked for, want 119", asked)
	}
}

// TestRescueRace has two rescues look at the same time, and a tick arrive
// meanwhile. Jobs may be started twice, never not at all: what is started looks for
// itself.
func TestRescueRace(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	rescue := rescuer(t, fake, "[tool.scheduled.a]\nevery = \"day\"\nentrypoint = \"app:run\"\n")
	fake.On(3, func() { // between the list of the one rescue and its dispatch
		rescue()
		fake.Add(ghtest.Run{Workflow: "scheduled-a.yml", Status: "queued", Created: noon})
	})
	rescue()
	if n := len(fake.Dispatches()); n != 2 {
		t.Errorf("%d runs started by two rescues, want 2", n)
	}
	rescue()
	if n := len(fake.Dispatches()); n != 0 {
		t.Errorf("%d runs started while others wait", n)
	}
}

// TestRescueRefused has GitHub refuse one of several jobs: the others are started.
func TestRescueRefused(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	rescue := rescuer(t, fake, "[tool.scheduled.a]\nevery = \"day\"\nentrypoint = \"app:run\"\n[tool.scheduled.b]\nevery = \"day\"\nentrypoint = \"app:run\"\n")
	fake.On(3, func() { fake.Register(ghtest.Registered{File: "scheduled-a.yml", State: "disabled_manually"}) })
	out, err := rescue()
	if err == nil || !strings.Contains(err.Error(), "start a: create run of octo/app: 422") || !strings.HasSuffix(out, "2 jobs, 0 confirmed, 1 started, 1 due and not started\n") {
		t.Errorf("%v\n%s", err, out)
	}
	if dispatches := fake.Dispatches(); len(dispatches) != 1 || dispatches[0].File != "scheduled-b.yml" {
		t.Errorf("started %+v", dispatches)
	}
}
