// Package github talks to GitHub: a job's history comes in, which runs its
// workflow had and when the entrypoint started in them; a repository's files come
// in, and a pull request that changes some of them goes out.
package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-github/v60/github"
)

const defaultAPI = "https://api.github.com/"

const (
	patience       = 60 * time.Second // for all requests of one History, with retries and waits
	requestTimeout = 15 * time.Second // for one request, so that a hanging server leaves time for retries
	maxRetries     = 3                // of one request
	maxAnswer      = 16 << 20         // bytes; a full page of runs has 1 to 2 MB
)

// Config says which API and repository to use.
type Config struct {
	APIURL     string    // as in GITHUB_API_URL, with or without a slash at its end; "" is defaultAPI
	Repository string    // owner/name
	Token      string    // sent to the API's own host only; empty for unauthenticated requests
	Log        io.Writer // receives a line a step, and one a retry; nil for none
	Trace      io.Writer // receives a line a request; nil for none
}

// Client reads from one repository, and writes to it.
type Client struct {
	api        *github.Client
	repository string
	token      string // only to keep it out of messages; the transport sends it
	log, trace io.Writer

	remaining atomic.Int64 // requests that GitHub still grants; negative if it does not say
}

// New returns a client. It sends no request yet.
func New(c Config) (*Client, error) {
	owner, name, _ := strings.Cut(c.Repository, "/")
	if !isSegment(owner) || !isSegment(name) {
		return nil, fmt.Errorf("use repository %q: not of the form owner/name", c.Repository)
	}
	base, err := url.Parse(cmp.Or(c.APIURL, defaultAPI))
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
		return nil, fmt.Errorf("use GitHub API at %q: not an http or https URL", c.APIURL)
	}
	client := &Client{repository: c.Repository, token: c.Token, log: io.Discard, trace: io.Discard}
	client.remaining.Store(-1)
	if c.Log != nil {
		client.log = c.Log
	}
	if c.Trace != nil {
		client.trace = c.Trace
	}
	client.connect(base, http.DefaultTransport)
	return client, nil
}

// isSegment reports whether s can be a segment of a URL's path as it is.
func isSegment(s string) bool {
	return s != "" && s != "." && s != ".." && url.PathEscape(s) == s
}

// connect sets up go-github. It sets BaseURL itself because go-github's
// WithEnterpriseURLs appends /api/v3/, which not every host has.
func (c *Client) connect(base *url.URL, transport http.RoundTripper) {
	base = base.JoinPath("/")
	base.RawQuery, base.Fragment = "", ""
	c.api = github.NewClient(&http.Client{Transport: authorized{base, c.token, transport}})
	c.api.BaseURL = base
}

// authorized adds the token to requests to the API, and not to those to another
// host that it redirects to. go-github's WithAuthToken would add it there, too.
type authorized struct {
	api   *url.URL
	token string
	next  http.RoundTripper
}

func (a authorized) RoundTrip(r *http.Request) (*http.Response, error) {
	if a.token != "" && r.URL.Scheme == a.api.Scheme && r.URL.Host == a.api.Host {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	return a.next.RoundTrip(r)
}

// answer is the answer to one request.
type answer[T any] struct {
	value T
	now   time.Time // GitHub's clock; zero if the answer has no Date
	more  bool      // there is a next page
}

// resource is the JSON of an answer, as far as we read it.
type resource interface {
	noun() string   // what it is, for messages
	complete() bool // whether it has what was asked for
}

// request is one request for something of the repository.
type request struct {
	method string
	path   string // under the repository
	body   any    // for JSON; nil for none
}

// get fetches a path under the repository.
func get[T resource](ctx context.Context, c *Client, path string) (answer[T], error) {
	return do[T](ctx, c, request{http.MethodGet, path, nil})
}

// do sends a request, retrying where that may help; it never waits past ctx's
// deadline, which there must be. The error is a *Failure.
func do[T resource](ctx context.Context, c *Client, r request) (answer[T], error) {
	deadline, _ := ctx.Deadline()
	for try := 0; ; try++ {
		a, failure := doOnce[T](ctx, c, r)
		if failure == nil {
			return a, nil
		}
		wait, again := failure.retry(try)
		if !again || try == maxRetries || !time.Now().Add(wait).Before(deadline) {
			return a, failure
		}
		fmt.Fprintf(c.log, "%v; asking again in %v\n", failure, wait.Round(time.Millisecond))
		select {
		case <-ctx.Done():
			return a, failure
		case <-time.After(wait):
		}
	}
}

// doOnce uses neither go-github's Do, which after a rate limit sends nothing
// until it is over by this machine's clock, not GitHub's; nor its types, which
// hold two whole repositories per run and take twice as long to decode.
func doOnce[T resource](ctx context.Context, c *Client, r request) (a answer[T], _ *Failure) {
	ctx, cancel := context.WithTimeoutCause(ctx, requestTimeout, fmt.Errorf("no answer within %v", requestTimeout))
	defer cancel()
	resp, err := c.send(ctx, r)
	if err == nil {
		defer resp.Body.Close()
		c.count(resp.Header)
		a.value, err = decode[T](resp)
		fmt.Fprintf(c.trace, "%s %s: %s\n", r.method, c.path(r), resp.Status)
	}
	if err != nil {
		return a, c.failure(r.method, a.value.noun(), resp, err)
	}
	a.now = date(resp.Header)
	a.more = strings.Contains(resp.Header.Get("Link"), `rel="next"`)
	return a, nil
}

// count notes how many requests GitHub still grants, where an answer says so.
// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit
func (c *Client) count(h http.Header) {
	if remaining, err := strconv.ParseUint(h.Get("X-RateLimit-Remaining"), 10, 31); err == nil {
		c.remaining.Store(int64(remaining))
	}
}

// Remaining returns how many requests GitHub still grants, before its rate limit
// starts anew; negative if no answer said so.
func (c *Client) Remaining() int { return int(c.remaining.Load()) }

// path returns the whole path of a request.
func (c *Client) path(r request) string {
	return strings.TrimSuffix("repos/"+c.repository+"/"+r.path, "/")
}

func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	req, err := c.api.NewRequest(r.method, c.path(r), r.body)
	if err != nil {
		return nil, err
	}
	// A cached answer has an old Date, which may lie in an old window.
	req.Header.Set("Cache-Control", "no-cache")
	return c.api.Client().Do(req.WithContext(ctx))
}

// lenient skips checks that GitHub's answers do not need; the one for duplicate
// names alone would nearly double the time.
var lenient = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// decode reads an answer to its end. The error of a refusal is GitHub's message,
// which may be empty.
//
// It does not use encoding/json, which takes 12 ms for the first full page in a
// process (100 runs, 1.2 MB), where this takes 3 ms: the budget for the whole
// program is 15 ms.
func decode[T resource](resp *http.Response) (value T, _ error) {
	body := io.LimitReader(resp.Body, maxAnswer)
	if !succeeded(resp.StatusCode) {
		return value, errors.New(refusal(body))
	}
	if resp.StatusCode != http.StatusNoContent {
		if err := json.UnmarshalRead(body, &value, lenient); err != nil {
			return value, fmt.Errorf("decode answer: %w", err)
		}
	}
	if !value.complete() {
		return value, errors.New("decode answer: it lacks what was asked for")
	}
	return value, nil
}

func succeeded(status int) bool {
	return status == http.StatusOK || status == http.StatusCreated || status == http.StatusNoContent
}

// refusal returns the message of an answer, with its details if it has any.
// https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed
func refusal(body io.Reader) string {
	var said struct {
		Message string           `json:"message"`
		Errors  []jsontext.Value `json:"errors"` // objects, or texts
	}
	_ = json.UnmarshalRead(body, &said, lenient) // the page of a proxy is not JSON
	parts := []string{said.Message}
	for _, detail := range said.Errors {
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

// date returns when an answer was sent, by the server's clock; zero if it has no
// valid Date.
func date(h http.Header) time.Time {
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return now
}
