// Package ghtest is a fake GitHub for tests: a server on the loopback interface
// that lists runs and their jobs as GitHub does, under a base path as on GitHub
// Enterprise. It checks every request and every answer against GitHub's own
// description of its API; whatever does not match, or is not in it, fails the
// test. It can also answer wrongly, late or not at all.
package ghtest

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	// Repository is the one repository that the server has.
	Repository = "octo/app"
	// Workflow is the file of runs that name no other.
	Workflow = "scheduled-clean-files.yml"

	base  = "/api/v3"
	repos = base + "/repos/" + Repository
)

// Server is a running fake. Its methods may be called while it serves.
type Server struct {
	URL string // for GITHUB_API_URL: "http://127.0.0.1:4711/api/v3"

	http   *httptest.Server
	closed chan struct{}

	mu         sync.Mutex
	now        time.Time
	token      string
	runs       map[int64]*listed
	lastID     int64
	arrange    func([]Run) []Run
	faults     []*Fault
	requests   []Request
	violations []string
}

// Request is a request that the server received.
type Request struct {
	Method string
	Path   string // under the base path: "/repos/octo/app"
	Query  url.Values
	Header http.Header
}

// String returns the request as "GET /repos/octo/app?page=2".
func (r Request) String() string {
	if len(r.Query) == 0 {
		return r.Method + " " + r.Path
	}
	return r.Method + " " + r.Path + "?" + r.Query.Encode()
}

// New starts a server that lives as long as the test, which fails on each
// violation.
func New(t testing.TB) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("start fake GitHub: %v", err)
	}
	s := Serve(listener)
	t.Cleanup(func() {
		s.Close()
		for _, violation := range s.Violations() {
			t.Errorf("fake GitHub: %s", violation)
		}
	})
	return s
}

// Serve starts a server on the listener. The caller closes it and checks its
// Violations.
func Serve(l net.Listener) *Server {
	s := &Server{closed: make(chan struct{}), runs: map[int64]*listed{}}
	s.http = &httptest.Server{Listener: l, Config: &http.Server{Handler: s.hear(s.routes())}}
	s.http.Start()
	s.URL = s.http.URL + base
	return s
}

// routes returns the handler of all requests.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, answer := range map[string]func(*http.Request) answer{
		"GET " + repos: s.repository,
		"GET " + repos + "/actions/workflows/{file}/runs": s.list,
		"GET " + repos + "/actions/runs/{id}/jobs":        s.jobs,
		repos + "/": s.unknown,
		"/":         s.elsewhere,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.reply(w, r, answer(r)) })
	}
	return mux
}

// hear records every request and checks it against GitHub's API.
func (s *Server) hear(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, _ := strings.CutPrefix(r.URL.Path, base)
		s.locked(func() {
			s.requests = append(s.requests, Request{r.Method, path, r.URL.Query(), r.Header})
		})
		s.checkRequest(r)
		next.ServeHTTP(w, r)
	})
}

// reply checks the answer against GitHub's API and sends it, unless the token is
// wrong or a fault strikes.
func (s *Server) reply(w http.ResponseWriter, r *http.Request, a answer) {
	var token string
	var fault *Fault
	s.locked(func() {
		token = s.token
		if i := slices.IndexFunc(s.faults, func(f *Fault) bool { return f.fits(r.URL.Path) }); i >= 0 {
			fault = s.faults[i]
		}
	})
	if token != "" && r.Header.Get("Authorization") != "Bearer "+token {
		a = s.refuse(http.StatusUnauthorized, "Bad credentials")
	}
	s.checkAnswer(r, a)
	if fault != nil {
		fault.strike(w, r, a, s.closed)
		return
	}
	a.write(w)
}

// Close stops the server, and the requests that still wait for an answer.
func (s *Server) Close() {
	close(s.closed)
	s.http.Close()
}

// SetNow sets the time of the Date header; zero, the default, is the machine's
// clock.
func (s *Server) SetNow(now time.Time) { s.locked(func() { s.now = now }) }

// SetToken makes the server refuse any other token; with "", the default, it
// needs none.
func (s *Server) SetToken(token string) { s.locked(func() { s.token = token }) }

// SetArrange passes every list of runs, the newest first, to f before it is cut
// into pages: to shuffle or repeat runs, or to leave some out.
func (s *Server) SetArrange(f func([]Run) []Run) { s.locked(func() { s.arrange = f }) }

// Break makes the server answer wrongly. Of several faults that fit a request,
// the first that is not used up strikes.
func (s *Server) Break(faults ...Fault) {
	s.locked(func() {
		for _, f := range faults {
			s.faults = append(s.faults, &f)
		}
	})
}

// Requests returns the requests received since the last call.
func (s *Server) Requests() (requests []Request) {
	s.locked(func() { requests, s.requests = s.requests, nil })
	return requests
}

// Violations returns what did not match GitHub's API so far.
func (s *Server) Violations() (violations []string) {
	s.locked(func() { violations = slices.Clone(s.violations) })
	return violations
}

func (s *Server) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *Server) violate(r *http.Request, format string, args ...any) {
	s.locked(func() {
		s.violations = append(s.violations, fmt.Sprintf("%s %s: ", r.Method, r.URL)+fmt.Sprintf(format, args...))
	})
}
