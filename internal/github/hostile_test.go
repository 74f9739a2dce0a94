package github

import (
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// elsewhere is another host, which must not be asked.
func elsewhere(t *testing.T) (url string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s was sent to another host, with Authorization %q", r.Method, r.URL, r.Header["Authorization"])
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestRedirectedWrites has GitHub redirect what changes something: that is not
// done, wherever it leads to.
func TestRedirectedWrites(t *testing.T) {
	other := elsewhere(t)
	for _, status := range []int{300, 301, 302, 303, 304, 307, 308} {
		for _, target := range []string{"/repos/octo/app", other, "//192.0.2.9/", ""} {
			fake := ghtest.New(t)
			location := target
			if strings.HasPrefix(target, "/repos") {
				location = fake.URL + target
			}
			fake.Break(ghtest.Fault{Status: status, Header: map[string]string{"Location": location}})
			client := newClient(t, fake.URL)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			for what, err := range map[string]error{
				"dispatch": func() error {
					_, err := client.Dispatch(ctx, Dispatch{Workflow: ghtest.Workflow, Branch: "main", Slot: noon})
					return err
				}(),
				"branch": client.createBranch(ctx, "x", strings.Repeat("a", 40)),
				"move":   client.moveBranch(ctx, "x", strings.Repeat("a", 40), true),
				"delete": client.deleteBranch(ctx, "x"),
			} {
				if !Refused(err) {
					t.Errorf("%d to %q: %s: %v", status, location, what, err)
				}
			}
			cancel()
			if requests := fake.Requests(); len(requests) != 4 {
				t.Errorf("%d to %q: %v", status, location, requests)
			}
		}
	}
}

// TestForeignLink has a next page on another host: its address is never used.
func TestForeignLink(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	fake.Add(many(120, skipped("21 10:50"))...)
	fake.Break(ghtest.Fault{Header: map[string]string{"Link": "<" + elsewhere(t) + `/repos/octo/app?page=2>; rel="next"`}})
	client := newClient(t, fake.URL)
	if _, err := client.History(t.Context(), query(daily)); err != nil {
		t.Error(err)
	}
	if _, err := client.Workflows(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := client.Alarm(t.Context(), []Alarm{failing("a", "once")}, none, false); err != nil {
		t.Error(err)
	}
}

// TestManyWithoutEvidence has more runs that executed nothing than are asked.
func TestManyWithoutEvidence(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	fake.Add(many(150, skipped("21 10:50"))...)
	decision, err := decide(t, newClient(t, fake.URL), query(daily))
	if err != nil || decision.Reason != schedule.Unconfirmed {
		t.Errorf("%s, %v", decision.Reason, err)
	}
	if requests := len(fake.Requests()); requests > 2+maxAsked {
		t.Errorf("%d requests", requests)
	}
}

// TestEndlessWorkflows has a list of workflows without an end: of ever new ones, and
// of the same ones.
func TestEndlessWorkflows(t *testing.T) {
	for _, fresh := range []bool{true, false} {
		served := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id := 1
			if served++; fresh {
				id = served
			}
			w.Header().Set("Link", fmt.Sprintf(`<%s?page=%d>; rel="next"`, r.URL.Path, served+1))
			fmt.Fprintf(w, `{"total_count":1000000,"workflows":[{"id":%d,"path":".github/workflows/%d.yml","state":"active"}]}`, id, id)
		}))
		workflows, err := newClient(t, server.URL).Workflows(t.Context())
		server.Close()
		if fresh && (err == nil || served != workflowPages) || !fresh && (err != nil || served != 2 || len(workflows) != 1) {
			t.Errorf("fresh %v: %d workflows after %d requests, %v", fresh, len(workflows), served, err)
		}
	}
}

// TestHugeAnswers has answers that would take gigabytes of memory.
func TestHugeAnswers(t *testing.T) {
	repeat := func(s string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip") // a bomb of 1 MB
			z := gzip.NewWriter(w)
			z.Write([]byte(`{"total_count":1,"workflow_runs":[` + strings.Repeat("{", strings.Count(s, "[")/2)))
			chunk := []byte(strings.Repeat(s, 1<<20/len(s)))
			for range 20 { // a little more than maxAnswer
				if _, err := z.Write(chunk); err != nil {
					return
				}
			}
			z.Close()
		}
	}
	for name, write := range map[string]func(http.ResponseWriter){
		"blanks": repeat(" "), "runs": repeat("{},"), "nulls": repeat("null,"), "lists": repeat("["), "objects": repeat(`{"a":`), "text": repeat("aaaa"),
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", noon.Format(http.TimeFormat))
			write(w)
		}))
		ctx, cancel := context.WithTimeout(t.Context(), 490*time.Millisecond) // too short to ask again
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := newClient(t, server.URL).History(ctx, query(daily))
		cancel()
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if held := int64(after.HeapSys) - int64(before.HeapSys); held > 400<<20 {
			t.Errorf("%s: took %d MB", name, held>>20)
		}
		server.Close()
	}
}

// TestHostilePage has an address of a run that is a workflow command.
func TestHostilePage(t *testing.T) {
	for _, address := range []string{"\n::error::x", "https://evil.example/", "https://github.com/\r\n##[error]x"} {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		fake.Add(odd(map[string]any{"html_url": address}))
		client := newClient(t, fake.URL)
		decision, err := decide(t, client, query(daily))
		if err != nil || decision.Evidence == nil || decision.Evidence.URL != "" {
			t.Errorf("%q: evidence %+v, %v", address, decision.Evidence, err)
		}
		watches := []Watch{{Workflow: ghtest.Workflow, Watch: schedule.Watch{Schedule: daily}}}
		if _, err := client.Watch(t.Context(), "main", 0, watches, nil); err != nil || len(watches[0].Runs) != 1 || watches[0].Runs[0].URL != "" {
			t.Errorf("%q: runs %+v, %v", address, watches[0].Runs, err)
		}
	}
}

// TestPageOfServer lets through only addresses of pages on GitHub's own host.
func TestPageOfServer(t *testing.T) {
	rows := []struct{ api, server, address, want string }{
		{"", "", "https://github.com/octo/app/actions/runs/7", "https://github.com/octo/app/actions/runs/7"},
		{"", "https://github.com", "https://github.com/octo/app/issues/7#x", "https://github.com/octo/app/issues/7#x"},
		{"", "", "https://github.com.evil.example/", ""},
		{"", "", "https://evil.example/github.com", ""},
		{"", "", "http://github.com/octo/app", ""},
		{"", "", "https://github.com:444/octo/app", ""},
		{"", "", "https://github.com@evil.example/", ""},
		{"", "", "https://me:secret@github.com/", ""},
		{"", "", "javascript:alert(1)", ""},
		{"", "", "\n::error::gotcha", ""},
		{"", "", "::set-output name=x::https://github.com/", ""},
		{"", "", "https://github.com/\n::error::gotcha", ""},
		{"", "", "https://github.com/ \u202e|", "https://github.com/%20%E2%80%AE%7C"},
		{"", "", "//github.com/", ""},
		{"", "", "", ""},
		{"https://ghes.example/api/v3", "", "https://ghes.example/octo/app", "https://ghes.example/octo/app"},
		{"https://ghes.example/api/v3", "https://ghes.example", "https://github.com/octo/app", ""},
		{"https://api.octo.ghe.com", "https://octo.ghe.com", "https://octo.ghe.com/octo/app", "https://octo.ghe.com/octo/app"},
		{"https://api.octo.ghe.com", "", "https://octo.ghe.com/octo/app", "https://octo.ghe.com/octo/app"},
		{"http://127.0.0.1:4711/api/v3", "", "http://127.0.0.1:4711/octo/app", "http://127.0.0.1:4711/octo/app"},
		{"", "\x7f", "https://github.com/", "https://github.com/"}, // the API's
	}
	for _, row := range rows {
		client, err := New(Config{APIURL: row.api, ServerURL: row.server, Repository: "octo/app"})
		if err != nil {
			t.Fatal(err)
		}
		if got := client.page(row.address); got != row.want {
			t.Errorf("%s, %s: page %q, want %q", row.api, row.server, got, row.want)
		}
	}
}
