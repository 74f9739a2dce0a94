//go:build e2e

package e2e

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image/png"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

// moved returns a checkout of a project in testdata/moving with its workflows, after these
// changes, and the name of its job's workflow file.
func moved(t *testing.T, program, project, job string, changes ...edit) (dir, file string) {
	t.Helper()
	dir = checkout(t, "../../testdata/moving/"+project)
	for _, change := range changes {
		change.apply(t, dir)
	}
	in(t, dir, program, "sync", "--action", repository+"@"+pin+" # "+release)
	commitAll(t, dir)
	return dir, "scheduled-" + job + ".yml"
}

// site is a server that tells a job what it asks for, and keeps what the job tells it.
type site struct {
	*httptest.Server
	lock sync.Mutex
	told []string // each as "POST /path body"
}

// newSite returns a site whose pages are answered by their paths. What is posted, or asked of
// a page below /check, is kept.
func newSite(t *testing.T, pages map[string]func(*http.Request) string) *site {
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if r.Method == http.MethodPost || strings.HasPrefix(r.URL.Path, "/check") {
			s.lock.Lock()
			defer s.lock.Unlock()
			s.told = append(s.told, fmt.Sprintf("%s %s %s", r.Method, r.URL.Path, body))
			return
		}
		page := pages[r.URL.Path]
		if page == nil {
			http.NotFound(w, r)
			return
		}
		io.WriteString(w, page(r))
	}))
	t.Cleanup(s.Close)
	return s
}

// hears returns what the site was told since the last call.
func (s *site) hears() (told []string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	told, s.told = s.told, nil
	return told
}

// always answers with the same text.
func always(text string) func(*http.Request) string {
	return func(*http.Request) string { return text }
}

// TestScraper moves a job that commits what it has fetched: on top of what others pushed
// meanwhile, and nothing when nothing is new.
func TestScraper(t *testing.T) {
	t.Parallel()
	github := ghtest.New(t)
	github.SetNow(now)
	github.SetToken(token)
	var theirs string // what somebody else pushes while the job runs
	site := newSite(t, map[string]func(*http.Request) string{"/readings": func(*http.Request) string {
		if theirs == "" {
			theirs = github.Commit("main", map[string]string{"README.md": "Air\n"})
		}
		return `[{"station": "mitte", "time": "2026-11-21T06:00", "pm10": 21}, {"station": "nord", "time": "2026-11-21T06:00", "pm10": 9}]`
	}})
	program, script := build(t)
	dir, file := moved(t, program, "scraper", "scrape", edit{"scrape.py", "https://air.example.com", site.URL})
	r := newRunner(t, script).withTools(t)
	want := files(t, dir)
	github.Commit("main", want)

	want["README.md"] = "Air\n"
	want["data/mitte.csv"] += "2026-11-21T06:00,21\n"
	want["data/nord.csv"] = "time,pm10\n2026-11-21T06:00,9\n"
	got := r.tickAt(t, github, dir, file)
	const steps = "Check window, Checkout, Deliver: commit, Install dependencies, Run entrypoint, Set up Python"
	if succeeded(got) != steps || got.failed {
		t.Fatalf("failed: %v, succeeded: %s\n%s", got.failed, succeeded(got), got.log)
	}
	if diff := cmp.Diff(want, github.Files("main")); diff != "" {
		t.Errorf("branch main (-want +got):\n%s", diff)
	}
	ours := github.Head("main")
	commit := github.GitCommit(ours)
	if !slices.Equal(commit.Parents, []string{theirs}) || !strings.HasPrefix(commit.Message, "Update air quality data") || !commit.Signed {
		t.Errorf("commit %+v, on top of %s", commit, theirs)
	}

	for name, content := range github.Files("main") {
		write(t, filepath.Join(dir, name), []byte(content))
	}
	commitAll(t, dir)
	got = r.tickAt(t, github, dir, file)
	if succeeded(got) != steps || github.Head("main") != ours || !strings.Contains(got.log, "nothing changed") {
		t.Errorf("nothing new: commits %q after %s, succeeded: %s\n%s", github.Log("main"), ours, succeeded(got), got.log)
	}
}

// TestReport moves a job of two commands with arguments and secrets, and gives it a
// heartbeat.
func TestReport(t *testing.T) {
	t.Parallel()
	answers := func(r *http.Request) string {
		if r.Header.Get("Authorization") != "Bearer e2e-shop" || r.URL.Query().Get("currency") != "EUR" {
			return "[]"
		}
		return fmt.Sprintf(`["tea of %s", "milk", "jam", "salt"]`, r.URL.Query().Get("days"))
	}
	pages := map[string]func(*http.Request) string{"/orders": answers, "/customers": answers}
	site := newSite(t, pages)
	program, script := build(t)
	dir, file := moved(t, program, "report", "report", edit{"report.py", "https://shop.example.com", site.URL})
	r := newRunner(t, script).withTools(t).withArtifacts(t)
	r.settings = []string{
		"--secret", "SHOP_API_TOKEN=e2e-shop", "--secret", "SLACK_WEBHOOK_URL=" + site.URL + "/chat", "--secret", "REPORT_CHECK=" + site.URL + "/check",
	}
	got := r.tick(t, dir, file)
	const steps = "Check window, Checkout, Install dependencies, Run entrypoint, Set up Python"
	if succeeded(got) != steps || got.failed {
		t.Fatalf("failed: %v, succeeded: %s\n%s", got.failed, succeeded(got), got.log)
	}
	if diff := cmp.Diff([]string{
		`POST /chat {"text": "Best orders of 7 days: tea of 7, milk, jam"}`,
		`POST /chat {"text": "Best customers of 30 days: tea of 30, milk"}`,
	}, site.hears()); diff != "" {
		t.Errorf("the chat (-want +got):\n%s", diff)
	}

	in(t, dir, program, "set", "report", "heartbeat=REPORT_CHECK")
	in(t, dir, program, "sync", "--action", repository+"@"+pin+" # "+release)
	delete(pages, "/customers")
	got = r.tick(t, dir, file)
	if got.steps["Run entrypoint"] != "failure" || got.steps["After: artifacts"] != "success" || !got.failed {
		t.Errorf("failed: %v, steps %q\n%s", got.failed, got.steps, got.log)
	}
	if log := r.uploaded(t)["log/report.log"]; !strings.Contains(log, "/customers?days=30") || strings.Contains(log, "e2e-shop") {
		t.Errorf("the log in the artifact: %q", log)
	}
	if told := site.hears(); len(told) != 3 || !strings.HasPrefix(told[0], "GET /check/start") || !strings.HasPrefix(told[1], "POST /chat") ||
		!strings.HasPrefix(told[2], "POST /check/fail job report failed\nexit code: 1\n") {
		t.Errorf("the site hears %q", told)
	}
}

// TestBrowser moves a job that has Playwright install a browser and drives it. The archive
// with the browser comes from here, and starts that of the machine.
func TestBrowser(t *testing.T) {
	t.Parallel()
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		t.Fatal("CHROMIUM names no program: use make e2e")
	}
	archive := browserArchive(t, chromium)
	site := newSite(t, map[string]func(*http.Request) string{"/": always(`<!DOCTYPE html><title>Board</title>
		<label>Password <input id=password type=password></label> <button onclick="logIn()">Log in</button>
		<script>
			async function logIn() {
				await fetch("/login", {method: "POST", body: password.value});
				document.body.innerHTML = "<h1>Dashboard</h1>";
			}
		</script>`)})
	downloads := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, ".zip") {
			t.Errorf("Playwright asks for %s", r.URL)
		}
		w.Write(archive)
	}))
	defer downloads.Close()
	program, script := build(t)
	dir, file := moved(t, program, "browser", "capture")
	r := newRunner(t, script).withTools(t).withArtifacts(t)
	r.settings = []string{"--secret", "DASHBOARD_PASSWORD=e2e-open", "--var", "DASHBOARD_URL=" + site.URL}
	r.env = append(r.env, "PLAYWRIGHT_DOWNLOAD_HOST="+downloads.URL, "PLAYWRIGHT_BROWSERS_PATH="+t.TempDir())

	got := r.tick(t, dir, file)
	const steps = "Check window, Checkout, Deliver: artifacts, Install dependencies, Run entrypoint, Set up Python, Step 1 of prepare"
	if succeeded(got) != steps || got.failed {
		t.Fatalf("failed: %v, succeeded: %s\n%s", got.failed, succeeded(got), got.log)
	}
	if diff := cmp.Diff([]string{"POST /login e2e-open"}, site.hears()); diff != "" {
		t.Errorf("the site hears (-want +got):\n%s", diff)
	}
	uploaded := r.uploaded(t)
	if _, err := png.Decode(strings.NewReader(uploaded["dashboard/dashboard.png"])); err != nil {
		t.Errorf("the picture: %v", err)
	}
	if !strings.HasPrefix(uploaded["dashboard/dashboard.pdf"], "%PDF-") || len(uploaded) != 2 {
		t.Errorf("artifacts: %q", slices.Sorted(maps.Keys(uploaded)))
	}
	if !strings.Contains(got.log, "for 14 days") {
		t.Errorf("the log does not say how long the artifact is kept:\n%s", got.log)
	}
}

// browserArchive returns an archive as Playwright downloads, with every program it looks
// for. All of them start the browser.
func browserArchive(t *testing.T, browser string) []byte {
	t.Helper()
	var content bytes.Buffer
	archive := zip.NewWriter(&content)
	for _, name := range []string{
		"chrome-linux64/chrome", "chrome-headless-shell-linux64/chrome-headless-shell",
		"chrome-linux-arm64/chrome", "chrome-headless-shell-linux-arm64/chrome-headless-shell", "ffmpeg-linux",
	} {
		header := &zip.FileHeader{Name: name}
		header.SetMode(0o755)
		w, err := archive.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(w, "#!/bin/sh\nexec %q \"$@\"\n", browser)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

// succeeded returns the names of the steps that succeeded, sorted; "" if any failed.
func succeeded(r result) string {
	for _, outcome := range r.steps {
		if outcome != "success" {
			return ""
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(r.steps)), ", ")
}
