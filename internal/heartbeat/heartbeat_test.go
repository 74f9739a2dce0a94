package heartbeat

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// fake is a monitor that keeps what it was told.
type fake struct {
	*httptest.Server
	mu   sync.Mutex
	told []string // "METHOD path?query body"
}

// serve starts a fake that answers with a handler, nil for 200.
func serve(t *testing.T, answer http.HandlerFunc) *fake {
	f := new(fake)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		user, password, _ := r.BasicAuth()
		f.mu.Lock()
		f.told = append(f.told, strings.TrimSpace(fmt.Sprintf("%s %s %s%s%s", r.Method, r.URL.RequestURI(), user, password, body)))
		f.mu.Unlock()
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(f.Close)
	return f
}

// heard returns what the fake was told, once its last handler has ended.
func (f *fake) heard() []string {
	f.Close()
	return f.told
}

// watch returns the monitor at an address, which tries again sooner.
func watch(t *testing.T, address string) *Monitor {
	t.Helper()
	m, err := New(address)
	if err != nil {
		t.Fatal(err)
	}
	m.target.Patience, m.target.Pause = time.Minute, time.Millisecond
	return m
}

// TestEvents puts events behind the path of a check, whatever else its URL has.
func TestEvents(t *testing.T) {
	for _, row := range []struct {
		url  string // behind the host
		want []string
	}{
		{"/ping/uuid", []string{"GET /ping/uuid/start", "GET /ping/uuid", "POST /ping/uuid/fail bad"}},
		{"/uuid/", []string{"GET /uuid/start", "GET /uuid/", "POST /uuid/fail bad"}},
		{"", []string{"GET /start", "GET /", "POST /fail bad"}},
		{"/key/a%2Fb?create=1&x=%20#part", []string{"GET /key/a%2Fb/start?create=1&x=%20", "GET /key/a%2Fb?create=1&x=%20", "POST /key/a%2Fb/fail?create=1&x=%20 bad"}},
	} {
		f := serve(t, nil)
		m := watch(t, "  "+f.URL+row.url+"\n")
		for _, err := range []error{m.Start(t.Context()), m.Success(t.Context()), m.Fail(t.Context(), "bad")} {
			if err != nil {
				t.Errorf("%s: %v", row.url, err)
			}
		}
		if diff := cmp.Diff(row.want, f.heard()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", row.url, diff)
		}
	}
	f := serve(t, nil)
	if err := watch(t, strings.Replace(f.URL, "http://", "http://me:pass@", 1)).Success(t.Context()); err != nil || f.heard()[0] != "GET / mepass" {
		t.Error(f.heard(), err)
	}
}

// TestBody cuts what is too long, between two characters.
func TestBody(t *testing.T) {
	f := serve(t, nil)
	if err := watch(t, f.URL).Fail(t.Context(), strings.Repeat("€", maxBody)); err != nil {
		t.Fatal(err)
	}
	if got := f.heard()[0]; got != "POST /fail "+strings.Repeat("€", maxBody/3) {
		t.Errorf("%d bytes, ends in %q", len(got), got[len(got)-9:])
	}
}

// TestNoURL shows nothing of a value that is not the URL of a check.
func TestNoURL(t *testing.T) {
	for _, value := range []string{"", "s3cret", "ftp://s3cret/x", "https://", "https:s3cret", "http://s3cret/\x00", "http://s3cret:port/", "//s3cret/x", "http:///s3cret", "https://s3cret/" + strings.Repeat("x", 2000), "javascript://s3cret"} {
		m, err := New(value)
		if err == nil || problem.Hint(err) == "" {
			t.Errorf("%q: %v", value, m)
		} else if text := err.Error() + problem.Hint(err); strings.Contains(text, "s3cret") {
			t.Errorf("%q: %s", value, text)
		}
	}
	var none *Monitor
	if err := none.Start(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestTrouble tells what is wrong with a monitor, without any part of its URL.
func TestTrouble(t *testing.T) {
	closed := serve(t, nil)
	closed.Close()
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	elsewhere := serve(t, nil)
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	for _, row := range []struct {
		name   string
		answer http.HandlerFunc
		url    string // instead of that of the answer
		asked  int
		want   string
	}{
		{"broken", status(500), "", 2, "the monitor answered 500"},
		{"busy", status(429), "", 2, "the monitor answered 429"},
		{"gone", status(404), "", 1, "the monitor answered 404"},
		{"not modified", status(304), "", 1, "the monitor answered 304"},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "", 2, "the monitor did not answer within 200ms"},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "", 2, "the request to the monitor failed"},
		{"deaf", nil, "http://" + deaf.Addr().String() + "/s3cret", 0, "the monitor did not answer within 200ms"},
		{"refuses", nil, closed.URL + "/s3cret", 0, "the monitor refused the connection"},
		{"no TLS", nil, "https://" + elsewhere.Listener.Addr().String() + "/s3cret", 0, "the request to the monitor failed"},
		{"other host", redirect(elsewhere.URL + "/s3cret"), "", 1, "the monitor redirects to another address"},
		{"other scheme", redirect("file:///s3cret"), "", 1, "the monitor redirects to another address"},
		{"in circles", redirect("/s3cret"), "", 4, "the monitor redirects to another address"},
	} {
		f := serve(t, row.answer)
		address := f.URL + "/s3cret"
		if row.url != "" {
			address = row.url
		}
		m := watch(t, address)
		if strings.Contains(row.want, "within") {
			m.target.Patience = 200 * time.Millisecond
		}
		began := time.Now()
		err := m.Success(t.Context())
		if err == nil || err.Error() != row.want || len(f.heard()) != row.asked {
			t.Errorf("%s: asked %d times, %v", row.name, len(f.heard()), err)
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%s: took %v", row.name, took)
		}
	}
	if len(elsewhere.heard()) > 0 {
		t.Errorf("the other host was asked for %q", elsewhere.heard())
	}
}

// TestMoved follows a redirect on the same host.
func TestMoved(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new", http.StatusMovedPermanently)
		}
	})
	if err := watch(t, f.URL+"/old").Success(t.Context()); err != nil || len(f.heard()) != 2 {
		t.Error(f.heard(), err)
	}
}

// TestEnds gives up at once when the context ends.
func TestEnds(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	m := watch(t, f.URL)
	m.target.Pause = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := m.Success(ctx); err == nil || len(f.heard()) != 1 {
		t.Error(f.heard(), err)
	}
}
