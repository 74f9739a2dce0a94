//go:build e2e

package e2e

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

// TestPages runs the generated workflow that publishes the page: what it uploads is the page,
// its data and the badges. The next run has the earlier page, and so knows a window whose run
// GitHub has deleted. A project with errors makes the run fail, and yet the page of the others
// is published.
func TestPages(t *testing.T) {
	dir := checkout(t, "../../testdata/projects/pages")
	scheduled, program := build(t)
	in(t, dir, scheduled, "sync", "--action", repository+"@"+pin+" # "+release)
	github := ghtest.New(t)
	github.SetToken(token)
	github.SetNow(now)
	const file = "scheduled-report.yml"
	github.Register(ghtest.Registered{File: file})
	yesterday := now.Add(-24 * time.Hour)
	ran := ghtest.Run{Workflow: file, Job: "report", Created: yesterday, Started: yesterday.Add(time.Minute)}
	run := github.Add(ran)
	r := newRunner(t, program)
	r.env = []string{"E2E_CACHE=" + t.TempDir()}
	steps := map[string]string{"Checkout": "success", "Recall earlier page": "success", "Write page": "success",
		"Remember page": "success", "Upload page": "success", "Deploy page": "success"}
	publish := func() map[string]string {
		t.Helper()
		r := r.withArtifacts(t)
		got := r.run(t, dir, "scheduled-pages.yml", "workflow_dispatch", `{"repository":{"default_branch":"main"}}`,
			"GITHUB_REPOSITORY="+ghtest.Repository, "GITHUB_API_URL="+github.URL)
		if diff := cmp.Diff(steps, got.steps); diff != "" || got.failed != (steps["Write page"] == "failure") {
			t.Errorf("failed: %v; steps (-want +got):\n%s\n%s", got.failed, diff, got.log)
		}
		return untar(t, r.uploaded(t)["github-pages/artifact.tar"])
	}
	for i, change := range []func(){
		func() {},
		func() { github.Remove(run) },
		func() {
			project := filepath.Join(dir, "pyproject.toml")
			content, err := os.ReadFile(project)
			if err != nil {
				t.Fatal(err)
			}
			write(t, project, []byte(strings.Replace(string(content), "pages = true", `pages = "all-projects"`, 1)))
			write(t, filepath.Join(dir, "broken/pyproject.toml"), []byte("[tool.scheduled.x]\nevery = [\n"))
			in(t, dir, scheduled, "sync", "--action", repository+"@"+pin+" # "+release)
			commitAll(t, dir)
			github.Add(ran) // the page of all projects is another one, and remembers nothing
			steps["Write page"] = "failure"
		},
	} {
		change()
		files := publish()
		names := slices.Sorted(func(yield func(string) bool) {
			for name := range files {
				if !yield(name) {
					return
				}
			}
		})
		want := []string{"badges/all.json", "badges/all.svg", "badges/report.json", "badges/report.svg", "data.json", "index.html"}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Fatalf("publication %d (-want +got):\n%s", i+1, diff)
		}
		var data struct {
			Jobs []struct {
				Windows []struct{ State string }
			}
		}
		if err := json.Unmarshal([]byte(files["data.json"]), &data); err != nil || len(data.Jobs) != 1 {
			t.Fatalf("publication %d: %v\n%s", i+1, err, files["data.json"])
		}
		if !slices.ContainsFunc(data.Jobs[0].Windows, func(w struct{ State string }) bool { return w.State == "confirmed" || w.State == "late" }) {
			t.Errorf("publication %d has no confirmed window:\n%s", i+1, files["data.json"])
		}
		if !strings.Contains(files["index.html"], "<tr data-job=") {
			t.Errorf("publication %d: no row of a job:\n%s", i+1, files["index.html"])
		}
	}
}

// untar returns the content of the files in an archive by their paths.
func untar(t *testing.T, archive string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for reader := tar.NewReader(strings.NewReader(archive)); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag == tar.TypeReg {
			content, err := io.ReadAll(reader)
			if err != nil {
				t.Fatal(err)
			}
			files[path.Clean(header.Name)] = string(content)
		}
	}
}
