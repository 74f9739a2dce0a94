package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/cli"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

// hundred is a project of a hundred jobs; the first one has that cadence.
func hundred(every string) string {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "[tool.scheduled.job-%d]\nevery = %q\nentrypoint = \"app.jobs:run\"\n", i, every)
		every = "day"
	}
	return b.String()
}

// TestRequests checks what a sync of a hundred jobs costs: at most 12 requests and
// one a changed file.
func TestRequests(t *testing.T) {
	fake := ghtest.New(t)
	sync := func(changed int, operation string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		program := cli.Program{
			Args:    []string{"sync", "--pull-request"},
			Environ: []string{"GITHUB_API_URL=" + fake.URL, "GITHUB_REPOSITORY=" + ghtest.Repository, "GITHUB_TOKEN=x"},
			Stdout:  &stdout, Stderr: &stderr, Now: time.Now,
		}
		fake.Requests()
		if code := program.Main(); code != 0 {
			t.Fatalf("exit code %d\n%s", code, &stderr)
		}
		requests := fake.Requests()
		if len(requests) > 12+changed || !strings.Contains(stdout.String(), operation) {
			t.Errorf("%d changed files: %d requests: %v\n%s", changed, len(requests), requests, &stdout)
		}
		t.Logf("%d changed files: %d requests", changed, len(requests))
	}
	files := map[string]string{"pyproject.toml": hundred("day"), ".github/workflows/scheduled-sync.yml": "on: push\n"}
	for i := range 30 {
		files[fmt.Sprintf(".github/workflows/ci-%d.yml", i)] = fmt.Sprintf("on: push # %d\n", i)
	}
	fake.Commit("main", files)
	sync(100, "#1 created")
	sync(100, "#1 left as it is")
	fake.Merge(1)
	sync(0, "no pull request")
	fake.Commit("main", map[string]string{"pyproject.toml": hundred("week")})
	sync(1, "#2 created")
	fake.Commit("main", map[string]string{"pyproject.toml": hundred("month")})
	sync(1, "#2 updated")
	fake.Commit("main", map[string]string{"pyproject.toml": hundred("day")})
	sync(0, "#2 closed")

	// A bot brings all files a newer action.
	bumped := map[string]string{}
	for name, content := range fake.Files("main") {
		if strings.HasPrefix(name, ".github/workflows/scheduled-job-") {
			was, now, _ := strings.Cut(content, "actions/checkout@")
			bumped[name] = was + "actions/checkout@" + strings.Repeat("0123456789", 4) + " # v99.0.0" + now[strings.Index(now, "\n"):]
		}
	}
	fake.Commit("main", bumped)
	sync(0, "no pull request")
	fake.Commit("main", map[string]string{"pyproject.toml": hundred("week")})
	sync(1, "#3 created")
}

// TestManyProjects has 200 projects, each with a job: the runs of all are listed once.
func TestManyProjects(t *testing.T) {
	fake := ghtest.New(t)
	dir := t.TempDir()
	for i := range 200 {
		folder := fmt.Sprintf("%s/services/s%03d", dir, i)
		job := fmt.Sprintf("[project]\nname = \"s%d\"\n[tool.scheduled-actions]\nworkflow-prefix = \"s%[1]d-\"\n[tool.scheduled.job]\nevery = \"day\"\nentrypoint = \"app.jobs:run\"\n", i)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(folder+"/pyproject.toml", []byte(job), 0o644); err != nil {
			t.Fatal(err)
		}
		fake.Register(ghtest.Registered{File: fmt.Sprintf("s%d-job.yml", i)})
	}
	for _, row := range []struct {
		args     []string
		jobs     string // a line of each in the output
		requests int
	}{
		{[]string{"status", "--json"}, `"project": `, 4},
		{[]string{"rescue", "--dry-run", "--json"}, `"state": "due"`, 4},
	} {
		var stdout, stderr bytes.Buffer
		program := cli.Program{
			Args:    append(row.args, "--all-projects", "--project", dir),
			Environ: []string{"GITHUB_API_URL=" + fake.URL, "GITHUB_REPOSITORY=" + ghtest.Repository, "GITHUB_TOKEN=x", "PATH=" + os.Getenv("PATH")},
			Stdout:  &stdout, Stderr: &stderr, Now: time.Now,
		}
		code := program.Main()
		if jobs, requests := strings.Count(stdout.String(), row.jobs), len(fake.Requests()); code != 0 || jobs != 200 || requests != row.requests {
			t.Errorf("%v: exit code %d, %d jobs, %d requests\n%s", row.args, code, jobs, requests, &stderr)
		}
	}
}
