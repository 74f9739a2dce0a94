// Package github talks to GitHub: a job's history comes in, which runs its
// workflow had and when the entrypoint started in them; a repository's files come in,
// and a pull request that changes them goes out.
package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-github/v60/github"
)

const (
	defaultAPI    = "https://api.github.com/"
	defaultServer = "https://github.com"
)

const (
	patience       = 60 * time.Second // for all requests of one History, with retries and waits
	requestTimeout = 15 * time.Second // for one request, so that a hanging server leaves time for retries
	maxRetries     = 3                // of one request
	maxAnswer      = 16 << 20         // bytes, unpacked; a full page of runs has 1 to 2 MB
)

// Config says which API and repository to use.
type Config struct {
	APIURL     string           // as in GITHUB_API_URL, with or without a slash at its end; "" is defaultAPI
	ServerURL  string           // as in GITHUB_SERVER_URL: the pages for people; "" is defaultServer
	Repository string           // owner/name
	Token      string           // sent to the API's own host only; empty for unauthenticated requests
	Now        func() time.Time // a clock that is known to be right, to compare GitHub's with; nil for none
	Log        io.Writer        // receives a line for each step and each retry; nil for none
	Trace      io.Writer        // receives a line for each request; nil for none
}

// Client reads from one repository, and writes to it.
type Client struct {
	api        *github.Client
	server     *url.URL
	named      atomic.Pointer[string] // owner/name
	token      string                 // only to keep it out of messages; the transport sends it
	machine    func() time.Time
	log, trace io.Writer

	sent   atomic.Int64 // requests
	dated  atomic.Pointer[dating]
	silent atomic.Bool // this GitHub does not say which run a dispatch has become
	limit  rateLimit
	upload upload
}

// Within limits the time of a step that takes several requests. If the time is up, the
// cause names the step.
func Within(ctx context.Context, patience time.Duration, step string) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, patience, fmt.Errorf("%s: not done within %v", step, patience))
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
	server, err := url.Parse(cmp.Or(c.ServerURL, defaultServer))
	if err != nil {
		server = &url.URL{} // no page has it
	}
	client := &Client{server: server, token: c.Token, machine: c.Now, log: io.Discard, trace: io.Discard}
	client.named.Store(&c.Repository)
	if c.Log != nil {
		client.log = c.Log
	}
	if c.Trace != nil {
		client.trace = c.Trace
	}
	client.upload = upload{client: client, there: map[string]bool{}}
	client.connect(base, http.DefaultTransport)
	return client, nil
}

// Anew returns a client for the same repository that has sent nothing yet, and says nothing:
// how much may be read at once depends on what a client has sent before.
func (c *Client) Anew() *Client {
	anew := &Client{server: c.server, token: c.token, machine: c.machine, log: io.Discard, trace: c.trace}
	anew.named.Store(c.named.Load())
	anew.upload = upload{client: anew, there: map[string]bool{}}
	anew.connect(c.api.BaseURL, http.DefaultTransport)
	return anew
}

// isSegment reports whether s can be a segment of a URL's path as it is.
func isSegment(s string) bool {
	return s != "" && s != "." && s != ".." && url.PathEscape(s) == s
}

// connect sets up go-github. It sets BaseURL itself because go-github's
// WithEnterpriseURLs appends /api/v3/, which not every host has.
func (c *Client) connect(base *url.URL, next http.RoundTripper) {
	base = base.JoinPath("/")
	base.RawQuery, base.Fragment = "", ""
	c.api = github.NewClient(&http.Client{Transport: transport{c, base, next}})
	c.api.BaseURL = base
}

// owner and name are the two halves of the repository.
func (c *Client) owner() string { owner, _, _ := strings.Cut(c.Repository(), "/"); return owner }
func (c *Client) name() string  { _, name, _ := strings.Cut(c.Repository(), "/"); return name }

// Repository returns the repository, as owner/name.
func (c *Client) Repository() string { return *c.named.Load() }

// Sent returns how many requests the client has sent.
func (c *Client) Sent() int { return int(c.sent.Load()) }

// Remaining returns how many requests GitHub still grants, before its rate limit
// is reset; negative if no answer said so.
func (c *Client) Remaining() int { return c.limit.left() }

// Reset returns when GitHub grants requests anew, by its own clock; zero if no answer
// said so.
func (c *Client) Reset() time.Time { return c.limit.renewed() }

// page returns the address of a page for people, "" if it is not on GitHub's own
// host: an answer may contain anything.
func (c *Client) page(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User != nil {
		return ""
	}
	for _, home := range []*url.URL{c.server, c.api.BaseURL} {
		if host := strings.TrimPrefix(home.Host, "api."); u.Scheme == home.Scheme && (u.Host == home.Host || u.Host == host) && host != "" {
			return u.String()
		}
	}
	return ""
}

// call has one of go-github's services send a request, and retries it where that may
// help. It never waits past the deadline of ctx, which must have one. what is for
// messages and says what the request does: "read branch", "create commit". The error is
// a *Failure.
func call[T any](ctx context.Context, c *Client, what string, send func(context.Context) (T, *github.Response, error)) (value T, resp *github.Response, _ error) {
	return callWith(ctx, c, usual, what, send)
}

// effort is what is done for the answer to one request.
type effort struct {
	limit   time.Duration // for each time that it is sent
	retries int
}

var usual = effort{requestTimeout, maxRetries}

// Once has each request with the context sent once: who asks asks again, at times of its own.
func Once(ctx context.Context) context.Context { return context.WithValue(ctx, once{}, true) }

type once struct{}

// callWith is call with another effort.
func callWith[T any](ctx context.Context, c *Client, e effort, what string, send func(context.Context) (T, *github.Response, error)) (value T, resp *github.Response, _ error) {
	err := c.insist(ctx, e, func(ctx context.Context) *Failure {
		var err error
		value, resp, err = send(ctx)
		switch {
		case ctx.Err() != nil:
			err = context.Cause(ctx) // go-github returns no cause
		case err == nil && !complete(value):
			err = errIncomplete
		case err == nil:
			return nil
		}
		if resp == nil {
			return c.failure(what, nil, err)
		}
		if err != errIncomplete {
			err = fmt.Errorf("decode answer: %w", err)
		}
		return c.failure(what, resp.Response, err)
	})
	return value, resp, err
}

// errIncomplete is the error of an answer that cannot be used.
var errIncomplete = errors.New("decode answer: required fields are missing")

// complete reports whether one of go-github's values has what we need of it.
func complete(value any) bool {
	switch v := value.(type) {
	case *github.Repository:
		return v.GetDefaultBranch() != ""
	case *github.Branch:
		return isObject(v.GetCommit().GetSHA()) && isObject(v.GetCommit().GetCommit().GetTree().GetSHA())
	case *github.Tree:
		return isObject(v.GetSHA()) && v.Entries != nil
	case *github.Blob:
		return v.GetEncoding() == "base64"
	case *github.Commit:
		return isObject(v.GetSHA()) && isObject(v.GetTree().GetSHA())
	case *github.Reference:
		return isObject(v.GetObject().GetSHA())
	case []*github.Reference:
		return v != nil
	case *github.CommitsComparison:
		return v != nil && v.AheadBy != nil
	case *github.PullRequest:
		return v.GetNumber() != 0
	case []*github.PullRequest:
		return v != nil
	case *github.Issue:
		return v.GetNumber() != 0
	case []*github.Issue:
		return v != nil
	case *github.IssueComment:
		return v.GetID() != 0
	case []*github.IssueComment:
		return v != nil
	case *github.Workflows:
		return v != nil && v.Workflows != nil
	}
	return true // its content does not matter
}

// insist sends a request until it succeeds, or until sending it again cannot help.
func (c *Client) insist(ctx context.Context, e effort, send func(context.Context) *Failure) error {
	deadline, _ := ctx.Deadline()
	if ctx.Value(once{}) != nil {
		e.retries = 0
	}
	for try := 0; ; try++ {
		timed, cancel := context.WithTimeoutCause(ctx, e.limit, fmt.Errorf("no answer within %v", e.limit))
		failure := send(timed)
		cancel()
		if failure == nil {
			return nil
		}
		wait, again := failure.retry(try)
		if !again || try == e.retries || ctx.Err() != nil || !time.Now().Add(wait).Before(deadline) {
			return failure
		}
		soon := "soon" // a random time would make each line another one
		if failure.wait >= 0 {
			soon = fmt.Sprintf("in %v", wait)
		}
		fmt.Fprintf(c.log, "%v; asking again %s\n", failure, soon)
		select {
		case <-ctx.Done():
			return failure
		case <-time.After(wait):
		}
	}
}

// resource is the JSON of an answer, as far as we read it.
type resource interface {
	noun() string   // what it is, for messages
	complete() bool // whether all required fields are there
}

// answer is the answer to one request.
type answer[T any] struct {
	value  T
	header http.Header
	more   bool // there is a next page
}

// get fetches a path under the repository as call does, but faster, because a decision
// waits for it. go-github's types hold two whole repositories per run and take twice as
// long to decode. encoding/json takes 12 ms for the first full page in a process (100
// runs, 1.2 MB), and this takes 3 ms. The budget for the whole program is 15 ms.
func get[T resource](ctx context.Context, c *Client, path string) (a answer[T], _ error) {
	err := c.insist(ctx, usual, func(ctx context.Context) *Failure {
		a = answer[T]{}
		what := "read " + a.value.noun()
		req, err := c.api.NewRequest(http.MethodGet, strings.TrimSuffix("repos/"+c.Repository()+"/"+path, "/"), nil)
		if err != nil {
			return c.failure(what, nil, err)
		}
		resp, err := c.api.Client().Do(req.WithContext(ctx))
		if err != nil {
			return c.failure(what, resp, err) // after too many redirects there is an answer, too
		}
		defer resp.Body.Close()
		if a.value, err = decode[T](resp); err != nil {
			return c.failure(what, resp, err)
		}
		a.header = resp.Header
		a.more = strings.Contains(resp.Header.Get("Link"), `rel="next"`)
		return nil
	})
	return a, err
}

// lenient skips checks that GitHub's answers do not need; the one for duplicate
// names alone would nearly double the time.
var lenient = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// decode reads an answer to its end.
func decode[T resource](resp *http.Response) (value T, _ error) {
	if resp.StatusCode != http.StatusNoContent {
		if err := json.UnmarshalRead(io.LimitReader(resp.Body, maxAnswer), &value, lenient); err != nil {
			return value, fmt.Errorf("decode answer: %w", err)
		}
	}
	if !value.complete() {
		return value, errIncomplete
	}
	return value, nil
}

// page is a list in an answer. It must not be longer than a list of GitHub's, because
// its items take many times the memory of their text.
type page[T any] []T

const maxItems = 1000 // of a page; GitHub sends 100, and a job has fewer steps

// UnmarshalJSONFrom reads the items one after another.
func (p *page[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*p = nil
	if d.PeekKind() == 'n' {
		return d.SkipValue()
	}
	if d.PeekKind() != '[' {
		return errors.New("not a list")
	}
	_, err := d.ReadToken()
	for *p = []T{}; err == nil && d.PeekKind() != ']'; {
		var item T
		if err = json.UnmarshalDecode(d, &item); err == nil && len(*p) == maxItems {
			err = fmt.Errorf("more than %d items", maxItems)
		}
		*p = append(*p, item)
	}
	if err == nil {
		_, err = d.ReadToken()
	}
	return err
}
