// Package github reads a job's history from GitHub: which runs its workflow
// had and when the entrypoint started in them.
package github

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-github/v60/github"
)

const (
	patience       = 60 * time.Second // for all requests of one question, retries and waits included
	requestTimeout = 15 * time.Second // for one request, so that a server that hangs leaves time for others
	maxRetries     = 3                // of one request
	maxAnswer      = 16 << 20         // bytes; a full page of runs has 2 MB
)

// Config says whom to ask.
type Config struct {
	APIURL     string    // what GITHUB_API_URL has, with or without a slash at its end; "" is https://api.github.com
	Repository string    // owner/name
	Token      string    // sent to the API's own host only; "" asks without
	Log        io.Writer // hears of every retry, a line each; nil for none
}

// Client talks to one repository.
type Client struct {
	api        *github.Client
	repository string
	token      string // only to keep it out of messages; the transport sends it
	log        io.Writer
}

// New returns a client. It sends nothing yet.
func New(c Config) (*Client, error) {
	owner, name, _ := strings.Cut(c.Repository, "/")
	if !isSegment(owner) || !isSegment(name) {
		return nil, fmt.Errorf("use repository %q: not of the form owner/name", c.Repository)
	}
	base, err := url.Parse(c.APIURL)
	if err != nil || c.APIURL != "" && (base.Host == "" || base.Scheme != "https" && base.Scheme != "http") {
		return nil, fmt.Errorf("use GitHub API at %q: not an http or https URL", c.APIURL)
	}
	client := &Client{repository: c.Repository, token: c.Token, log: c.Log}
	if client.log == nil {
		client.log = io.Discard
	}
	client.connect(base, http.DefaultTransport)
	return client, nil
}

// isSegment reports whether s can stand between two slashes of a path as it is.
func isSegment(s string) bool {
	return s != "" && s != "." && s != ".." && url.PathEscape(s) == s
}

// connect sets go-github up. It sets BaseURL itself because go-github's
// WithEnterpriseURLs appends /api/v3/ to hosts that have it elsewhere.
func (c *Client) connect(base *url.URL, transport http.RoundTripper) {
	if base.Host == "" {
		base = github.NewClient(nil).BaseURL
	}
	base = base.JoinPath("/")
	base.RawQuery, base.Fragment = "", ""
	c.api = github.NewClient(&http.Client{Transport: authorized{base, c.token, transport}})
	c.api.BaseURL = base
}

// authorized sends the token with every request to the API and with none to
// another host that it redirects to. go-github's WithAuthToken would send it
// there as well.
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

// answer is what one request brought.
type answer[T any] struct {
	value T
	now   time.Time // GitHub's clock; zero where it did not tell
	more  bool      // there is a next page
}

// resource is the JSON of an answer, as far as we read it.
type resource interface {
	noun() string   // what it is, for messages
	complete() bool // it has what was asked for
}

// get asks for something below the repository, and again where that may help.
// ctx has a deadline, and no wait is begun that would go beyond. The error is
// an *Unreadable.
func get[T resource](ctx context.Context, c *Client, below string) (answer[T], error) {
	deadline, _ := ctx.Deadline()
	for try := 0; ; try++ {
		a, failure := getOnce[T](ctx, c, below)
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

// getOnce does without go-github's Do, which after a rate limit refuses by
// itself until this machine's clock, not GitHub's, says that it is over; and
// without its types, which hold two whole repositories a run: a full page takes
// 14 ms to decode into them and 2 ms into ours.
func getOnce[T resource](ctx context.Context, c *Client, below string) (a answer[T], _ *Unreadable) {
	ctx, cancel := context.WithTimeoutCause(ctx, requestTimeout, fmt.Errorf("no answer within %v", requestTimeout))
	defer cancel()
	resp, err := c.send(ctx, below)
	if err == nil {
		defer resp.Body.Close()
		a.value, err = decode[T](resp)
	}
	if err != nil {
		return a, c.unreadable(a.value.noun(), resp, err)
	}
	a.now = date(resp.Header)
	a.more = strings.Contains(resp.Header.Get("Link"), `rel="next"`)
	return a, nil
}

func (c *Client) send(ctx context.Context, below string) (*http.Response, error) {
	req, err := c.api.NewRequest(http.MethodGet, strings.TrimSuffix("repos/"+c.repository+"/"+below, "/"), nil)
	if err != nil {
		return nil, err
	}
	// A cached answer has an old Date, and an old Date an old window.
	req.Header.Set("Cache-Control", "no-cache")
	return c.api.Client().Do(req.WithContext(ctx))
}

// lenient leaves out checks of what GitHub does not send; that for names that
// come twice would cost a third of the time.
var lenient = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// decode reads an answer to its end. The error of a refusal is what GitHub says
// about it, which may be nothing.
func decode[T resource](resp *http.Response) (value T, _ error) {
	body := io.LimitReader(resp.Body, maxAnswer)
	if resp.StatusCode != http.StatusOK {
		var refusal struct {
			Message string `json:"message"`
		}
		_ = json.UnmarshalRead(body, &refusal) // a proxy's page has none
		return value, errors.New(refusal.Message)
	}
	if err := json.UnmarshalRead(body, &value, lenient); err != nil {
		return value, fmt.Errorf("decode answer: %w", err)
	}
	if !value.complete() {
		return value, errors.New("decode answer: it lacks what was asked for")
	}
	return value, nil
}

// date returns when an answer was given, by the server's clock; zero where it
// does not tell.
func date(h http.Header) time.Time {
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return now
}
