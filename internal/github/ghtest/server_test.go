package ghtest

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// serve starts a server whose violations the test itself checks.
func serve(t testing.TB) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := Serve(listener)
	t.Cleanup(s.Close)
	return s
}

// ask sends a request as GitHub wants it, except for these headers; "" removes
// one.
func ask(t testing.TB, s *Server, method, path string, header map[string]string) *http.Response {
	t.Helper()
	resp, err := http.DefaultClient.Do(request(t, s, method, path, "", header))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func request(t testing.TB, s *Server, method, path, body string, header map[string]string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/vnd.github+json")
	req.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	for name, value := range header {
		req.Header.Set(name, value)
	}
	return req
}

const (
	runsPath = "/repos/octo/app/actions/workflows/" + Workflow + "/runs"
	jobsPath = "/repos/octo/app/actions/runs/7/jobs"
)

func TestViolations(t *testing.T) {
	rows := []struct {
		method, path string
		name, value  string // a header
		want         string // "" is no violation
		status       int
	}{
		{"GET", "/repos/octo/app", "", "", "", 200},
		{"GET", runsPath, "", "", "", 200},
		{"GET", runsPath + "?per_page=100&page=2", "", "", "", 200},
		{"GET", jobsPath + "?filter=latest", "", "", "", 200},
		{"GET", jobsPath, "Authorization", "Bearer x", "", 200},
		{"GET", "/repos/octo/app/actions/runs/8/jobs", "", "", "", 404},
		{"GET", "/repos/octo/other", "", "", "", 404},

		{"GET", "/repos/octo/app/actions/workflow/runs", "", "", "no matching operation", 404},
		{"GET", "/nothing", "", "", "no matching operation", 404},
		{"POST", runsPath, "", "", "method not allowed", 404},
		{"GET", "/repos/octo/app/actions/artifacts", "", "", "the fake does not know", 404},
		{"GET", runsPath + "?perpage=100", "", "", `no parameter "perpage"`, 200},
		{"GET", runsPath + "?page=two", "", "", "invalid syntax", 200},
		{"GET", runsPath + "?status=fine", "", "", `parameter "status"`, 200},
		{"GET", jobsPath + "?filter=newest", "", "", `parameter "filter"`, 200},
		{"GET", "/repos/octo/app/actions/runs/seven/jobs", "", "", "run_id", 404},
		{"GET", runsPath, "User-Agent", "", "no User-Agent", 200},
		{"GET", runsPath, "Accept", "text/html", `Accept "text/html"`, 200},
		{"GET", runsPath, "X-GitHub-Api-Version", "2026-01-01", "X-GitHub-Api-Version", 200},
		{"GET", runsPath, "Authorization", "Basic x", "Authorization", 200},
	}
	for _, row := range rows {
		s := serve(t)
		s.Add(Run{ID: 7, Created: time.Now()})
		var header map[string]string
		if row.name != "" {
			header = map[string]string{row.name: row.value}
		}
		resp := ask(t, s, row.method, row.path, header)
		if resp.StatusCode != row.status {
			t.Errorf("%s %s: status %d", row.method, row.path, resp.StatusCode)
		}
		got := strings.Join(s.Violations(), "\n")
		if (got == "") != (row.want == "") || !strings.Contains(got, row.want) {
			t.Errorf("%s %s: want violation %q, got %q", row.method, row.path, row.want, got)
		}
	}
}

// TestOwnAnswers checks that the fake checks its own answers, too.
func TestOwnAnswers(t *testing.T) {
	s := serve(t)
	s.Add(Run{ID: 7, Conclusion: "splendid", Created: time.Now()})
	ask(t, s, "GET", jobsPath, nil)
	if got := strings.Join(s.Violations(), "\n"); !strings.Contains(got, "own answer") {
		t.Errorf("violations: %q", got)
	}
}

// TestPages checks that every run is listed once, the newest first.
func TestPages(t *testing.T) {
	s := New(t)
	for i := range 205 {
		s.Add(Run{Created: time.Unix(int64(i), 0)})
	}
	s.Add(Run{Workflow: "other.yml", Created: time.Unix(999, 0)})
	var ids []int64
	for url := runsPath + "?per_page=100"; url != ""; {
		resp := ask(t, s, "GET", url, nil)
		var page struct {
			Total int                  `json:"total_count"`
			Runs  []struct{ ID int64 } `json:"workflow_runs"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&page); err != nil || page.Total != 205 {
			t.Fatalf("total %d, %v", page.Total, err)
		}
		for _, run := range page.Runs {
			ids = append(ids, run.ID)
		}
		next, _, _ := strings.Cut(strings.TrimPrefix(resp.Header.Get("Link"), "<"+s.URL), ">")
		url = next
	}
	if len(ids) != 205 || ids[0] != 205 || ids[204] != 1 {
		t.Errorf("%d ids: %v", len(ids), ids)
	}
	if got := len(s.Requests()); got != 3 {
		t.Errorf("%d requests", got)
	}
}
