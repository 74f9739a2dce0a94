package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// delivering is a workspace, the repository on GitHub that it is of, and a request.
func delivering(t *testing.T, project, commit string) (*workspace, *ghtest.Server, Request) {
	t.Helper()
	w, server := newWorkspace(t, newUpstream(t, start)), ghtest.New(t)
	server.Commit("main", start)
	client, err := github.New(github.Config{APIURL: server.URL, ServerURL: "https://github.com", Repository: ghtest.Repository, Token: "s3cret-t0ken", Log: new(bytes.Buffer)})
	if err != nil {
		t.Fatal(err)
	}
	content := "[tool.scheduled.scrape]\nevery = \"day\"\nentrypoint = \"a:b\"\n[tool.scheduled-actions.jobs.scrape]\ncommit = " + commit + "\n"
	loaded, err := pyproject.Load(fstest.MapFS{project: {Data: []byte(content)}}, project, project)
	if err != nil || len(loaded.Jobs) != 1 {
		t.Fatalf("%v, %v", err, loaded.Problems())
	}
	return w, server, Request{
		Client: client, Checkout: Checkout{Root: w.root, Git: w.git, Environ: w.environ}, Job: loaded.Jobs[0], Project: project,
		Ref: "refs/heads/main", Default: "main", Slot: time.Date(2026, 11, 21, 10, 37, 0, 0, time.UTC), Say: func(s string) { t.Log(s) },
	}
}

// TestDeliver brings files of all kinds to GitHub, as they are.
func TestDeliver(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links and executable bits")
	}
	for _, row := range []struct{ commit, branch, message string }{
		{`["."]`, "main", "scrape: results for 2026-11-21 10:37 UTC"},
		{`{ paths = ["."], branch = "results", message = "Über\n\nbody" }`, "results", "Über\n\nbody"},
		{`{ paths = ["."], pull-request = true }`, "scheduled/scrape", "scrape: results\n"},
	} {
		w, server, request := delivering(t, "pyproject.toml", row.commit)
		w.write("data/ü \".bin", "\x00\xff\r\n")
		w.write("data/a.csv", "a\r\nb\r\n")
		w.write("data/latin1.txt", "gr\xfc\xdfe\n")
		w.write("empty", "")
		w.write("large.txt", strings.Repeat("0123456789abcde\n", 100_000))
		w.remove("data/deep")
		w.link("data/a.csv", "latest")
		if err := os.Chmod(w.path("src/app.py"), 0o755); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for name, content := range start {
			want[name] = content
		}
		delete(want, "data/deep/c.csv")
		for name, content := range map[string]string{
			"data/ü \".bin": "\x00\xff\r\n", "data/a.csv": "a\r\nb\r\n", "data/latin1.txt": "gr\xfc\xdfe\n", "empty": "",
			"large.txt": strings.Repeat("0123456789abcde\n", 100_000), "latest": ghtest.Link("data/a.csv"), "src/app.py": ghtest.Exec("pass\n"),
		} {
			want[name] = content
		}
		result, err := Deliver(context.Background(), request)
		if err != nil || result.Branch != row.branch || len(result.Changed) != 8 {
			t.Fatalf("%s: %v, %+v", row.commit, err, result)
		}
		if diff := cmp.Diff(want, server.Files(row.branch)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.commit, diff)
		}
		if got := server.GitCommit(server.Head(row.branch)).Message; !strings.HasPrefix(got, row.message) {
			t.Errorf("%s: message %q", row.commit, got)
		}
	}
}

// TestFolder has a project in a folder, whose paths are relative to it.
func TestFolder(t *testing.T) {
	w, server, request := delivering(t, "services/billing/pyproject.toml", `{ paths = ["out", "../../data"], pull-request = true }`)
	w.write("services/billing/out/x", "x")
	w.write("data/a.csv", "x")
	w.write("other", "x")
	result, err := Deliver(context.Background(), request)
	if err != nil || !strings.HasPrefix(result.Branch, "scheduled/services-billing-") || !strings.HasSuffix(result.Branch, "-scrape") {
		t.Fatalf("%v, %+v", err, result)
	}
	if diff := cmp.Diff([]string{"data/a.csv", "services/billing/out/x"}, result.Changed); diff != "" {
		t.Error(diff)
	}
	if files := server.Files(result.Branch); files["services/billing/out/x"] != "x" || files["other"] != "" {
		t.Errorf("files %q", files)
	}
}

// TestPullRequests counts what a pull request costs if the branch has moved since the
// checkout.
func TestPullRequests(t *testing.T) {
	w, server, request := delivering(t, "pyproject.toml", `{ paths = ["data"], pull-request = true }`)
	for i, row := range []struct {
		write     string
		operation github.Operation
		most      int
	}{
		{"\xff1", github.Created, 7},
		{"\xff1", github.None, 4},
		{"\xff2", github.Updated, 8},
	} {
		server.Requests()
		const files = 5
		for n := range files {
			w.write(fmt.Sprintf("data/%d.bin", n), fmt.Sprint(row.write, n))
		}
		result, err := Deliver(context.Background(), request)
		asked := server.Requests()
		if err != nil || result.Pull.Operation != row.operation || len(asked) > row.most+files {
			t.Errorf("%d: %v, %+v, %d requests: %v", i, err, result.Pull, len(asked), asked)
		}
	}
}

// TestBranch has branches that no pull request can have, and one that it can.
func TestBranch(t *testing.T) {
	for branch, want := range map[string]string{"dev": "is the base of the pull request", "main": "is the default branch", "other": ""} {
		w, server, request := delivering(t, "pyproject.toml", `{ paths = ["data"], pull-request = true, branch = "`+branch+`" }`)
		server.Commit("dev", start)
		request.Ref = "refs/heads/dev"
		w.write("data/a.csv", "x")
		_, err := Deliver(context.Background(), request)
		if _, invalid := errors.AsType[*Invalid](err); want == "" && err != nil || want != "" && (!invalid || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", branch, err)
		}
	}
}

// TestSecret has GitHub find a secret in a file, wherever that is sent.
func TestSecret(t *testing.T) {
	for content, path := range map[string]string{"a": "/git/trees", "\xff": "/git/blobs"} {
		w, server, request := delivering(t, "pyproject.toml", `["data"]`)
		server.Break(ghtest.Fault{Path: path, Skip: map[string]int{"/git/trees": 1}[path], Status: 409, Body: `{"message":"Secret detected in content"}`})
		w.write("data/a.csv", content)
		result, err := Deliver(context.Background(), request)
		if err == nil || !strings.Contains(problem.Hint(err), "push protection") || !strings.Contains(result.Summary, "diff --git") {
			t.Errorf("%s: %v, %s", path, err, problem.Hint(err))
		}
	}
}

// TestOddBranch has branches that would be others in a URL.
func TestOddBranch(t *testing.T) {
	for i, branch := range []string{"x%20y", "100%", "a=b,c!(d)", "x#y", "+a@b", "🚀/ü"} {
		for _, pull := range []string{"false", "true"} {
			t.Run(fmt.Sprint(i, pull), func(t *testing.T) {
				t.Parallel()
				w, server, request := delivering(t, "pyproject.toml", `{ paths = ["data"], pull-request = `+pull+`, branch = "`+branch+`" }`)
				for _, content := range []string{"first", "second"} {
					w.write("data/a.csv", content)
					if _, err := Deliver(t.Context(), request); err != nil {
						t.Fatal(err)
					}
					if branches := server.Branches(); len(branches) != 2 || server.Files(branch)["data/a.csv"] != content {
						t.Errorf("%q", branches)
					}
				}
				if pull == "false" {
					return
				}
				w.write("data/a.csv", start["data/a.csv"])
				if _, err := Deliver(t.Context(), request); err != nil {
					t.Fatal(err)
				}
				if branches := server.Branches(); len(branches) != 1 {
					t.Errorf("%q", branches)
				}
			})
		}
	}
}

// TestKept keeps in the summary, as a patch, what could not be delivered.
func TestKept(t *testing.T) {
	for name, row := range map[string]struct {
		prepare func(*workspace, *ghtest.Server, *Request)
		patch   bool
	}{
		"no right": {func(_ *workspace, s *ghtest.Server, _ *Request) { s.SetRights(ghtest.Rights{ReadOnly: true}) }, true},
		"no token": {func(_ *workspace, _ *ghtest.Server, r *Request) { r.Client = nil }, true},
		"too large": {func(w *workspace, s *ghtest.Server, _ *Request) {
			s.SetRights(ghtest.Rights{ReadOnly: true})
			w.write("data/a.csv", strings.Repeat("`````\n", 300_000))
		}, false},
	} {
		w, server, request := delivering(t, "pyproject.toml", `["data"]`)
		w.write("data/a.csv", "```\n</details>\n")
		row.prepare(w, server, &request)
		result, err := Deliver(context.Background(), request)
		_, denied := errors.AsType[*github.Denied](err)
		if !denied && !errors.Is(err, ErrNoToken) {
			t.Errorf("%s: %v", name, err)
		}
		if got := strings.Contains(result.Summary, "diff --git a/data/a.csv b/data/a.csv"); got != row.patch || len(result.Summary) > 1<<20 || strings.Contains(result.Summary, "s3cret") {
			t.Errorf("%s: summary of %d bytes: %.500s", name, len(result.Summary), result.Summary)
		}
		if row.patch && !strings.Contains(result.Summary, "\n````diff\n") {
			t.Errorf("%s: the patch can end its block: %s", name, result.Summary)
		}
	}
}
