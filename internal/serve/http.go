package serve

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Web is where the loop answers requests: health, metrics, the page.
type Web struct {
	Address string // host and port to listen at
	Token   *Token // that requests need; nil if none do

	*Server
	mu        sync.Mutex
	listening bool
	server    *http.Server
	over      chan struct{}

	recollection recollection
}

// Loopback reports whether only this machine can reach an address to listen at. The error
// says that it is none.
func Loopback(address string) (bool, error) {
	host, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	return local(host), err
}

// local reports whether a host is this machine, by its name or address alone.
func local(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// ListenError is why nothing listens.
type ListenError struct{ error }

// Unwrap returns the error of the network.
func (e ListenError) Unwrap() error { return e.error }

// Hint says what can be done.
func (e ListenError) Hint() string {
	return `choose another address, as in --listen 127.0.0.1:8485, or --listen "" for none`
}

func (w *Web) begin(s *Server) {
	w.Server, w.over = s, make(chan struct{})
	w.server = &http.Server{
		Handler:           w.handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      5 * time.Minute, // of a long log
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
}

// open begins to answer, unless that has begun.
func (w *Web) open() error {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.listening {
		return nil
	}
	listener, err := net.Listen("tcp", w.Address)
	if err != nil {
		return ListenError{fmt.Errorf("cannot listen on %s: %w", w.Address, err)}
	}
	w.listening = true
	w.Log.Info("listening on http://" + listener.Addr().String())
	go w.server.Serve(listener) // until close
	return nil
}

// again opens once the other loop of the project has left the address.
func (w *Web) again() {
	const every, patience = time.Second, 5
	for failures := 0; w != nil; {
		select {
		case <-w.over:
			return
		case <-time.After(every):
		}
		err := w.open()
		if err == nil {
			return
		}
		if _, waiting, _, _ := w.board.standing(w.Clock.Now()); !waiting {
			failures++
		}
		if failures == patience {
			w.Log.Warn("health, metrics and the page are not available", "error", err, "hint", problem.Hint(err))
		}
	}
}

// close answers no more.
func (w *Web) close() {
	if w != nil {
		close(w.over)
		w.server.Close()
	}
}

// inUse reports whether another process has the address.
func inUse(err error) bool {
	const windows = syscall.Errno(10048) // WSAEADDRINUSE
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, windows)
}

// handler answers all requests.
func (w *Web) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(out http.ResponseWriter, r *http.Request) { w.answer(out, r, w.ill()) })
	mux.HandleFunc("GET /readyz", func(out http.ResponseWriter, r *http.Request) { w.answer(out, r, w.unready()) })
	mux.Handle("GET /metrics", w.guarded(promhttp.HandlerFor(w.metrics, promhttp.HandlerOpts{})))
	mux.Handle("GET /{$}", w.guarded(http.HandlerFunc(w.page)))
	mux.Handle("GET /runs/{run}/log", w.guarded(http.HandlerFunc(w.log)))
	for _, a := range actions {
		mux.Handle("POST /jobs/{job}/"+a.name, w.guarded(w.act(a)))
	}
	return w.hardened(http.NewCrossOriginProtection().Handler(mux))
}

// hardened keeps pages of others from showing ours, and from asking in the name of a person
// whose browser reaches this machine: by a name that leads here, without a token.
func (w *Web) hardened(next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		h := out.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if w.Token == nil && !local(strings.Trim(host, "[]")) {
			w.refuse(out, r, http.StatusForbidden, problem.New("to allow other names, start serve with --token-file", "the host %q is not this machine", host))
			return
		}
		r.Body = http.MaxBytesReader(out, r.Body, 4<<10)
		next.ServeHTTP(out, r)
	})
}

// guarded asks for the token, if there is one.
func (w *Web) guarded(next http.Handler) http.Handler {
	if w.Token == nil {
		return next
	}
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		known, err := w.Token.admits(r)
		switch {
		case err != nil:
			w.Log.Error("requests are refused: the token cannot be read", "error", err)
			w.refuse(out, r, http.StatusServiceUnavailable, errors.New("the token of this server cannot be read"))
		case !known:
			if r.Header.Get("Authorization") != "" {
				from, _, _ := net.SplitHostPort(r.RemoteAddr) // each request has another port, so none would be a repetition
				w.Log.Warn("a request had a wrong token", "from", from)
			}
			out.Header().Add("WWW-Authenticate", `Bearer realm="scheduled"`)
			out.Header().Add("WWW-Authenticate", `Basic realm="scheduled", charset="UTF-8"`)
			w.refuse(out, r, http.StatusUnauthorized, problem.New("send `Authorization: Bearer TOKEN`, or the token as the password of any user", "the token is missing or wrong"))
		default:
			next.ServeHTTP(out, r)
		}
	})
}

// refuse says why a request is not served.
func (w *Web) refuse(out http.ResponseWriter, r *http.Request, status int, err error) {
	hint := problem.Hint(err)
	if wantsJSON(r) {
		writeJSON(out, status, struct {
			Error string `json:"error"`
			Hint  string `json:"hint"`
		}{err.Error(), hint})
		return
	}
	out.Header().Set("Content-Type", "text/plain; charset=utf-8")
	out.WriteHeader(status)
	fmt.Fprintln(out, "error: "+err.Error())
	if hint != "" {
		fmt.Fprintln(out, "hint: "+hint)
	}
}
