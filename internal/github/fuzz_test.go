package github

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// answers are those of a server: a list of runs, and the jobs of each.
type answers struct {
	runs []byte
	jobs func(id string) []byte
}

// answering returns a client of a server that gives these answers, which may
// change between two questions.
func answering(t testing.TB, a *answers) *Client {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", noon.Format(http.TimeFormat))
		body := a.runs
		if path, ok := strings.CutSuffix(r.URL.Path, "/jobs"); ok {
			body = a.jobs(path[strings.LastIndexByte(path, '/')+1:])
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(server.Close)
	return newClient(t, server.URL)
}

// checkProven checks that the window is confirmed only if a step in the answers
// proves it.
func checkProven(t *testing.T, client *Client, a answers) (confirmed bool) {
	t.Helper()
	decision, err := decide(t, client, query(daily))
	if err != nil || decision.Run {
		return false
	}
	if !proven(t, a) {
		t.Errorf("skipped on %+v\nruns: %s\njobs: %s", decision.Evidence, a.runs, a.jobs(fmt.Sprint(decision.Evidence.ID)))
	}
	return true
}

// FuzzAnswers has arbitrary answers.
func FuzzAnswers(f *testing.F) {
	fuzzAnswers(f, func(t *testing.T, client *Client, a answers) { checkProven(t, client, a) })
}

// fuzzAnswers has a client get arbitrary answers that it can read.
func fuzzAnswers(f *testing.F, check func(*testing.T, *Client, answers)) {
	for _, name := range fixtures {
		f.Add(fixture(f, name+".runs.json"), fixture(f, name+".jobs.json"))
	}
	var a answers
	client := answering(f, &a)
	f.Fuzz(func(t *testing.T, runs, jobs []byte) {
		if !readable(runs, jobs) {
			return // the client would wait and ask again
		}
		a = answers{runs, func(string) []byte { return jobs }}
		check(t, client, a)
	})
}

// FuzzHistory has answers that mix the values of fields: right, wrong, null and
// absent.
func FuzzHistory(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	var a answers
	client := answering(f, &a)
	f.Fuzz(func(t *testing.T, choices []byte) {
		a = mix(func(n int) int {
			if len(choices) == 0 {
				return 0
			}
			choice := int(choices[0]) % n
			choices = choices[1:]
			return choice
		})
		checkProven(t, client, a)
		checkWatched(t, client, a)
	})
}

// TestMixes has thousands of those. Many must confirm, and many must not.
func TestMixes(t *testing.T) {
	var a answers
	client := answering(t, &a)
	random := rand.New(rand.NewPCG(20, 26))
	total := share(1000)
	confirmed, watched := 0, 0
	for range total {
		a = mix(func(n int) int {
			if random.IntN(8) > 0 {
				return 0 // the right one
			}
			return random.IntN(n)
		})
		if checkProven(t, client, a) {
			confirmed++
		}
		if checkWatched(t, client, a) {
			watched++
		}
	}
	for who, n := range map[string]int{"a run": confirmed, "a rescue": watched} {
		if n < total/10 || n > total*9/10 {
			t.Errorf("%d of %d mixes confirm to %s", n, total, who)
		}
	}
}

// checkWatched checks that a rescue leaves the window alone as confirmed only if a step
// in the answers proves it.
func checkWatched(t *testing.T, client *Client, a answers) (confirmed bool) {
	t.Helper()
	watches := []Watch{{Workflow: ghtest.Workflow, Watch: schedule.Watch{Schedule: daily}}}
	now, err := client.Watch(t.Context(), "main", 0, watches, nil)
	if err != nil {
		return false
	}
	verdict := schedule.Rescue(watches[0].Watch, now)
	if verdict.Why != schedule.Fulfilled {
		return false
	}
	if !proven(t, a) {
		t.Errorf("%+v is confirmed\nruns: %s", verdict.Window, a.runs)
	}
	return true
}

// FuzzWatch has arbitrary answers.
func FuzzWatch(f *testing.F) {
	fuzzAnswers(f, func(t *testing.T, client *Client, a answers) { checkWatched(t, client, a) })
}

// FuzzAlarmNote: what we remember of an issue is read from its body as it was
// written, whatever people wrote before it; and of what they wrote themselves, as
// much as can be told apart from ours.
func FuzzAlarmNote(f *testing.F) {
	f.Add("It fails.\n", "pyproject.toml", "clean-files", true, false)
	f.Add(annotated("x", alarmNote{Job: new("other")}), "a/pyproject.toml", "", false, true)
	f.Add("<!-- scheduled: {", "-->", "<!-- scheduled: {} -->", true, true)
	f.Fuzz(func(t *testing.T, body, project, job string, failing, duplicate bool) {
		if n := annotation[alarmNote](body); n.Job != nil {
			if diff := cmp.Diff(n, annotation[alarmNote](annotated("", n))); diff != "" {
				t.Errorf("read twice (-first +second):\n%s", diff)
			}
		}
		if !utf8.ValidString(project) || !utf8.ValidString(job) {
			return // neither a path nor an id
		}
		want := alarmNote{Project: project, Job: &job, Failing: failing, Duplicate: duplicate}
		if diff := cmp.Diff(want, annotation[alarmNote](annotated(body, want))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// fields are the values that the fields of a run can have, the right one first;
// "" is absent.
var fields = []struct {
	name   string
	values []string
}{
	{"id", []string{"7", "8", "9", "0", "-1", "null", "9007199254740991"}},
	{"event", []string{`"schedule"`, `"workflow_dispatch"`, `"push"`, "null", ""}},
	{"head_branch", []string{`"main"`, `"dev"`, `""`, "null", ""}},
	{"status", []string{`"completed"`, `"in_progress"`, "null", ""}},
	{"conclusion", []string{`"success"`, `"failure"`, `"skipped"`, "null", ""}},
	{"path", []string{`".github/workflows/scheduled-clean-files.yml"`, `".github/workflows/scheduled-clean-files.yml@main"`, `"scheduled-clean-files.yml"`, `".github/workflows/ci.yml"`, "null", ""}},
	{"run_attempt", []string{"1", "2", "0", "-1", "null", ""}},
	{"created_at", instants},
	{"updated_at", instants},
	{"head_repository", []string{`{"full_name":"octo/app"}`, `{"full_name":"mallory/app"}`, `{"full_name":null}`, "null", ""}},
	{"display_title", []string{
		`"clean-files: backfill 2026-11-21T10:37:00Z"`, `"clean-files: backfill 2026-11-05T10:37:00Z"`, `"clean-files: backfill 2026-11-22T10:37:00Z"`,
		`"clean-files: tick of cron 37 10 * * *"`, `"clean-files: tick of cron 37 10 * * 1"`, `"clean-files: window 2026-11-21T10:37:00Z"`, `"clean-files: window 2026-11-21T10:30:00Z"`,
		`"backfill 2026-11-05T10:37:00Z"`, `"x: backfill 2026-11-05T10:37:00Z: by hand"`, `"clean-files: backfill 5"`, "null", "",
	}},
}

// instants are around the window, which begins 21 10:37 and ends 22 10:37.
var instants = []string{
	`"2026-11-21T10:37:00Z"`, `"2026-11-21T11:00:00Z"`, `"2026-11-21T12:37:00+02:00"`, `"2026-11-21T10:36:59Z"`, `"2026-11-20T11:00:00Z"`,
	`"2026-11-22T10:36:59Z"`, `"2026-11-22T10:37:00Z"`, `"0001-01-01T00:00:00Z"`, "null", "",
}

// mix makes answers. choose returns a number less than n.
func mix(choose func(n int) int) answers {
	object := func(name string, values []string) string {
		if value := values[choose(len(values))]; value != "" {
			return fmt.Sprintf("%q:%s,", name, value)
		}
		return ""
	}
	var runs []string
	for range 1 + choose(4) {
		var run strings.Builder
		for _, field := range fields {
			run.WriteString(object(field.name, field.values))
		}
		runs = append(runs, "{"+run.String()+`"end":0}`)
	}
	jobs := map[string][]byte{}
	for _, id := range fields[0].values {
		step := object("name", []string{`"Run entrypoint"`, `"Check window"`, "null", ""}) +
			object("conclusion", []string{`"success"`, `"skipped"`, "null", ""}) + object("started_at", instants)
		jobs[id] = fmt.Appendf(nil, `{"jobs":[null,{%s"steps":[{"name":"Set up job"},{%s"number":2}]}]}`,
			object("run_attempt", []string{"1", "2", "null", ""}), step)
	}
	return answers{
		fmt.Appendf(nil, `{"total_count":%d,"workflow_runs":[%s]}`, len(runs), strings.Join(runs, ",")),
		func(id string) []byte { return jobs[id] },
	}
}

var fixtures = []string{"executed", "rerun", "astride", "fork", "nulls"}

func fixture(t testing.TB, name string) []byte {
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readable(runs, jobs []byte) bool {
	ok := func(body []byte) *http.Response {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(body))}
	}
	_, runsErr := decode[runList](ok(runs))
	_, jobsErr := decode[jobList](ok(jobs))
	return runsErr == nil && jobsErr == nil
}

var noonWindow = schedule.Window{Start: at("21 10:37"), End: at("22 10:37")}

// proven searches the answers for proof for the window that contains noon.
func proven(t *testing.T, a answers) bool {
	return provenIn(t, a, noonWindow)
}

// provenIn searches the answers for proof for a window, as the design words it and
// with none of the code under test. It is noon: what is later proves nothing.
func provenIn(t *testing.T, a answers, w schedule.Window) bool {
	for _, run := range list(t, a.runs, "workflow_runs") {
		path := text(run["path"])
		head, _ := run["head_repository"].(map[string]any)
		from := text(head["full_name"])
		if text(run["event"]) != "schedule" && text(run["event"]) != "workflow_dispatch" ||
			!onBranch(run) || text(run["status"]) != "completed" || text(run["conclusion"]) == "" ||
			path != "" && strings.Split(path, "@")[0] != ".github/workflows/"+ghtest.Workflow ||
			from != "" && !strings.EqualFold(from, ghtest.Repository) {
			continue
		}
		for _, job := range list(t, a.jobs(fmt.Sprintf("%.0f", number(run["id"]))), "jobs") {
			again := number(run["run_attempt"]) != 1 && number(job["run_attempt"]) != 1 || number(run["run_attempt"]) > 1 || number(job["run_attempt"]) > 1
			named := namedWindow(run)
			steps, _ := job["steps"].([]any)
			for _, step := range steps {
				step, _ := step.(map[string]any)
				started := text(step["started_at"])
				if text(step["name"]) == "Run entrypoint" && text(step["conclusion"]) == "success" && started != "" &&
					inWindow(schedule.Window{End: noon.Add(1)}, started) && inWindow(schedule.Window{End: noon.Add(1)}, text(run["created_at"])) &&
					(named != "" && inWindow(w, strings.TrimSpace(named)) ||
						named == "" && again && inWindow(w, text(run["created_at"])) ||
						named == "" && !again && inWindow(w, started)) {
					return true
				}
			}
		}
	}
	return false
}

// onBranch reports whether a run is on the default branch, which may have had another
// name when a schedule started it.
func onBranch(run map[string]any) bool {
	branch := text(run["head_branch"])
	return branch == "main" || branch != "" && text(run["event"]) == "schedule"
}

var backfillTitle = regexp.MustCompile(`^(?s:.*): backfill ((?s:.*))$`)

// namedWindow returns what the title of a backfill names as its window, or "".
func namedWindow(run map[string]any) string {
	named := backfillTitle.FindStringSubmatch(text(run["display_title"]))
	if text(run["event"]) != "workflow_dispatch" || named == nil {
		return ""
	}
	return strings.TrimSpace(named[1]) + " "
}

func inWindow(w schedule.Window, stamp string) bool {
	t, err := time.Parse(time.RFC3339, stamp)
	return err == nil && !t.Before(w.Start) && t.Before(w.End)
}

// list returns a list of objects from an answer.
func list(t *testing.T, body []byte, name string) (objects []map[string]any) {
	var all map[string]any
	if err := json.Unmarshal(body, &all); err != nil {
		t.Fatalf("decoded here but not by encoding/json: %v", err)
	}
	items, _ := all[name].([]any)
	for _, item := range items {
		if object, ok := item.(map[string]any); ok {
			objects = append(objects, object)
		}
	}
	return objects
}

func text(v any) string    { s, _ := v.(string); return s }
func number(v any) float64 { n, _ := v.(float64); return n }

// TestFixtures checks that the fuzz tests start from both kinds of answers.
func TestFixtures(t *testing.T) {
	proof := map[string]bool{"executed": true, "rerun": true, "astride": true}
	for _, name := range fixtures {
		runs, jobs := fixture(t, name+".runs.json"), fixture(t, name+".jobs.json")
		a := answers{runs, func(string) []byte { return jobs }}
		client := answering(t, &a)
		if !readable(runs, jobs) || proven(t, a) != proof[name] || checkProven(t, client, a) != proof[name] {
			t.Errorf("%s: want it readable, and proof %v", name, proof[name])
		}
	}
}
