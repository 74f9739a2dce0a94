package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

// rescuer returns a rescue of a project of that pyproject.toml, on a fake GitHub
// that knows the workflows of its jobs.
func rescuer(t *testing.T, fake *ghtest.Server, toml string) func() (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pyproject.toml")
	if err := os.WriteFile(file, []byte(toml), 0o644); err != nil {
		t.Fatal(err)
	}
	event := filepath.Join(filepath.Dir(file), "event.json")
	if err := os.WriteFile(event, []byte(`{"repository":{"default_branch":"main"}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	return func() (string, error) {
		var out bytes.Buffer
		p := &Program{Stdout: &out, Stderr: &out, Now: time.Now, project: file, Environ: []string{
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
		err = r.run(t.Context(), false)
		return out.String(), err
	}
}

// TestRescueBounded has more jobs due than one rescue starts: each starts those
// whose window began first, says what is left, and the next goes on.
func TestRescueBounded(t *testing.T) {
	const jobs = 150
	fake := ghtest.New(t)
	fake.SetNow(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	var toml strings.Builder
	for i := range jobs {
		fmt.Fprintf(&toml, "[tool.scheduled.job-%d]\nevery = %q\nentrypoint = \"app:run\"\n", i, []string{"day", "week"}[i%2])
	}
	rescue := rescuer(t, fake, toml.String())
	var last string // the latest window served
	for _, want := range []struct {
		started, requests int
		said              string
	}{
		{60, 63, "150 jobs, 0 confirmed, 60 started, 90 due and not started\n"},
		{60, 63, "150 jobs, 0 confirmed, 60 started, 30 due and not started\n"},
		{30, 34, "150 jobs, 0 confirmed, 30 started\n"},
		{0, 4, "150 jobs, 0 confirmed, 0 started\n"},
	} {
		out, err := rescue()
		dispatches := fake.Dispatches()
		if requests := len(fake.Requests()); err != nil || len(dispatches) != want.started || requests != want.requests || !strings.HasSuffix(out, want.said) {
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

// TestRescueRace has two rescues look at the same time, and a tick arrive
// meanwhile. Jobs may be started twice, never not at all: what is started looks for
// itself.
func TestRescueRace(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	rescue := rescuer(t, fake, "[tool.scheduled.a]\nevery = \"day\"\nentrypoint = \"app:run\"\n")
	fake.On(3, func() { // between the list of the one rescue and its dispatch
		rescue()
		fake.Add(ghtest.Run{Workflow: "scheduled-a.yml", Status: "queued", Created: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)})
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
	fake.SetNow(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
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
