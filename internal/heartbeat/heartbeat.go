// Package heartbeat tells a monitor when a job starts and how it ended, in the way of
// healthchecks.io: a request to the URL of a check is a success, one to its path with
// /start or /fail behind it says that.
// https://healthchecks.io/docs/http_api/
//
// The URL is a secret. No part of it is in any error.
package heartbeat

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

const (
	patience = 5 * time.Second // for one try
	pause    = time.Second     // before the next one
	tries    = 2

	maxURL  = 2000   // bytes
	maxBody = 10_000 // bytes; healthchecks.io keeps the first 100 kB of it
)

// Monitor is what watches over a job. The methods of nil do nothing.
type Monitor struct {
	check           url.URL
	client          *http.Client
	patience, pause time.Duration
}

// New returns the monitor with the URL of a check. The error has a hint.
func New(address string) (*Monitor, error) {
	address = strings.TrimSpace(address)
	check, err := url.Parse(address)
	invalid := err != nil || check.Hostname() == "" || check.Scheme != "http" && check.Scheme != "https"
	if invalid || len(address) > maxURL {
		return nil, problem.New("store the URL as the monitor shows it, as in https://hc-ping.com/your-uuid", "its value is not a URL that begins with http:// or https://")
	}
	check.Fragment, check.RawFragment = "", ""
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true // minutes or hours are between two requests
	return &Monitor{
		check:    *check,
		client:   &http.Client{Transport: transport, CheckRedirect: follow},
		patience: patience,
		pause:    pause,
	}, nil
}

// errElsewhere is why a redirect is not followed.
var errElsewhere = errors.New("the monitor redirects to another address")

// follow stays on the host: the path is a secret. It may become https.
func follow(next *http.Request, earlier []*http.Request) error {
	first := earlier[0].URL
	safe := next.URL.Scheme == first.Scheme && next.URL.Host == first.Host ||
		next.URL.Scheme == "https" && first.Scheme == "http" && next.URL.Hostname() == first.Hostname()
	if !safe || len(earlier) > 3 {
		return errElsewhere
	}
	return nil
}

// Start says that the job has started.
func (m *Monitor) Start(ctx context.Context) error { return m.ping(ctx, http.MethodGet, "/start", "") }

// Success says that it has succeeded.
func (m *Monitor) Success(ctx context.Context) error { return m.ping(ctx, http.MethodGet, "", "") }

// Fail says that it has failed, and why.
func (m *Monitor) Fail(ctx context.Context, why string) error {
	return m.ping(ctx, http.MethodPost, "/fail", why)
}

// ping tries twice, unless ctx ends or the monitor refuses the request.
func (m *Monitor) ping(ctx context.Context, method, event, body string) error {
	if m == nil {
		return nil
	}
	for n := 1; ; n++ {
		again, err := m.try(ctx, method, event, body)
		if err == nil || !again || n == tries {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(m.pause):
		}
	}
}

// try sends one request. again says that another one may be answered.
func (m *Monitor) try(ctx context.Context, method, event, body string) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, m.patience)
	defer cancel()
	body = strings.ToValidUTF8(body[:min(len(body), maxBody)], "")
	request, err := http.NewRequestWithContext(ctx, method, m.address(event), strings.NewReader(body))
	if err != nil {
		return false, errors.New("its URL is not valid")
	}
	request.Header.Set("User-Agent", "scheduled")
	if body != "" {
		request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	response, err := m.client.Do(request)
	if err != nil {
		return !errors.Is(err, errElsewhere), m.hide(err)
	}
	defer response.Body.Close()
	switch status := response.StatusCode; {
	case status >= 200 && status <= 299:
		return false, nil
	case status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout:
		return true, fmt.Errorf("the monitor answered %d", status)
	default:
		return false, fmt.Errorf("the monitor answered %d", status)
	}
}

// address returns the URL of an event: of a check at /uuid?create=1, it is
// /uuid/start?create=1.
func (m *Monitor) address(event string) string {
	check := m.check
	if event != "" {
		check.RawPath = strings.TrimRight(check.EscapedPath(), "/") + event
		check.Path = strings.TrimRight(check.Path, "/") + event
	}
	return check.String()
}

// hide says what went wrong without the words of the network, which name the host.
func (m *Monitor) hide(err error) error {
	lookup, unknown := errors.AsType[*net.DNSError](err)
	timed, _ := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, errElsewhere):
		return errElsewhere
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case timed != nil && timed.Timeout():
		return fmt.Errorf("the monitor did not answer within %v", m.patience)
	case unknown && lookup.IsNotFound:
		return errors.New("the monitor's host was not found")
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("the monitor refused the connection")
	}
	kind := "request"
	if cause := errors.Unwrap(err); cause != nil && strings.Contains(cause.Error(), "tls: ") {
		kind = "secure connection"
	}
	return fmt.Errorf("the %s to the monitor failed", kind)
}
