//go:build e2e

package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

var (
	push        = fmt.Sprintf(payload, `,"ref":"refs/heads/main"`)
	pullRequest = fmt.Sprintf(payload, `,"pull_request":{"number":1,"head":{"ref":"feature"},"base":{"ref":"main"}}`)
)

// initialised returns a checkout of the quickstart project with the workflow that
// `scheduled init` writes to keep the others up to date, and without those.
func initialised(t *testing.T, path string, kind workflow.Token) (dir string) {
	t.Helper()
	dir = checkout(t, "../../testdata/quickstart")
	in(t, dir, path, "init", "--token", string(kind), "--action", repository+"@"+pin+" # "+release)
	written, err := filepath.Glob(filepath.Join(dir, workflow.Dir, "*.yml"))
	if err != nil || len(written) != 6 {
		t.Fatalf("init wrote %q, %v", written, err)
	}
	for _, file := range written {
		if filepath.Base(file) == workflow.SyncFile {
			continue
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	commitAll(t, dir)
	return dir
}

// files returns what is in a checkout, by path.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if path == ".git" {
			return fs.SkipDir
		}
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(dir, path))
		got[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestInitPush pushes to the default branch: a pull request brings what a local
// sync would write, and the next push finds nothing to change in it.
func TestInitPush(t *testing.T) {
	path, program := build(t)
	r := newRunner(t, program)
	const appToken = clientID + "-" + privateKey + "-contents-write-pull-requests-write-workflows-write"
	for _, tt := range []struct {
		kind  workflow.Token
		token string // that GitHub takes
		steps map[string]string
	}{
		{workflow.PAT, pat, map[string]string{"Sync by pull request": "success"}},
		{workflow.App, appToken, map[string]string{"Create token": "success", "Sync by pull request": "success"}},
	} {
		t.Run(string(tt.kind), func(t *testing.T) {
			t.Parallel()
			dir := initialised(t, path, tt.kind)
			github := ghtest.New(t)
			github.SetToken(tt.token)
			github.Commit("main", files(t, dir))
			var head string
			for _, operation := range []string{"created", "none"} {
				got := r.run(t, dir, workflow.SyncFile, "push", push,
					"GITHUB_REPOSITORY="+ghtest.Repository, "GITHUB_API_URL="+github.URL)
				if diff := cmp.Diff(tt.steps, got.steps); diff != "" || got.failed {
					t.Fatalf("failed: %v; steps (-want +got):\n%s\n%s", got.failed, diff, got.log)
				}
				if got.outputs["pull-request-operation"] != operation || got.outputs["pull-request-number"] == "" {
					t.Errorf("outputs of the sync, which has to be %q: %q", operation, got.outputs)
				}
				if strings.Contains(got.log, tt.token) {
					t.Errorf("the log shows the token:\n%s", got.log)
				}
				pulls := github.Pulls()
				if len(pulls) != 1 || head != "" && head != pulls[0].HeadSHA {
					t.Fatalf("pull requests %+v, the first at %q", pulls, head)
				}
				head = pulls[0].HeadSHA
			}
			in(t, dir, path, "sync", "--action", repository+"@"+pin+" # "+release)
			if diff := cmp.Diff(files(t, dir), github.Files(head)); diff != "" {
				t.Errorf("files (-local sync +pull request):\n%s", diff)
			}
		})
	}
}

// TestInitPullRequest checks a pull request, which may be a fork's: it has no
// secret, and asks GitHub for nothing.
func TestInitPullRequest(t *testing.T) {
	path, program := build(t)
	r := newRunner(t, program)
	steps := func(check string) map[string]string {
		return map[string]string{"Checkout": "success", "Check workflow files": check}
	}
	for _, kind := range []workflow.Token{workflow.NoToken, workflow.PAT} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			dir := initialised(t, path, kind)
			github := ghtest.New(t)
			run := func() result {
				return r.run(t, dir, workflow.SyncFile, "pull_request", pullRequest,
					"GITHUB_REPOSITORY="+ghtest.Repository, "GITHUB_API_URL="+github.URL)
			}
			got := run()
			if diff := cmp.Diff(steps("failure"), got.steps); diff != "" || !got.failed {
				t.Errorf("drift: failed: %v; steps (-want +got):\n%s", got.failed, diff)
			}
			if len(got.annotations) != 5 || !strings.HasPrefix(got.annotations[0], "error pyproject.toml:6: ") {
				t.Errorf("annotations %q, want one for each job and the rescue, the first on line 6", got.annotations)
			}
			if !strings.Contains(got.log, "run `scheduled sync` and commit") {
				t.Errorf("the log does not name the command:\n%s", got.log)
			}
			in(t, dir, path, "sync", "--action", repository+"@"+pin+" # "+release)
			got = run()
			if diff := cmp.Diff(steps("success"), got.steps); diff != "" || got.failed || len(got.annotations) > 0 {
				t.Errorf("no drift: failed: %v; annotations %q; steps (-want +got):\n%s", got.failed, got.annotations, diff)
			}
			if requests := github.Requests(); len(requests) > 0 {
				t.Errorf("a check asked GitHub: %v", requests)
			}
		})
	}
}
