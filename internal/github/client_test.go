package github

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

func TestNew(t *testing.T) {
	rows := []struct {
		apiURL, repository string
		base, err          string
	}{
		{"", "octo/app", "https://api.github.com/", ""},
		{"https://api.github.com", "octo/app", "https://api.github.com/", ""},
		{"https://ghes.example.com/api/v3", "octo/app", "https://ghes.example.com/api/v3/", ""},
		{"https://ghes.example.com/api/v3/", "octo/app", "https://ghes.example.com/api/v3/", ""},
		{"https://ghes.example.com/api/v3?x=1#y", "octo/app", "https://ghes.example.com/api/v3/", ""},
		{"http://127.0.0.1:8080", "octo/app.js", "http://127.0.0.1:8080/", ""},

		{"", "", "", `use repository "": not of the form owner/name`},
		{"", "octo", "", `use repository "octo": not of the form owner/name`},
		{"", "octo/", "", `use repository "octo/": not of the form owner/name`},
		{"", "/app", "", `use repository "/app": not of the form owner/name`},
		{"", "octo/app/more", "", `use repository "octo/app/more": not of the form owner/name`},
		{"", "../app", "", `use repository "../app": not of the form owner/name`},
		{"", "octo/..", "", `use repository "octo/..": not of the form owner/name`},
		{"", "octo/app?x", "", `use repository "octo/app?x": not of the form owner/name`},
		{"api.github.com", "octo/app", "", `use GitHub API at "api.github.com": not an http or https URL`},
		{"ftp://api.github.com", "octo/app", "", `use GitHub API at "ftp://api.github.com": not an http or https URL`},
		{"https://", "octo/app", "", `use GitHub API at "https://": not an http or https URL`},
		{"https://api.github.com:port", "octo/app", "", `use GitHub API at "https://api.github.com:port": not an http or https URL`},
	}
	for _, row := range rows {
		client, err := New(Config{APIURL: row.apiURL, Repository: row.repository})
		switch {
		case err != nil:
			if err.Error() != row.err {
				t.Errorf("%q, %q: want %s, got %v", row.apiURL, row.repository, row.err, err)
			}
		case row.err != "" || client.api.BaseURL.String() != row.base:
			t.Errorf("%q, %q: want %q %s, got %q", row.apiURL, row.repository, row.base, row.err, client.api.BaseURL)
		}
	}
}

// TestNoToken asks without one, and says so if that may be the cause.
func TestNoToken(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	client := newClient(t, fake.URL)
	anonymous, err := New(Config{APIURL: fake.URL, Repository: ghtest.Repository})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := anonymous.History(t.Context(), query(daily)); err != nil {
		t.Error(err)
	}
	for _, request := range fake.Requests() {
		if auth, ok := request.Header["Authorization"]; ok {
			t.Errorf("%v: Authorization %q", request, auth)
		}
	}
	fake.SetToken("another")
	_, err = anonymous.History(t.Context(), query(daily))
	checkFailure(t, err, "read run list of octo/app: 401 Unauthorized: Bad credentials", "set GITHUB_TOKEN to a token with")
	_, err = client.History(t.Context(), query(daily))
	checkFailure(t, err, "read run list of octo/app: 401 Unauthorized: Bad credentials", "set GITHUB_TOKEN to a valid token with")
}

// TestMoved follows a repository to its new name.
func TestMoved(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	fake.Add(ghtest.Run{ID: 7, Head: "old/name", Created: at("21 10:40"), Started: at("21 10:40")})
	moved := func(path string) ghtest.Fault {
		return ghtest.Fault{Path: "/repos/old/name/" + path, Status: 301, Header: map[string]string{"Location": fake.URL + "/repos/octo/app/" + path + "?per_page=100"}}
	}
	fake.Break(moved("actions/workflows/"+ghtest.Workflow+"/runs"), moved("actions/runs/7/jobs"))
	client, err := New(Config{APIURL: fake.URL, Repository: "old/name", Token: "secret-token"})
	if err != nil {
		t.Fatal(err)
	}
	if decision, err := decide(t, client, query(daily)); err != nil || decision.Reason != schedule.Confirmed {
		t.Errorf("%s, %v", decision.Reason, err)
	}
}

// TestRedirect checks that no other host is asked, let alone gets the token.
func TestRedirect(t *testing.T) {
	var auth []string
	asked := false
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		auth, asked = r.Header["Authorization"], true
		http.NotFound(w, r)
	}))
	defer other.Close()
	fake := ghtest.New(t)
	fake.Break(ghtest.Fault{Status: 307, Header: map[string]string{"Location": other.URL}})
	_, err := newClient(t, fake.URL).History(t.Context(), query(daily))
	checkFailure(t, err, "read run list of octo/app: 307 Temporary Redirect", "check that GITHUB_API_URL is right")
	if asked {
		t.Errorf("asked another host, with Authorization %q", auth)
	}
}

// TestRedirectLoop checks that an address that leads to itself is not asked again.
func TestRedirectLoop(t *testing.T) {
	asked := 0
	var loop *httptest.Server
	loop = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, loop.URL+r.URL.RequestURI(), http.StatusMovedPermanently)
	}))
	defer loop.Close()
	_, err := newClient(t, loop.URL).History(t.Context(), query(daily))
	checkFailure(t, err, "read run list of octo/app: 301 Moved Permanently: stopped after 10 redirects", "check that GITHUB_API_URL is right")
	if asked > 10 {
		t.Errorf("asked %d times", asked)
	}
}

// TestOneLine makes any text fit for a log.
func TestOneLine(t *testing.T) {
	client := &Client{token: "secret-token"}
	rows := []struct{ message, want string }{
		{"as it is: ok", "as it is: ok"},
		{"two\r\n  lines\n", "two lines"},
		{"\x1b[31mred\u202e", "[31mred"},
		{"it is secret-token, secret-token!", "it is ***, ***!"},
		{strings.Repeat("ä", 1000), strings.Repeat("ä", 400)},
	}
	for _, row := range rows {
		if got := client.oneLine(row.message); got != row.want {
			t.Errorf("%q: want %q, got %q", row.message, row.want, got)
		}
	}
}

// endless is an answer without an end. No reader may take more than maxAnswer and a
// buffer.
type endless struct {
	*testing.T
	read int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.read += len(p); e.read > 2*maxAnswer {
		e.Fatal("read without end")
	}
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func (e *endless) Close() error { return nil }

func TestEndlessAnswer(t *testing.T) {
	if _, err := decode[runList](&http.Response{StatusCode: http.StatusOK, Body: &endless{T: t}}); err == nil {
		t.Error("no error")
	}
}

func checkFailure(t *testing.T, err error, want, hint string) {
	t.Helper()
	failure, ok := err.(*Failure)
	if !ok {
		t.Fatalf("want a Failure, got %v", err)
	}
	if failure.Error() != want {
		t.Errorf("error: want %q, got %q", want, failure)
	}
	if !strings.HasPrefix(failure.Hint(), hint) {
		t.Errorf("hint: want %q, got %q", hint, failure.Hint())
	}
}

// TestFailure names the cause, the way out and GitHub's clock.
func TestFailure(t *testing.T) {
	const list, jobs = "/workflows/", "/jobs"
	rows := []struct {
		name  string
		fault ghtest.Fault
		now   time.Time
		want  string
		hint  string
	}{
		{"no right", ghtest.Fault{Path: list, Status: 403, Body: `{"message":"Resource not accessible by integration"}`}, noon, "read run list of octo/app: 403 Forbidden: Resource not accessible by integration", "add `actions: read` to the `permissions:` of the workflow's job: the token lacks a right"},
		{"no workflow", ghtest.Fault{Path: list, Status: 404, Body: `{"message":"Not Found"}`}, noon, "read run list of octo/app: 404 Not Found: Not Found", "add `actions: read` to the `permissions:` of the workflow's job: the token may not see the workflow, or there is none"},
		{"no right for the jobs", ghtest.Fault{Path: jobs, Status: 403}, noon, "read jobs of octo/app: 403 Forbidden", "add `actions: read` to the `permissions:` of the workflow's job: the token lacks a right"},
		{"rate limit", ghtest.Fault{Path: jobs, Status: 429, Header: map[string]string{"Retry-After": "3600"}}, noon, "read jobs of octo/app: 429 Too Many Requests", "wait until GitHub's rate limit is reset"},
		{"rate limit as a 403", ghtest.Fault{Path: list, Status: 403, Header: map[string]string{"Retry-After": "3600"}}, noon, "read run list of octo/app: 403 Forbidden", "wait until GitHub's rate limit is reset"},
		{"server error", ghtest.Fault{Path: list, Status: 502, Body: "<html>"}, noon, "read run list of octo/app: 502 Bad Gateway", "see https://www.githubstatus.com"},
		{"not GitHub", ghtest.Fault{Path: list, Body: "<html>"}, noon, `read run list of octo/app: decode answer: jsontext: invalid character '<' at start of value`, "check that GITHUB_API_URL is right"},
		{"network", ghtest.Fault{Path: list, Drop: true}, time.Time{}, "read run list of octo/app: EOF", "check that GITHUB_API_URL is right"},
		{"network, for the jobs", ghtest.Fault{Path: jobs, Drop: true}, noon, "read jobs of octo/app: EOF", "check that GITHUB_API_URL is right"},
		{"hangs in the middle", ghtest.Fault{Path: list, Hang: true, Cut: true}, noon, "read run list of octo/app: decode answer: jsontext: read error: no answer within 1m0s", "check that GITHUB_API_URL is right"},
		{"hangs", ghtest.Fault{Path: list, Hang: true}, time.Time{}, "read run list of octo/app: no answer within 1m0s", "check that GITHUB_API_URL is right"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, fake *ghtest.Server, client *Client) {
				fake.SetNow(noon)
				fake.Add(executed("21 10:40"))
				fake.Break(row.fault)
				_, err := client.History(t.Context(), query(daily))
				checkFailure(t, err, row.want, row.hint)
				if now := err.(*Failure).Now; !now.Equal(row.now) {
					t.Errorf("now: want %v, got %v", row.now, now)
				}
			})
		})
	}
}
