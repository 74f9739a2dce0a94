// Package secreturl sends requests to a URL that is a secret, such as that of a monitor
// or a chat: whoever knows it can write there. No part of it is in any error.
package secreturl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

const maxURL = 2000 // bytes

// Target is where requests go.
type Target struct {
	url    url.URL
	client *http.Client

	Name     string        // for messages: "monitor"
	Patience time.Duration // for one try
	Pause    time.Duration // before the second one; each further one is twice as long
	Longest  time.Duration // pause that a server may ask for; it gets no further try if it asks for more
	Tries    int
}

// Request is what to send.
type Request struct {
	Method string
	Event  string // behind the path: of a URL with /uuid?create=1, "/start" makes /uuid/start?create=1
	Type   string // of the body
	Body   []byte // nil for none
}

// Parse returns the target with a URL, which http.ProxyFromEnvironment may send through a
// proxy. The error says how to get the URL, as the hint does.
func Parse(address, hint string) (*Target, error) {
	address = strings.TrimSpace(address)
	target, err := url.Parse(address)
	invalid := err != nil || target.Hostname() == "" || target.Scheme != "http" && target.Scheme != "https"
	if invalid || len(address) > maxURL {
		return nil, problem.New(hint, "its value is not a URL that begins with http:// or https://")
	}
	target.Fragment, target.RawFragment = "", ""
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true // minutes or hours are between two requests
	return &Target{url: *target, client: &http.Client{Transport: transport, CheckRedirect: follow}}, nil
}

// elsewhere is why a redirect is not followed.
var errElsewhere = errors.New("elsewhere")

// follow stays on the host: the path is a secret. It may become https. A redirect that
// makes a GET of a POST would lose the body.
func follow(next *http.Request, earlier []*http.Request) error {
	first := earlier[0].URL
	safe := next.URL.Scheme == first.Scheme && next.URL.Host == first.Host ||
		next.URL.Scheme == "https" && first.Scheme == "http" && next.URL.Hostname() == first.Hostname()
	if !safe || len(earlier) > 3 || next.Method != earlier[0].Method {
		return errElsewhere
	}
	return nil
}

// Send sends a request until it is answered with success, the server refuses it, ctx ends,
// or it was tried often enough.
func (t *Target) Send(ctx context.Context, r Request) error {
	pause := t.Pause
	for n := 1; ; n++ {
		asked, again, err := t.try(ctx, r)
		if err == nil || !again || n >= t.Tries || asked > t.Longest {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(max(pause, asked)):
		}
		pause *= 2
	}
}

// try sends a request once. again says that another try may be answered, asked how long
// the server asks us to wait before.
func (t *Target) try(ctx context.Context, r Request) (asked time.Duration, again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, t.Patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, r.Method, t.address(r.Event), bytes.NewReader(r.Body))
	if err != nil {
		return 0, false, errors.New("its URL is not valid")
	}
	request.Header.Set("User-Agent", "scheduled")
	if len(r.Body) > 0 {
		request.Header.Set("Content-Type", r.Type)
	}
	response, err := t.client.Do(request)
	if err != nil {
		return 0, !errors.Is(err, errElsewhere), t.hide(err)
	}
	defer response.Body.Close()
	status := response.StatusCode
	if status >= 200 && status <= 299 {
		return 0, false, nil
	}
	if seconds, err := strconv.ParseUint(response.Header.Get("Retry-After"), 10, 31); err == nil {
		asked = time.Duration(seconds) * time.Second
	}
	again = status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
	return asked, again, fmt.Errorf("the %s answered %d", t.Name, status)
}

// Host returns the name of the host in lower case, to know which service it is.
func (t *Target) Host() string { return strings.ToLower(t.url.Hostname()) }

// address returns the URL of an event.
func (t *Target) address(event string) string {
	target := t.url
	if event != "" {
		target.RawPath = strings.TrimRight(target.EscapedPath(), "/") + event
		target.Path = strings.TrimRight(target.Path, "/") + event
	}
	return target.String()
}

// hide says what went wrong without the words of the network, which name the host.
func (t *Target) hide(err error) error {
	lookup, unknown := errors.AsType[*net.DNSError](err)
	timed, _ := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, errElsewhere):
		return fmt.Errorf("the %s redirects to another address", t.Name)
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case timed != nil && timed.Timeout():
		return fmt.Errorf("the %s did not answer within %v", t.Name, t.Patience)
	case unknown && lookup.IsNotFound:
		return fmt.Errorf("the %s's host was not found", t.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("the %s refused the connection", t.Name)
	}
	kind := "request"
	if cause := errors.Unwrap(err); cause != nil && strings.Contains(cause.Error(), "tls: ") {
		kind = "secure connection"
	}
	return fmt.Errorf("the %s to the %s failed", kind, t.Name)
}
