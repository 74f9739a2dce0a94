//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// TestFirst goes the way that `scheduled init` shows, from each beginning, by the very
// commands that it names, to a run that is green. A bare repository stands in for the one
// that `gh repo create` makes.
func TestFirst(t *testing.T) {
	path, program := build(t)
	r := newRunner(t, program)
	for _, tt := range []struct {
		name, job string
		files     map[string]string
	}{
		{"an empty folder", "list-todos", nil},
		{"a project without jobs", "list-todos", map[string]string{
			"pyproject.toml": "[project]\nname = \"acme\"\nversion = \"1.0\"\n", "acme/__init__.py": "# FIXME: begin\n", "README.md": "# Acme\n",
		}},
		{"a repository with a scheduled workflow", "scrape", map[string]string{
			"scrape.py": "print('scraped')\n",
			".github/workflows/scrape.yml": "on:\n  schedule:\n    - cron: \"0 6 * * *\"\njobs:\n  scrape:\n    runs-on: ubuntu-latest\n" +
				"    steps:\n      - uses: actions/checkout@v4\n      - run: python scrape.py\n",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := walk{t: t, dir: filepath.Join(t.TempDir(), "nightly"), program: path}
			for name, content := range tt.files {
				write(t, filepath.Join(w.dir, name), []byte(content))
			}
			if err := os.MkdirAll(w.dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if tt.job == "scrape" {
				in(t, w.dir, "git", "init", "--quiet", "--initial-branch=main")
				commitAll(t, w.dir)
			}
			began := time.Now()
			steps := w.init("--yes", "--action", repository+"@"+pin+" # "+release)
			for len(steps) > 0 && steps[0].Name != "start" && w.commands < 10 {
				w.take(steps[0])
				steps = w.init()
			}
			t.Logf("%d commands and %v to pushed files", w.commands, time.Since(began).Round(time.Millisecond))
			if w.commands > 6 {
				t.Errorf("%d commands, want at most 6", w.commands)
			}
			if len(steps) != 2 || steps[0].Do != "scheduled trigger "+tt.job+" --wait" {
				t.Errorf("left at the end: %+v", steps)
			}
			clone := t.TempDir()
			in(t, clone, "git", "clone", "--quiet", w.dir+".git", ".")
			in(t, clone, path, "sync", "--check")
			github := ghtest.New(t)
			github.SetNow(now)
			github.SetToken(token)
			file := "scheduled-" + tt.job + ".yml"
			got := r.run(t, clone, file, "workflow_dispatch", byHand,
				"GITHUB_REPOSITORY="+ghtest.Repository, "GITHUB_API_URL="+github.URL,
				"GITHUB_WORKFLOW_REF="+ghtest.Repository+"/.github/workflows/"+file+"@refs/heads/main")
			if got.failed || got.steps["Run entrypoint"] != "success" {
				t.Errorf("failed: %v, steps %q\n%s", got.failed, got.steps, got.log)
			}
			got = r.run(t, clone, workflow.SyncFile, "pull_request", pullRequest,
				"GITHUB_REPOSITORY="+ghtest.Repository, "GITHUB_API_URL="+github.URL)
			if got.failed {
				t.Errorf("the check of the files failed: %q\n%s", got.steps, got.log)
			}
		})
	}
}

// step is a step of `scheduled init --json`.
type step struct {
	Name, Do string
	Done     bool
}

// walk is somebody who does what init says, in a folder.
type walk struct {
	t            *testing.T
	dir, program string
	commands     int // so far
}

// init runs the program, and returns the steps that are left.
func (w *walk) init(args ...string) []step {
	if len(args) > 0 {
		w.commands++
	}
	var result struct{ Steps []step }
	if err := json.Unmarshal(output(w.t, w.dir, w.program, append([]string{"init", "--json"}, args...)...), &result); err != nil {
		w.t.Fatal(err)
	}
	return slices.DeleteFunc(result.Steps, func(s step) bool { return s.Done })
}

// take takes a step.
func (w *walk) take(s step) {
	w.commands++
	do := strings.Replace(s.Do, "scheduled ", w.program+" ", 1)
	if strings.HasPrefix(do, "gh repo create ") {
		do = "git init --quiet --bare --initial-branch=main '" + w.dir + ".git' && git remote add origin '" + w.dir + ".git' && git push --quiet --set-upstream origin main"
	}
	cmd := exec.Command("sh", "-euc", do)
	cmd.Dir = w.dir
	cmd.Env = append(env(w.t), "GIT_AUTHOR_NAME=e2e", "GIT_AUTHOR_EMAIL=e2e@example.com", "GIT_COMMITTER_NAME=e2e", "GIT_COMMITTER_EMAIL=e2e@example.com")
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("step %s: %s: %v\n%s", s.Name, s.Do, err, out)
	}
}
