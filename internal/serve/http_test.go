package serve

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

var update = flag.Bool("update", false, "write the golden files")

// still is a clock that the test sets.
type still struct{ now time.Time }

func (s *still) Now() time.Time                                        { return s.now }
func (s *still) Sleep(context.Context, time.Duration, <-chan struct{}) {}

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// hostile is an id that tries to be everything else.
const hostile = `<script>alert("1")</script>'&{{.}}/../` + "\u202e\n"

func daily(t *testing.T, id, slug string) pyproject.Job {
	t.Helper()
	s, flaws := schedule.Parse(schedule.Spec{Project: "web", ID: id, Every: "day"})
	if len(flaws) > 0 {
		t.Fatal(flaws)
	}
	return pyproject.Job{ID: id, Slug: slug, Schedule: s, Options: pyproject.Options{MaxInstances: 1}}
}

// newWeb returns what answers for three jobs, one of them broken, and its clock.
func newWeb(t *testing.T, token *Token) (*Web, *still) {
	t.Helper()
	clock := &still{noon}
	s := &Server{
		Clock: clock, Log: slog.New(slog.DiscardHandler), File: filepath.Join(t.TempDir(), "pyproject.toml"),
		Local: &Local{Workers: 1, Output: NewLines(io.Discard)},
		Web:   &Web{Address: "127.0.0.1:0", Token: token},
	}
	s.begin()
	s.swap(&Project{
		Jobs:   []pyproject.Job{daily(t, "clean", "clean"), daily(t, hostile, "script-1234567890")},
		Broken: []pyproject.Broken{{ID: "broken", Problems: problem.Problems{{File: "pyproject.toml", Line: 7, Column: 1, Message: "no entrypoint"}}}},
		Engine: func(pyproject.Job) execution.Job { return execution.Job{} },
	})
	return s.Web, clock
}

// request is a request to a Web, and what is expected of the answer.
type request struct {
	method, path string
	header       string // "Name: value"; several divided by line breaks
	status       int
	body         string // a part of it
}

func (r request) do(t *testing.T, w *Web) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequest(r.method, "http://127.0.0.1:8484"+r.path, nil)
	for line := range strings.Lines(r.header) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if req.Header.Set(name, value); name == "Host" {
			req.Host = value
		}
	}
	out := httptest.NewRecorder()
	w.handler().ServeHTTP(out, req)
	if out.Code != r.status || !strings.Contains(out.Body.String(), r.body) {
		t.Errorf("%s %s with %q: %d, want %d; body without %q:\n%.500s", r.method, r.path, r.header, out.Code, r.status, r.body, out.Body)
	}
	return out
}

func TestRequests(t *testing.T) {
	w, _ := newWeb(t, nil)
	for _, r := range []request{
		{"GET", "/healthz", "", 200, "ok\n"},
		{"HEAD", "/healthz", "", 200, ""},
		{"GET", "/readyz", "", 503, "broken cannot be started: pyproject.toml:7:1: no entrypoint\n"},
		{"GET", "/metrics", "", 200, "scheduled_loop_age_seconds 0\n"},
		{"GET", "/", "", 200, "<!doctype html>"},
		{"GET", "/", "Accept: application/json", 200, `"jobs"`},
		{"GET", "/nothing", "", 404, ""},
		{"GET", "/runs/", "", 404, ""},
		{"POST", "/", "", 405, ""},

		// Of a name that leads to this machine, and from the pages of others.
		{"GET", "/", "Host: evil.example", 403, "--token-file"},
		{"GET", "/healthz", "Host: evil.example", 403, ""},
		{"GET", "/", "Host: 127.0.0.1.evil.example:8484", 403, ""},
		{"GET", "/", "Host: LOCALHOST:8484", 200, ""},
		{"GET", "/", "Host: 127.8.8.8", 200, ""},
		{"GET", "/", "Host: [::1]:8484", 200, ""},
		{"GET", "/", "Host: 192.168.1.1:8484", 403, ""},
		{"POST", "/jobs/clean/pause", "Sec-Fetch-Site: cross-site", 403, ""},
		{"POST", "/jobs/clean/pause", "Origin: http://evil.example", 403, ""},
		{"POST", "/jobs/clean/pause", "Origin: null", 403, ""},

		{"POST", "/jobs/clean/pause", "Sec-Fetch-Site: same-origin", 303, ""},
		{"POST", "/jobs/clean/resume", "Accept: application/json", 200, `"action": "resume"`},
		{"POST", "/jobs/clean/trigger", "Origin: http://127.0.0.1:8484", 303, ""},
		{"POST", "/jobs/script-1234567890/trigger", "", 303, ""},
		{"POST", "/jobs/%3Cscript%3Ealert%28%221%22%29%3C%2Fscript%3E%27%26%7B%7B.%7D%7D%2F..%2F%E2%80%AE%0A/trigger", "Accept: application/json", 200, `"job"`},
		{"POST", "/jobs/other/trigger", "", 404, "there is no job \"other\""},
		{"POST", "/jobs/%2e%2e%2fclean/trigger", "", 404, ""},
		{"POST", "/jobs/other/trigger", "Accept: application/json", 404, `"error": "there is no job \"other\""`},
		{"POST", "/jobs/broken/trigger", "", 409, "scheduled validate"},
		{"POST", "/jobs/clean/delete", "", 404, ""},
		{"GET", "/jobs/clean/trigger", "", 405, ""},
	} {
		out := r.do(t, w)
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options"} {
			if out.Header().Get(name) == "" {
				t.Errorf("%s %s: no %s", r.method, r.path, name)
			}
		}
	}
	if want := map[string]bool{"clean": true, hostile: true}; !cmp.Equal(want, w.wants) {
		t.Errorf("to be executed: %v, want %v", w.wants, want)
	}
}

func TestPauseAndResume(t *testing.T) {
	w, _ := newWeb(t, nil)
	book, err := ledger.Open(w.File, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, true, false, false} {
		verb := map[bool]string{true: "pause", false: "resume"}[want]
		request{"POST", "/jobs/clean/" + verb, "", 303, ""}.do(t, w)
		if paused, err := book.Paused("clean"); err != nil || paused != want {
			t.Errorf("after %s: %v, %v", verb, paused, err)
		}
		if !w.stale["clean"] {
			t.Errorf("%s does not have the loop look at the job", verb)
		}
	}
}

// TestIdle triggers a job where nothing is started.
func TestIdle(t *testing.T) {
	w, _ := newWeb(t, nil)
	w.board.waiting = true
	request{"POST", "/jobs/clean/trigger", "", 503, "scheduled run clean --force"}.do(t, w)
	w.board.end()
	request{"POST", "/jobs/clean/trigger", "", 503, "ending"}.do(t, w)
	if len(w.wants) > 0 {
		t.Errorf("%v are wanted", w.wants)
	}
}

func TestHealth(t *testing.T) {
	w, clock := newWeb(t, nil)
	w.board.jobs["broken"].refused = nil
	healthy, ready := request{"GET", "/healthz", "", 200, "ok"}, request{"GET", "/readyz", "", 200, "ok"}
	ill, unready := request{"GET", "/healthz", "", 503, "has not woken for 1m1s"}, request{"GET", "/readyz", "", 503, ""}
	both := func(h, r request) { t.Helper(); h.do(t, w); r.do(t, w) }
	both(healthy, ready)
	clock.now = noon.Add(60 * time.Second)
	both(healthy, ready)
	clock.now = noon.Add(61 * time.Second)
	both(ill, unready)
	clock.now = noon.Add(-61 * time.Second) // the clock was set back, and then the loop died
	both(ill, unready)
	w.board.wake(clock.now)
	both(healthy, ready)
	for _, c := range []struct {
		why string
		do  func(on bool)
	}{
		{"waiting for its turn", func(on bool) { w.board.waiting = on }},
		{"pyproject.toml was not reloaded: bad\n", func(on bool) { w.board.reloaded(map[bool]error{true: errors.New("bad")}[on]) }},
		{`"clean cannot be started: no Python \x1b[0m"`, func(on bool) { w.board.refuse("clean", map[bool]error{true: errors.New("no\nPython \x1b[0m")}[on]) }},
		{"the history cannot be read: ", func(on bool) {
			folder := filepath.Join(filepath.Dir(w.File), ".scheduled")
			_ = os.RemoveAll(folder)
			if on {
				_ = os.WriteFile(folder, nil, 0o600)
			}
			w.Local.sweep([]string{"clean"})
		}},
		{"starts no more jobs", func(on bool) { w.board.ending = on }},
	} {
		c.do(true)
		unready.body = c.why
		both(healthy, unready)
		c.do(false)
		both(healthy, ready)
	}
	w.board.end()
	clock.now = noon.Add(time.Hour) // a long drain is no illness
	healthy.do(t, w)
}

func TestLogs(t *testing.T) {
	w, _ := newWeb(t, nil)
	folder := filepath.Join(filepath.Dir(w.File), ".scheduled", "logs")
	request{"GET", "/runs/clean@1/log", "", 404, "there is no log"}.do(t, w)
	err := errors.Join(os.MkdirAll(filepath.Join(folder, "folder@1.log"), 0o755),
		os.WriteFile(filepath.Join(folder, "clean@1.log"), []byte("<b>one\n"), 0o600),
		os.WriteFile(filepath.Join(folder, "..", "secret@1.log"), []byte("secret"), 0o600),
		os.Symlink("../secret@1.log", filepath.Join(folder, "link@1.log")))
	if err != nil {
		t.Fatal(err)
	}
	out := request{"GET", "/runs/clean@1/log", "", 200, "<b>one\n"}.do(t, w)
	if got := out.Header().Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("the log is %q", got)
	}
	request{"GET", "/runs/clean@1/log", "Range: bytes=-4", 206, "one\n"}.do(t, w)
	for _, path := range []string{"folder@1", "link@1", "..%2fsecret@1", "%2e%2e%2fsecret@1", "clean@1.log", "clean@", "clean", "clean%00@1", "clean@-1", "CLEAN@1"} {
		if out := (request{"GET", "/runs/" + path + "/log", "", 404, ""}).do(t, w); strings.Contains(out.Body.String(), "secret\n") {
			t.Errorf("%s shows a file outside", path)
		}
	}
}

// page fills the board with all that it can show, and returns the page.
func fullPage(t *testing.T) string {
	t.Helper()
	w, _ := newWeb(t, nil)
	w.File = "/srv/<project>/pyproject.toml"
	p := w.board.jobs["clean"]
	p.next = noon.Add(25 * time.Hour)
	p.last = &ran{id: 7, slot: noon.Add(-2 * time.Hour), start: noon.Add(-2*time.Hour + 1500*time.Millisecond), end: noon, outcome: failed, cause: "ValueError: <u>"}
	q := w.board.jobs[hostile]
	q.running, q.going, q.owed = 1, &ran{id: 8, start: noon.Add(-90 * time.Second)}, []schedule.Window{{Start: noon.Add(-24 * time.Hour)}}
	return request{"GET", "/", "", 200, "</html>"}.do(t, w).Body.String()
}

func TestPage(t *testing.T) {
	got := fullPage(t)
	for _, name := range []string{"style", "script"} { // which are package report's
		before, rest, _ := strings.Cut(got, "<"+name+">")
		_, after, _ := strings.Cut(rest, "</"+name+">")
		got = before + after
	}
	const golden = "testdata/page.html"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the page is another; look at it and use -update (-want +got):\n%s", diff)
	}
	shown := regexp.MustCompile(`data-job="[^"]*"`).ReplaceAllString(got, "")
	if found := regexp.MustCompile(`<script|<u>|javascript:|https?:|\x{202e}`).FindString(shown); found != "" {
		t.Errorf("the page has %q", found)
	}
}

// TestRunsOnBoard shows runs of the ledger: one that goes on, one that was killed, and ones
// that are over.
func TestRunsOnBoard(t *testing.T) {
	w, _ := newWeb(t, nil)
	book, err := ledger.Open(w.File, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	job := w.board.jobs["clean"].job
	begin := func() *ledger.Execution {
		e, err := book.Start(job.ID, noon, job.Schedule.Window(noon))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	check := func(last, going string) {
		t.Helper()
		runs, err := book.Runs(job.ID)
		if err != nil {
			t.Fatal(err)
		}
		w.board.past(job.Schedule, job.ID, runs)
		outcome := func(r *ran) string {
			if r == nil {
				return ""
			}
			return r.outcome
		}
		if p := w.board.jobs["clean"]; outcome(p.last) != last || outcome(p.going) != going {
			t.Errorf("last %q and current %q, want %q and %q", outcome(p.last), outcome(p.going), last, going)
		}
	}
	e := begin()
	check("interrupted", "")
	w.board.started(job.ID, noon)
	check("", "running")
	if err := e.Finish(noon.Add(time.Second), false, "bad"); err != nil {
		t.Fatal(err)
	}
	begin()
	check("failed", "running")
	w.board.ended(job.ID)
	check("interrupted", "")
}

func TestBoardJSON(t *testing.T) {
	w, _ := newWeb(t, nil)
	w.board.jobs["clean"].last = &ran{id: 7, slot: noon.Add(-time.Minute), start: noon, end: noon, outcome: succeeded}
	out := request{"GET", "/", "Accept: application/json", 200, ""}.do(t, w)
	var got map[string]any
	if err := json.Unmarshal(out.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id": "clean", "slug": "clean", "executor": "serve", "state": "off", "next": nil, "owed": []any{}, "running": 0.0, "paused": false, "refused": nil, "current": nil,
		"last": map[string]any{"run_id": 7.0, "slot": "2026-11-29T11:59:00Z", "start": "2026-11-29T12:00:00Z", "end": "2026-11-29T12:00:00Z", "late": 60.0, "outcome": "succeeded", "cause": nil, "log": "/runs/clean@7/log"},
	}
	if diff := cmp.Diff(want, got["jobs"].([]any)[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestMetrics reads the metrics as Prometheus does, and compares them with the page about
// them.
func TestMetrics(t *testing.T) {
	w, _ := newWeb(t, nil)
	w.board.jobs["clean"].next = noon
	w.metrics.count("clean", failed)
	w.metrics.count("gone", failed)
	w.metrics.late(-time.Second)
	if problems, err := testutil.GatherAndLint(w.metrics); err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v, %v", problems, err)
	}
	out := request{"GET", "/metrics", "", 200, "# HELP"}.do(t, w)
	text := out.Body.String()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`scheduled_executions_total{job="clean",outcome="failed"} 1`,
		`scheduled_executions_total{job="clean",outcome="succeeded"} 0`,
		`scheduled_dispatch_errors_total{reason="refused"} 0`,
		`scheduled_rate_limit_remaining NaN`,
		`scheduled_lateness_seconds_bucket{le="0.1"} 1`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("the metrics lack %s", line)
		}
	}
	if next := families["scheduled_next_slot_timestamp_seconds"].GetMetric(); len(next) != 1 || next[0].GetGauge().GetValue() != float64(noon.Unix()) {
		t.Errorf("the next slots are %v", next)
	}
	if strings.Contains(text, `"gone"`) {
		t.Error("a job that is not served is counted")
	}
	page, err := os.ReadFile("../../docs/serve-metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(scheduled_[a-z_]+)").FindAllStringSubmatch(string(page), -1) {
		documented[m[1]] = true
		if families[m[1]] == nil {
			t.Errorf("docs/serve-metrics.md has %s, which does not exist", m[1])
		}
	}
	for name := range families {
		if strings.HasPrefix(name, "scheduled_") && !documented[name] {
			t.Errorf("docs/serve-metrics.md lacks %s", name)
		}
	}
	for _, reason := range append(reasons, succeeded, failed, cancelled, stopped, dispatched) {
		if !strings.Contains(string(page), "`"+reason+"`") {
			t.Errorf("docs/serve-metrics.md lacks the label %s", reason)
		}
	}
	w.swap(&Project{Jobs: []pyproject.Job{daily(t, "new", "new")}})
	out = request{"GET", "/metrics", "", 200, `{job="new",outcome="succeeded"} 0`}.do(t, w)
	if strings.Contains(out.Body.String(), `"clean"`) {
		t.Error("a removed job is still counted")
	}
}

// TestListen takes an address that another process has, and one that it leaves.
func TestListen(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w, _ := newWeb(t, nil)
	w.Address = other.Addr().String()
	err = w.open()
	if _, ok := errors.AsType[ListenError](err); !ok || problem.Hint(err) == "" || !inUse(err) {
		t.Fatalf("an address in use: %v, %q", err, problem.Hint(err))
	}
	go w.again()
	defer w.close()
	other.Close()
	for {
		resp, err := http.Get("http://" + w.Address + "/healthz")
		if err == nil {
			if resp.Body.Close(); resp.StatusCode == 200 {
				return
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:8484": true, "localhost:0": true, "[::1]:80": true, "127.1.2.3:1": true, "[::ffff:127.0.0.1]:1": true,
		":8484": false, "0.0.0.0:8484": false, "[::]:1": false, "192.168.0.1:1": false, "example.org:80": false, "localhost.example.org:80": false,
	} {
		if got, err := Loopback(address); got != want || err != nil {
			t.Errorf("%s: %v, %v, want %v", address, got, err, want)
		}
	}
	for _, bad := range []string{"127.0.0.1", "8484", "localhost:x", "127.0.0.1:70000", "::1:80"} {
		if _, err := Loopback(bad); err == nil {
			t.Errorf("%s is taken as an address", bad)
		}
	}
}
