package github

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// transport is what go-github sends its requests through. It gives the token to
// the API's own host and to no other, and returns any answer but a success as a
// *refusal: after a rate limit go-github would wait by this machine's clock, not
// GitHub's.
type transport struct {
	client *Client
	api    *url.URL
	next   http.RoundTripper
}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if t.client.token != "" && t.home(r.URL) {
		r.Header.Set("Authorization", "Bearer "+t.client.token)
	}
	// A cached answer has an old Date, which may lie in an old window.
	r.Header.Set("Cache-Control", "no-cache")
	t.client.sent.Add(1)
	date := t.client.dates()
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	date(resp.Header)
	fmt.Fprintf(t.client.trace, "%s %s: %s\n", r.Method, strings.TrimPrefix(r.URL.RequestURI(), t.api.EscapedPath()), resp.Status)
	t.client.limit.note(resp.Header)
	body := struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	resp.Body = body
	if succeeded(resp.StatusCode) || t.follows(resp) {
		resp.Header.Del("X-RateLimit-Reset") // go-github has nothing to wait for
		return resp, nil
	}
	defer body.Close()
	return nil, &refusal{resp, said(body)}
}

// home reports whether an address is on the API's own host.
func (t transport) home(u *url.URL) bool { return u.Scheme == t.api.Scheme && u.Host == t.api.Host }

// follows reports whether to follow a redirect: only to read, and only on the API's own
// host. Another host's answer proves nothing. And net/http follows the 301 of a write
// with a GET, which writes nothing.
func (t transport) follows(resp *http.Response) bool {
	if resp.StatusCode/100 != 3 || resp.Request == nil || resp.Request.Method != http.MethodGet {
		return false
	}
	target, err := resp.Location()
	return err == nil && t.home(target)
}

// rateLimit is how many requests GitHub still grants.
// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit
type rateLimit struct {
	mu        sync.Mutex
	known     bool
	remaining int
	reset     int64 // when there are more, in seconds since 1970
}

// note takes what an answer says. Answers to requests at the same time come in any
// order: until the reset, the lowest number is the newest.
func (l *rateLimit) note(h http.Header) {
	remaining, err := strconv.ParseUint(h.Get("X-RateLimit-Remaining"), 10, 31)
	if err != nil {
		return
	}
	reset, _ := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64) // 0 if it does not say
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.known || reset > l.reset || reset == l.reset && int(remaining) < l.remaining {
		l.known, l.remaining, l.reset = true, int(remaining), reset
	}
}

// left returns how many there are, negative if that is unknown.
func (l *rateLimit) left() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.known {
		return -1
	}
	return l.remaining
}

// renewed returns when there are more, zero if that is unknown.
func (l *rateLimit) renewed() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reset == 0 {
		return time.Time{}
	}
	return time.Unix(l.reset, 0).UTC()
}

// refusal is the error of an answer that is no success.
type refusal struct {
	resp *http.Response // whose body was read
	said string         // GitHub's message, "" if there is none
}

func (r *refusal) Error() string { return r.said }

func succeeded(status int) bool {
	return status == http.StatusOK || status == http.StatusCreated || status == http.StatusNoContent
}

// said returns the message of an answer, with its details if it has any.
// https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed
func said(body io.Reader) string {
	var answer struct {
		Message string           `json:"message"`
		Errors  []jsontext.Value `json:"errors"` // objects, or texts
	}
	_ = json.UnmarshalRead(body, &answer, lenient) // the page of a proxy is not JSON
	parts := []string{answer.Message}
	for _, detail := range answer.Errors {
		var fields struct {
			Message string `json:"message"`
			Field   string `json:"field"`
			Code    string `json:"code"`
		}
		if json.Unmarshal(detail, &fields) != nil {
			_ = json.Unmarshal(detail, &fields.Message)
		}
		parts = append(parts, cmp.Or(fields.Message, strings.TrimSpace(fields.Field+" "+fields.Code)))
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ": ")
}
