// Package ghtest is a fake GitHub for tests: a server on the loopback interface
// with one repository, under a base path as on GitHub Enterprise. It lists runs of
// workflows and their jobs, queues dispatched ones, has commits and branches with the
// ids that git gives them, and has issues, pull requests, comments and labels. It
// refuses what a token, a setting or a branch rule forbids. Tests also act as the
// people who push and click.
//
// It checks every request and every answer against GitHub's own description of its
// API: what does not match fails the test. It can also answer wrongly, late or not at
// all.
package ghtest

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"
)

const (
	// Repository is the one repository that the server has.
	Repository = "octo/app"
	// Workflow is the file of a Run without another.
	Workflow = "scheduled-clean-files.yml"

	defaultBranch = "main"

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
	skew       time.Duration // see SetSkew
	token      string
	rights     Rights
	rules      Rules
	runs       map[int64]*listed
	lastID     int64
	numbers    map[string]int64 // of the last runs, by workflow
	registered []Registered     // the workflows; nil: whatever is asked for
	standing   Standing
	timers     map[string]int // minutes that the environments wait, by their names
	dispatches []Dispatch
	cancelled  []int64
	old        bool       // it does not know return_run_details
	play       func(*Run) // changes a run before it is read alone
	arrange    func([]Run) []Run
	git        store
	renamed    map[string]string // branches, by their old names
	treeLimit  int
	pulls      []*pulled
	issues     []*tracked
	labels     []string
	served     int              // requests so far
	limit      int              // see SetLimit
	hooks      map[int][]func() // before the n-th request
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
	Body   []byte
}

// String returns the request as "GET /repos/octo/app?page=2".
func (r Request) String() string {
	if len(r.Query) == 0 {
		return r.Method + " " + r.Path
	}
	return r.Method + " " + r.Path + "?" + r.Query.Encode()
}

// New starts a server for a test. Each violation fails the test.
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
	s := &Server{
		closed: make(chan struct{}), runs: map[int64]*listed{}, numbers: map[string]int64{}, hooks: map[int][]func(){}, renamed: map[string]string{},
		timers: map[string]int{}, git: store{objects: map[string]stored{}, refs: map[string]string{}},
	}
	s.http = &httptest.Server{Listener: l, Config: &http.Server{Handler: s.recording(s.routes())}}
	s.http.Start()
	s.URL = s.http.URL + base
	return s
}

// Close stops the server and ends the requests that wait for an answer.
func (s *Server) Close() {
	close(s.closed)
	s.http.Close()
}

// SetNow sets the server's clock: the Date header and the times of what is written.
// Zero, the default, is the machine's clock.
func (s *Server) SetNow(now time.Time) { s.locked(func() { s.now = now }) }

// SetToken makes the server refuse any other token. With "", the default, it takes
// all.
func (s *Server) SetToken(token string) { s.locked(func() { s.token = token }) }

// SetLimit makes the server say that it grants that many requests from its start on, and
// how many of them are left. With 0, the default, it always says the same.
func (s *Server) SetLimit(requests int) { s.locked(func() { s.limit = requests }) }

// SetArrange passes every list of runs, the newest first, to f before it is cut
// into pages: to shuffle or repeat runs, or to leave some out.
func (s *Server) SetArrange(f func([]Run) []Run) { s.locked(func() { s.arrange = f }) }

// SetTreeLimit makes recursive trees hold no more entries than n and say that
// they are truncated; with 0, the default, they hold all.
func (s *Server) SetTreeLimit(n int) { s.locked(func() { s.treeLimit = n }) }

// On calls f before the n-th request from now is served, 1 for the next: f can push,
// for example.
func (s *Server) On(n int, f func()) {
	s.locked(func() { s.hooks[s.served+n] = append(s.hooks[s.served+n], f) })
}

// Break makes the server answer wrongly. Of several faults that fit a request,
// the first that is not used up is taken.
func (s *Server) Break(faults ...Fault) {
	s.locked(func() {
		for _, f := range faults {
			if f.Number != 0 {
				f.due = s.served + f.Number
			}
			s.faults = append(s.faults, &f)
		}
	})
}

// Mend ends all faults.
func (s *Server) Mend() { s.locked(func() { s.faults = nil }) }

// SetSkew sets how far the server's clock is ahead of the machine's, where SetNow does not
// set it.
func (s *Server) SetSkew(ahead time.Duration) { s.locked(func() { s.skew = ahead }) }

// Requests returns the requests received since the last call.
func (s *Server) Requests() (requests []Request) {
	s.locked(func() { requests, s.requests = s.requests, nil })
	return requests
}

// Violations returns all mismatches with GitHub's API so far.
func (s *Server) Violations() (violations []string) {
	s.locked(func() { violations = slices.Clone(s.violations) })
	return violations
}

func (s *Server) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// violate records a violation. The caller holds the lock.
func (s *Server) violate(r *http.Request, format string, args ...any) {
	s.violations = append(s.violations, fmt.Sprintf("%s %s: ", r.Method, r.URL)+fmt.Sprintf(format, args...))
}
