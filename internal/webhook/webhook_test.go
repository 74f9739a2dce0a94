package webhook

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// chat is a server that keeps what was posted to it.
type chat struct {
	*httptest.Server
	mu    sync.Mutex
	posts []string
}

func serve(t *testing.T, answer http.HandlerFunc) *chat {
	c := new(chat)
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.mu.Lock()
		c.posts = append(c.posts, r.Method+" "+r.Header.Get("Content-Type")+" "+string(body))
		c.mu.Unlock()
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *chat) heard() []string {
	c.Close()
	return c.posts
}

func hook(t *testing.T, url string) *Hook {
	t.Helper()
	h, err := New(url)
	if err != nil {
		t.Fatal(err)
	}
	h.target.Pause = time.Millisecond
	return h
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// TestPost shows the words and the facts of an event.
func TestPost(t *testing.T) {
	c := serve(t, nil)
	w := schedule.Window{Start: noon, End: noon.Add(time.Hour)}
	e := Event{
		Kind: schedule.JobFailed, Repository: "octo/app", Project: "pyproject.toml", Job: "clean", Group: "night", Description: "Clean up",
		Window: &w, RunID: new(int64(7)), URL: "https://github.com/octo/app/actions/runs/7", Cause: "ValueError: <!channel> @everyone",
		Failed: 3, Paused: true, LastSuccess: &Success{1, "https://github.com/octo/app/actions/runs/1", noon.Add(-time.Hour)}, RunAgain: "scheduled trigger clean", Time: noon,
	}
	if err := hook(t, c.URL+"/s3cret").Post(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	posts := c.heard()
	body, ok := strings.CutPrefix(posts[0], "POST application/json ")
	var got struct {
		Text, Content string
		Event         map[string]any
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || !ok || len(posts) != 1 {
		t.Fatal(posts, err)
	}
	want := "clean failed in 3 windows in a row, and is paused now: `scheduled resume` starts it again (octo/app)\n" +
		"what it does: Clean up\ncause: ValueError: <\u200b!channel> @\u200beveryone\nwindow: 2026-11-21 12:00 UTC to 2026-11-21 13:00 UTC\n" +
		"run: https://github.com/octo/app/actions/runs/7\nlast success: 2026-11-21 11:00 UTC https://github.com/octo/app/actions/runs/1\nrun it again: scheduled trigger clean"
	if got.Text != want || got.Content != want {
		t.Errorf("%s\nwant\n%s", got.Text, want)
	}
	if got.Event["kind"] != "failed" || got.Event["cause"] != e.Cause || got.Event["run_id"] != 7.0 || got.Event["paused"] != true {
		t.Errorf("%v", got.Event)
	}
}

// TestChats adapts the body to what a chat takes.
func TestChats(t *testing.T) {
	e := Event{Kind: schedule.JobFailed, Repository: "octo/app", Job: "a", Cause: "1 < 2 & 3"}
	if words := (Event{Kind: schedule.JobFailed, Repository: "octo/app", Project: "services/mail/pyproject.toml", Job: "a"}).Words(); words != "a of services/mail failed (octo/app)" {
		t.Error(words)
	}
	words := "a failed (octo/app)\ncause: 1 <\u200b 2 & 3"
	for _, row := range []struct{ url, text, others string }{
		{"https://chat.example.org/hooks/x", words, "content event"},
		{"https://chat.googleapis.com/v1/spaces/x/messages?key=y", words, ""},
		{"https://CHAT.googleapis.com:443/v1/spaces/x/messages?key=y", words, ""},
		{"https://hooks.slack.com/services/x", "a failed (octo/app)\ncause: 1 &lt;\u200b 2 &amp; 3", "content event"},
		{"https://discord.com/api/webhooks/1/x", words, `allowed_mentions content event`},
	} {
		body, err := json.Marshal(hook(t, row.url).message(e))
		var got map[string]any
		if err := errors.Join(err, json.Unmarshal(body, &got)); err != nil {
			t.Fatal(err)
		}
		text := got["text"]
		delete(got, "text")
		if others := strings.Join(slices.Sorted(maps.Keys(got)), " "); text != row.text || others != row.others {
			t.Errorf("%s: %q, beside %q", row.url, text, others)
		}
		if m, found := got["allowed_mentions"]; found && !reflect.DeepEqual(m, map[string]any{"parse": []any{}}) {
			t.Errorf("%s: %v", row.url, m)
		}
	}
}

// FuzzWords keeps any text within what Discord takes, and free of mentions.
func FuzzWords(f *testing.F) {
	f.Add("clean", "boom", "what")
	f.Add(strings.Repeat("😀", 3000), strings.Repeat("@here", 1000), strings.Repeat("<", 5000))
	f.Fuzz(func(t *testing.T, job, cause, description string) {
		e := Event{Kind: schedule.JobFailed, Job: job, Cause: cause, Description: description, RunAgain: "scheduled trigger " + job, Repository: "octo/app"}
		words := e.Words()
		if n := len(utf16.Encode([]rune(words))); n > maxWords {
			t.Errorf("%d units", n)
		}
		for _, mark := range []string{"@everyone", "@here", "<!", "<@"} {
			if strings.Contains(words, mark) {
				t.Errorf("%q has %s", words, mark)
			}
		}
	})
}

// TestTrouble tries again where that may help, and shows nothing of the URL.
func TestTrouble(t *testing.T) {
	elsewhere := serve(t, nil)
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
		}
	}
	for _, row := range []struct {
		name   string
		answer http.HandlerFunc
		asked  int
		want   string
	}{
		{"fine", status(204), 1, ""},
		{"broken", status(500), 3, "the webhook answered 500"},
		{"busy", status(429, "Retry-After", "0"), 3, "the webhook answered 429"},
		{"busy for long", status(429, "Retry-After", "3600"), 1, "the webhook answered 429"},
		{"gone", status(404), 1, "the webhook answered 404"},
		{"another host", status(307, "Location", elsewhere.URL+"/s3cret"), 1, "the webhook redirects to another address"},
		{"a GET would lose the body", status(302, "Location", "/s3cret"), 1, "the webhook redirects to another address"},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 3, "the request to the webhook failed"},
	} {
		c := serve(t, row.answer)
		err := hook(t, c.URL+"/s3cret").Post(t.Context(), Event{})
		if got := ""; err != nil {
			got = err.Error()
			if got != row.want {
				t.Errorf("%s: %s", row.name, got)
			}
		} else if row.want != "" {
			t.Errorf("%s: no error", row.name)
		}
		if posts := c.heard(); len(posts) != row.asked {
			t.Errorf("%s: %d posts", row.name, len(posts))
		}
	}
	if posts := elsewhere.heard(); len(posts) > 0 {
		t.Errorf("another host got %q", posts)
	}
	for _, value := range []string{"", "s3cret", "ftp://s3cret/x"} {
		if _, err := New(value); err == nil || strings.Contains(err.Error()+problem.Hint(err), "s3cret") {
			t.Errorf("%q: %v", value, err)
		}
	}
}
