package ghtest

import (
	"net/http"
	"strconv"
	"strings"
)

// Fault makes an answer wrong. Its fields say what is different.
type Fault struct {
	Path   string // strikes only requests whose path contains it
	Skip   int    // lets that many of those through first
	Once   bool   // strikes only one of those; else all that follow
	Number int    // strikes only the n-th of all requests from now, 1 for the next

	Status int               // replaces the status
	Header map[string]string // replaces headers; "" removes one
	Body   string            // replaces the body

	Hang bool // never answers; with Cut, never ends the answer
	Drop bool // closes the connection without an answer
	Cut  bool // closes the connection after half of the answer

	// Late makes the request take effect before its answer is lost or replaced. Else it
	// has no effect, unless a part of the right answer is sent.
	Late bool

	seen int // matching requests so far
	due  int // what Number counts to, among all requests of the server
}

// early reports whether the fault prevents the effect of the request.
func (f *Fault) early() bool {
	return !f.Late && (f.Status != 0 || f.Drop || f.Hang && !f.Cut)
}

// fits reports whether the fault applies to a request, the n-th of all, and counts it.
func (f *Fault) fits(path string, n int) bool {
	if f.due != 0 && f.due != n {
		return false
	}
	if !strings.Contains(path, f.Path) {
		return false
	}
	f.seen++
	return f.seen > f.Skip && (!f.Once || f.seen == f.Skip+1)
}

// inject sends the fault instead of the right answer a.
func (f *Fault) inject(w http.ResponseWriter, r *http.Request, a answer, closed <-chan struct{}) {
	if f.Cut {
		a.header.Set("Content-Length", strconv.Itoa(len(a.body)))
		a.body = a.body[:len(a.body)/2]
		a.write(w)
		_ = http.NewResponseController(w).Flush() // the client may be gone
	}
	if f.Hang {
		select {
		case <-r.Context().Done():
		case <-closed:
		}
	}
	if f.Hang || f.Drop || f.Cut {
		panic(http.ErrAbortHandler)
	}
	if f.Status != 0 {
		a.status, a.body = f.Status, nil
	}
	if f.Body != "" {
		a.body = []byte(f.Body)
	}
	for name, value := range f.Header {
		if value == "" {
			a.header[http.CanonicalHeaderKey(name)] = nil // net/http would add a Date
		} else {
			a.header.Set(name, value)
		}
	}
	a.write(w)
}
