package github

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// inBubble runs f with a fake GitHub and a client of it, in a bubble with its own
// time.
func inBubble(t *testing.T, f func(t *testing.T, fake *ghtest.Server, client *Client)) {
	synctest.Test(t, func(t *testing.T) {
		network := ghtest.NewNetwork()
		fake := ghtest.Serve(network)
		transport := &http.Transport{DialContext: network.Dial}
		client := newClient(t, fake.URL)
		client.connect(client.api.BaseURL, transport)
		defer fake.Close()
		defer transport.CloseIdleConnections()
		f(t, fake, client)
		for _, violation := range fake.Violations() {
			t.Errorf("fake GitHub: %s", violation)
		}
	})
}

// TestRetry has a run that confirms the window, and faults before it is found.
func TestRetry(t *testing.T) {
	header := func(pairs ...string) map[string]string {
		h := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			h[pairs[i]] = pairs[i+1]
		}
		return h
	}
	known, unknown := schedule.Confirmed, schedule.HistoryUnknown
	const list, jobs = "/workflows/", "/jobs"
	limit := `{"message":"You have exceeded a secondary rate limit. Please wait."}`
	reset := header("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1795262405") // noon and 5 s later
	s := time.Second
	rows := []struct {
		name     string
		faults   []ghtest.Fault
		want     schedule.Reason
		requests int
		min, max time.Duration // waited
	}{
		// Servers in trouble.
		{"500 once", []ghtest.Fault{{Once: true, Status: 500}}, known, 3, s / 2, s},
		{"502 once, for the jobs", []ghtest.Fault{{Path: jobs, Once: true, Status: 502}}, known, 3, s / 2, s},
		{"503 twice, then 504", []ghtest.Fault{{Once: true, Status: 503}, {Once: true, Status: 503}, {Once: true, Status: 504}}, known, 5, 7 * s / 2, 7 * s},
		{"500 for ever", []ghtest.Fault{{Status: 500}}, unknown, 4, 7 * s / 2, 7 * s},
		{"500 for ever, for the jobs", []ghtest.Fault{{Path: jobs, Status: 500}}, unknown, 5, 7 * s / 2, 7 * s},
		{"503 that says when", []ghtest.Fault{{Once: true, Status: 503, Header: header("Retry-After", "7")}}, known, 3, 7 * s, 7 * s},

		// Answers that are none.
		{"a page of HTML", []ghtest.Fault{{Once: true, Body: "<html>maintenance</html>"}}, known, 3, s / 2, s},
		{"HTML for ever", []ghtest.Fault{{Body: "<html>maintenance</html>"}}, unknown, 4, 7 * s / 2, 7 * s},
		{"other JSON", []ghtest.Fault{{Path: list, Body: `{"status":"ok"}`}}, unknown, 4, 7 * s / 2, 7 * s},
		{"null", []ghtest.Fault{{Path: jobs, Once: true, Body: `null`}}, known, 3, s / 2, s},
		{"JSON that ends early", []ghtest.Fault{{Path: list, Once: true, Body: `{"total_count":1,"workflow_runs":[{"id":7,`}}, known, 3, s / 2, s},
		{"JSON and more", []ghtest.Fault{{Path: jobs, Once: true, Body: `{"jobs":[]}{}`}}, known, 3, s / 2, s},
		{"a word for a number", []ghtest.Fault{{Path: list, Once: true, Body: `{"workflow_runs":[{"id":"seven"}]}`}}, known, 3, s / 2, s},
		{"an id beyond all numbers", []ghtest.Fault{{Path: list, Body: `{"workflow_runs":[{"id":99999999999999999999}]}`}}, unknown, 4, 7 * s / 2, 7 * s},
		{"text that is no UTF-8", []ghtest.Fault{{Path: list, Body: "{\"workflow_runs\":[],\"title\":\"\xff\"}"}}, schedule.Unconfirmed, 1, 0, 0},
		{"nothing", []ghtest.Fault{{Once: true, Status: 204}}, known, 3, s / 2, s},
		{"cut off", []ghtest.Fault{{Once: true, Cut: true}}, known, 3, s / 2, s},
		{"cut off for ever", []ghtest.Fault{{Cut: true}}, unknown, 4, 7 * s / 2, 7 * s},
		{"no answer", []ghtest.Fault{{Path: jobs, Skip: 0, Once: true, Drop: true}}, known, 3, 0, s},
		{"no Date", []ghtest.Fault{{Path: list, Header: header("Date", "")}}, unknown, 1, 0, 0},
		{"no Date for the jobs", []ghtest.Fault{{Path: jobs, Header: header("Date", "")}}, known, 2, 0, 0},

		// Servers that hang.
		{"hangs once", []ghtest.Fault{{Once: true, Hang: true}}, known, 3, 15*s + s/2, 16 * s},
		{"hangs for ever", []ghtest.Fault{{Hang: true}}, unknown, 4, 55 * s, 60 * s},
		{"hangs in the middle", []ghtest.Fault{{Once: true, Hang: true, Cut: true}}, known, 3, 15*s + s/2, 16 * s},
		{"hangs for the jobs", []ghtest.Fault{{Path: jobs, Hang: true}}, unknown, 5, 55 * s, 60 * s},

		// Rate limits.
		{"429", []ghtest.Fault{{Once: true, Status: 429}}, known, 3, s / 2, s},
		{"429 that says when", []ghtest.Fault{{Once: true, Status: 429, Header: header("Retry-After", "20")}}, known, 3, 20 * s, 20 * s},
		{"429 that says at once", []ghtest.Fault{{Once: true, Status: 429, Header: header("Retry-After", "0")}}, known, 3, 0, 0},
		{"429 that says nonsense", []ghtest.Fault{{Once: true, Status: 429, Header: header("Retry-After", "-3")}}, known, 3, s / 2, s},
		{"429 twice, too long together", []ghtest.Fault{{Status: 429, Header: header("Retry-After", "40")}}, unknown, 2, 40 * s, 40 * s},
		{"429 that says too long", []ghtest.Fault{{Status: 429, Header: header("Retry-After", "61")}}, unknown, 1, 0, 0},
		{"429 that says for ever", []ghtest.Fault{{Status: 429, Header: header("Retry-After", "18446744073709551615")}}, unknown, 1, 0, 0},
		{"403 that says when", []ghtest.Fault{{Once: true, Status: 403, Header: header("Retry-After", "2")}}, known, 3, 2 * s, 2 * s},
		{"403 in words", []ghtest.Fault{{Once: true, Status: 403, Body: limit}}, known, 3, s / 2, s},
		{"403, used up until soon", []ghtest.Fault{{Once: true, Status: 403, Header: reset}}, known, 3, 5 * s, 5 * s},
		{"403, used up until just now", []ghtest.Fault{{Once: true, Status: 403, Header: header("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1795262395")}}, known, 3, s / 2, s},
		{"403, used up for ever", []ghtest.Fault{{Status: 403, Header: header("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "9223372036854775807")}}, unknown, 1, 0, 0},
		{"403, used up for an hour", []ghtest.Fault{{Status: 403, Header: header("X-RateLimit-Remaining", "0")}}, unknown, 1, 0, 0},
		{"the last request granted", []ghtest.Fault{{Path: list, Header: header("X-RateLimit-Remaining", "0")}}, known, 2, 0, 0},

		// Asking again does not help.
		{"401", []ghtest.Fault{{Status: 401}}, unknown, 1, 0, 0},
		{"403", []ghtest.Fault{{Status: 403, Body: `{"message":"Resource not accessible by integration"}`}}, unknown, 1, 0, 0},
		{"404", []ghtest.Fault{{Status: 404}}, unknown, 1, 0, 0},
		{"403 for the jobs", []ghtest.Fault{{Path: jobs, Status: 403}}, unknown, 2, 0, 0},
		{"410 for the jobs", []ghtest.Fault{{Path: jobs, Status: 410}}, unknown, 2, 0, 0},
		{"the run was deleted", []ghtest.Fault{{Path: jobs, Status: 404}}, schedule.Unconfirmed, 2, 0, 0},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, fake *ghtest.Server, client *Client) {
				fake.SetNow(noon)
				fake.Add(executed("21 10:40"))
				fake.Break(row.faults...)
				began := time.Now()
				decision, err := decide(t, client, query(daily))
				if decision.Reason != row.want || decision.Run != (row.want != known) {
					t.Errorf("decision: want %s, got %+v: %v", row.want, decision, err)
				}
				if waited := time.Since(began); waited < row.min || waited > row.max {
					t.Errorf("waited %v, want %v to %v", waited, row.min, row.max)
				}
				if requests := fake.Requests(); len(requests) != row.requests {
					t.Errorf("requests: want %d, got %d: %v", row.requests, len(requests), requests)
				}
			})
		})
	}
}

// TestRetryLog checks that each retry is logged in one line.
func TestRetryLog(t *testing.T) {
	inBubble(t, func(t *testing.T, fake *ghtest.Server, client *Client) {
		var log bytes.Buffer
		client.log = &log
		fake.SetNow(noon)
		fake.Break(ghtest.Fault{Once: true, Status: 429, Header: map[string]string{"Retry-After": "3"}})
		fake.Break(ghtest.Fault{Once: true, Status: 429})
		if _, err := client.History(t.Context(), query(daily)); err != nil {
			t.Fatal(err)
		}
		want := "read run list of octo/app: 429 Too Many Requests; asking again in 3s\n" +
			"read run list of octo/app: 429 Too Many Requests; asking again soon\n"
		if log.String() != want {
			t.Errorf("want %q, got %q", want, log.String())
		}
	})
}

// TestCancel checks that it ends at once, with the caller's own error.
func TestCancel(t *testing.T) {
	for name, fault := range map[string]ghtest.Fault{"while it hangs": {Hang: true}, "while it waits": {Status: 429, Header: map[string]string{"Retry-After": "30"}}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, fake *ghtest.Server, client *Client) {
				var log bytes.Buffer
				client.log = &log
				fake.Break(fault)
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(5*time.Second, cancel)
				began := time.Now()
				_, err := client.History(ctx, query(daily))
				if fault.Hang && log.Len() > 0 {
					t.Errorf("it says %q", &log)
				}
				if !errors.Is(err, context.Canceled) || time.Since(began) != 5*time.Second {
					t.Errorf("after %v: %v", time.Since(began), err)
				}
			})
		})
	}
}

// TestToken checks that no message shows the token, whatever the server does with
// it.
func TestToken(t *testing.T) {
	for _, fault := range []ghtest.Fault{
		{Status: 401, Body: `{"message":"no secret-token\n::warning::here"}`},
		{Status: 301, Header: map[string]string{"Location": "http://secret-token:secret-token@192.0.2.9/?t=secret-token"}},
		{Status: 302, Header: map[string]string{"Location": "ftp://secret-token"}},
		{Body: `{"workflow_runs": secret-token}`},
	} {
		inBubble(t, func(t *testing.T, fake *ghtest.Server, client *Client) {
			var log bytes.Buffer
			client.log = &log
			fake.Break(fault)
			_, err := client.History(t.Context(), query(daily))
			if err == nil || strings.Contains(err.Error()+log.String(), "secret-token") || strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("error %v, log %q", err, &log)
			}
		})
	}
}
