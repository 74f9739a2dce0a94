package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"golang.org/x/net/html"
)

var now = time.Date(2026, 11, 21, 16, 0, 0, 0, time.UTC)

// window is one that began some hours ago and is one hour long.
func window(hours int, state schedule.State) past.ShownWindow {
	start := now.Add(-time.Duration(hours) * time.Hour)
	w := past.ShownWindow{Start: start, End: start.Add(time.Hour), State: state}
	switch state {
	case schedule.StateConfirmed, schedule.StateLate, schedule.StateRescued:
		w.Ran, w.Lateness = new(start.Add(2*time.Minute)), new(int64(120))
	case schedule.StateFailed:
		w.Why, w.RunID, w.URL = new("ValueError: bad"), new(int64(7)), new("https://github.com/octo/app/actions/runs/7")
	case schedule.StateMissed:
		w.Why = new("nothing ran")
	}
	return w
}

// job is an hourly one with the states of its windows, the newest first.
func job(id string, states ...schedule.State) Job {
	j := Job{Slug: "slug-of-" + strings.Map(letter, id), Schedule: "every hour"}
	j.Job = id
	for n, state := range states {
		j.Windows = append(j.Windows, window(n, state))
	}
	j.State = j.stand()
	return j
}

func letter(r rune) rune {
	if 'a' <= r && r <= 'z' {
		return r
	}
	return '-'
}

func TestStand(t *testing.T) {
	for _, row := range []struct {
		want   string
		states []schedule.State
	}{
		{"due", nil},
		{"due", []schedule.State{"due"}},
		{"confirmed", []schedule.State{"due", "confirmed", "failed"}},
		{"failed", []schedule.State{"running", "failed", "confirmed"}},
		{"late", []schedule.State{"late", "missed"}},
	} {
		if got := job("j", row.states...).State; got != row.want {
			t.Errorf("%v: %s, want %s", row.states, got, row.want)
		}
	}
}

func TestBadge(t *testing.T) {
	for _, row := range []struct {
		want Badge
		jobs []Job
	}{
		{Badge{"scheduled", "no jobs", "lightgrey"}, nil},
		{Badge{"scheduled", "2 of 3 confirmed", "brightgreen"}, []Job{job("a", "confirmed"), job("b", "late"), job("c", "confirmed")}},
		{Badge{"scheduled", "1 of 3 missed", "red"}, []Job{job("a", "confirmed"), job("b", "missed"), job("c", "confirmed")}},
		{Badge{"scheduled", "1 of 2 failed", "red"}, []Job{job("a", "failed"), job("b", "missed")}},
	} {
		r := Report{Jobs: row.jobs}
		if diff := cmp.Diff(row.want, r.Badge()); diff != "" {
			t.Error(diff)
		}
	}
}

// hostile are ids and texts that try to be something else than text.
var hostile = []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</style><b>`, "\u202eevil", "]]>", "&amp;", "", "\x00", "\xff", "javascript:alert(1)", `{{.}}`, "-->"}

// TestHostile puts such texts everywhere, and demands that the page has the same elements
// and attributes as with harmless ones.
func TestHostile(t *testing.T) {
	made := func(text string) *Report {
		one := job(text, "due", "failed", "missed", "confirmed")
		one.Group, one.Description, one.Schedule, one.Unread = &text, &text, text, &text
		two := job(text, "due", "failed", "missed", "confirmed")
		two.Windows[1].Why = &text
		return &Report{Now: now, Title: text, Source: text, Notes: []string{text}, Jobs: []Job{one, two}}
	}
	live := func(text string) *Report {
		r := made(text)
		r.Loop = &Loop{Problems: []string{text}, Remark: text}
		for i := range r.Jobs {
			run := &LiveRun{Start: &now, Outcome: "failed", Log: new("/runs/a@1/log")}
			r.Jobs[i].Live = &Live{ID: text, Slug: new("a"), State: "running", Refused: &text, Last: run, Going: run}
		}
		return r
	}
	want, wantLive := elements(t, made("harmless")), elements(t, live("harmless"))
	for _, text := range hostile {
		r := made(text)
		if diff := cmp.Diff(wantLive, elements(t, live(text))); diff != "" {
			t.Errorf("%q: the live page has other elements (-want +got):\n%s", text, diff)
		}
		if diff := cmp.Diff(want, elements(t, r)); diff != "" {
			t.Errorf("%q: the page has other elements (-want +got):\n%s", text, diff)
		}
		svg := xml.NewDecoder(bytes.NewReader(r.Jobs[0].Badge().SVG()))
		for {
			if _, err := svg.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%q: the badge is no XML: %v", text, err)
			}
		}
		var badge map[string]any
		if err := json.Unmarshal(r.Jobs[0].Badge().JSON(), &badge); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// elements returns the elements of a page with the names of their attributes.
func elements(t *testing.T, r *Report) (all []string) {
	t.Helper()
	var page bytes.Buffer
	if err := r.HTML(&page); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(&page)
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			name := n.Data
			for _, a := range n.Attr {
				name += " " + a.Key
			}
			all = append(all, name)
		}
	}
	return all
}

// TestPolicy lets the page run its own script and take its own style, and no others.
func TestPolicy(t *testing.T) {
	var page bytes.Buffer
	if err := (&Report{Now: now}).HTML(&page); err != nil {
		t.Fatal(err)
	}
	_, policy, _ := strings.Cut(html.UnescapeString(page.String()), `http-equiv="Content-Security-Policy" content="`)
	policy, _, _ = strings.Cut(policy, `"`)
	for _, element := range []string{"style", "script"} {
		_, text, _ := strings.Cut(page.String(), "<"+element+">")
		text, _, _ = strings.Cut(text, "</"+element+">")
		if !strings.Contains(policy, "; "+element+"-src "+hashed(text)+";") {
			t.Errorf("the policy %q is not for the page's own %s alone", policy, element)
		}
	}
}

// TestNewest shows the newest windows of a job with many, the newest last, and all in the
// data.
func TestNewest(t *testing.T) {
	states := make([]schedule.State, 150)
	for i := range states {
		states[i] = "confirmed"
	}
	states[0], states[149] = "due", "failed"
	r := &Report{Now: now, Jobs: []Job{job("many", states...)}}
	var page bytes.Buffer
	if err := r.HTML(&page); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(page.String(), "<td data-state="); n != Newest {
		t.Errorf("%d windows, want %d", n, Newest)
	}
	if !strings.Contains(page.String(), `<td data-state="due"><i><span>due, due 2026-11-21 16:00</span></i></td></tr>`) {
		t.Error("the newest window is not the last cell of its row")
	}
	data, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(data, []byte(`"start"`)); n != 150 {
		t.Errorf("%d windows in the data, want 150", n)
	}
}

// TestReach looks back as far as asked, but not at more windows than a browser takes.
func TestReach(t *testing.T) {
	for _, row := range []struct{ jobs, windows int }{{0, 10_000}, {1, 10_000}, {100, 2000}, {10_000, Newest}} {
		if got := Reach(row.jobs, 90); got.Windows != row.windows || got.Age != 90*24*time.Hour {
			t.Errorf("%d jobs: %+v", row.jobs, got)
		}
	}
}

// TestRecall takes from an earlier report what it knew to be served, and nothing else.
func TestRecall(t *testing.T) {
	earlier := Report{Now: now.Add(-90 * time.Minute), Jobs: []Job{job("j", "due", "due", "late", "confirmed", "failed", "confirmed")}}
	earlier.Jobs[0].Windows[1] = window(1, "late") // it is not over: it may be confirmed yet
	r := Report{Now: now, Jobs: []Job{job("j", "due", "due", "confirmed", "unknown", "unknown", "unknown"), job("other", "due", "unknown")}}
	r.Recall(earlier)
	var states []schedule.State
	for _, w := range r.Jobs[0].Windows {
		states = append(states, w.State)
	}
	if diff := cmp.Diff([]schedule.State{"due", "due", "confirmed", "confirmed", "failed", "confirmed"}, states); diff != "" {
		t.Error(diff)
	}
	if got := r.Jobs[1].Windows[1].State; got != "unknown" {
		t.Errorf("another job's window is %s", got)
	}
	if p50 := r.Jobs[0].Lateness.P50; p50 == nil || *p50 != 120 {
		t.Error("the lateness does not count what was recalled")
	}

	jobs := []past.Job{{ID: "j"}, {ID: "other"}}
	earlier.Tell(jobs)
	of := func(hours int) schedule.Window {
		w := window(hours, "late")
		return schedule.Window{Start: w.Start, End: w.End}
	}
	want := map[schedule.Window]bool{of(2): true, of(3): true, of(5): true}
	if diff := cmp.Diff(want, jobs[0].Told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if len(jobs[1].Told) > 0 {
		t.Errorf("another job is told of %v", jobs[1].Told)
	}
}

// TestEarlier takes a broken memory for none, and a report for itself.
func TestEarlier(t *testing.T) {
	folder := Folder{filepath.Join(t.TempDir(), "new", "page")}
	if earlier, _, err := folder.Earlier(); err != nil || len(earlier.Jobs) > 0 {
		t.Fatalf("no folder: %v, %v", earlier, err)
	}
	r := Report{Now: now, Title: "t", Source: "s", Jobs: []Job{job("j", "due", "late", "missed")}}
	files, err := r.Files()
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.Write(files); err != nil {
		t.Fatal(err)
	}
	earlier, remark, err := folder.Earlier()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, earlier, cmpopts.IgnoreUnexported(Job{})); diff != "" || remark != "" {
		t.Error(diff, remark)
	}
	if err := os.WriteFile(filepath.Join(folder.Path, dataFile), []byte(`{"jobs": 3`), 0o644); err != nil {
		t.Fatal(err)
	}
	if earlier, remark, err := folder.Earlier(); err != nil || len(earlier.Jobs) > 0 || !strings.Contains(remark, "is lost") {
		t.Errorf("a broken memory: %v, %q, %v", earlier, remark, err)
	}
}

// TestForeign leaves alone what somebody else has in the folder.
func TestForeign(t *testing.T) {
	for _, name := range []string{"index.html", "data.json", "badges/j.json", "badges"} {
		path := t.TempDir()
		file := filepath.Join(path, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte("{}"), 0o644)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := (Folder{path}).Earlier(); err == nil || !strings.Contains(err.Error(), "is not overwritten") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLatest draws an execution that started more than a year after its slot.
func TestLatest(t *testing.T) {
	w := window(3*366*24, "late")
	w.End, w.Ran, w.Lateness = now.Add(time.Hour), new(w.Start.AddDate(2, 0, 0)), new(int64(2*366*24*3600))
	r := &Report{Now: now, Jobs: []Job{{ShownHistory: past.ShownHistory{Windows: []past.ShownWindow{w}}}}}
	var page bytes.Buffer
	if err := r.HTML(&page); err != nil || !strings.Contains(page.String(), "The only execution started 732d after its slot.") || strings.Contains(page.String(), `y="-`) {
		t.Errorf("%v: %s", err, r.chart())
	}
}

// TestForged takes no link and no number from a memory that a report cannot have written.
func TestForged(t *testing.T) {
	earlier := Report{Now: now, Jobs: []Job{job("j", "due", "late", "late", "late", "late", "failed", "due")}}
	w := earlier.Jobs[0].Windows
	w[1].URL, w[1].RunID = new("javascript:alert(1)"), new(int64(5))
	w[2].Lateness = new(int64(1) << 60)
	w[3].Ran = new(now.Add(time.Hour))
	w[4].State = "<b>"
	w[5].Ran = new(now)
	r := Report{Now: now, URL: new("https://github.com/octo/app"), Jobs: []Job{job("j", "due", "unknown", "unknown", "unknown", "unknown", "unknown", "unknown")}}
	r.Recall(earlier)
	var got []string
	for _, w := range r.Jobs[0].Windows {
		got = append(got, string(w.State)+" "+said(w.URL))
	}
	want := []string{"due ", "late https://github.com/octo/app/actions/runs/5", "unknown ", "unknown ", "unknown ", "unknown ", "unknown "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	r.Jobs[0].Windows[0].URL = new("javascript:alert(1)")
	var page bytes.Buffer
	if err := r.HTML(&page); err != nil || strings.Contains(page.String(), "javascript:") {
		t.Error("a link runs a script", err)
	}
}

// TestStandingLive counts what is out of the ordinary in the loop, and else how the windows
// went.
func TestStandingLive(t *testing.T) {
	r := Report{Jobs: []Job{job("a", "due", "failed"), job("b", "confirmed"), job("c", "confirmed"), job("d", "missed"), job("e", "running")}}
	for i, state := range []string{"scheduled", "scheduled", "refused", "running", "running"} {
		r.Jobs[i].Live = &Live{State: state}
	}
	want := []count{{"confirmed", 1}, {"running", 2}, {"failed", 1}, {"refused", 1}}
	if diff := cmp.Diff(want, r.standing(), cmp.AllowUnexported(count{})); diff != "" {
		t.Error(diff)
	}
}
