//go:build e2e

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// written is a page that `scheduled report` wrote, with the data beside it.
type written struct {
	folder string
	Title  string       `json:"title"`
	Jobs   []writtenJob `json:"jobs"`
}

type writtenJob struct {
	ID      string             `json:"job"`
	Group   string             `json:"group"`
	Slug    string             `json:"slug"`
	State   string             `json:"state"`
	Windows []past.ShownWindow `json:"windows"`
}

func (w written) page() string { return filepath.Join(w.folder, "index.html") }

// newest returns the windows that the page shows, the oldest first.
func (j writtenJob) newest() (windows []past.ShownWindow) {
	for i := min(100, len(j.Windows)) - 1; i >= 0; i-- {
		windows = append(windows, j.Windows[i])
	}
	return windows
}

// text is what the cell of a window says.
func text(w past.ShownWindow) string {
	const minute = "2006-01-02 15:04"
	said := fmt.Sprintf("%s, due %s", w.State, w.Start.UTC().Format(minute))
	if w.Ran != nil {
		said += fmt.Sprintf(", ran %s, %s late", w.Ran.UTC().Format(minute), past.Late(w.Ran.Sub(w.Start)))
	}
	if w.Attempt != nil {
		said += fmt.Sprintf(", attempt %d", *w.Attempt)
	}
	if w.Why != nil {
		said += ": " + *w.Why
	}
	return said
}

// declared is a job of a project.
type declared struct{ id, every, group string }

// newProject writes a project with jobs, whose entrypoint is app:work.
func newProject(t testing.TB, name string, jobs ...declared) (dir string) {
	t.Helper()
	dir = t.TempDir()
	var b strings.Builder
	fmt.Fprintf(&b, "[project]\nname = %s\n", pyproject.WriteString(name))
	for _, job := range jobs {
		fmt.Fprintf(&b, "\n[tool.scheduled.%s]\nevery = %q\nentrypoint = \"app:work\"\n", pyproject.WriteKey(job.id), job.every)
		if job.group != "" {
			fmt.Fprintf(&b, "[tool.scheduled-actions.jobs.%s]\ngroup = %s\n", pyproject.WriteKey(job.id), pyproject.WriteString(job.group))
		}
	}
	write(t, filepath.Join(dir, "pyproject.toml"), []byte(b.String()))
	return dir
}

// load returns the jobs of a project, as the program reads them.
func load(t testing.TB, dir string) *pyproject.Project {
	t.Helper()
	project, err := pyproject.Load(os.DirFS(dir), "pyproject.toml", "pyproject.toml")
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// report has the program write the page of a project.
func report(t testing.TB, program, dir string, days int, vars ...string) (w written) {
	t.Helper()
	w.folder = filepath.Join(t.TempDir(), "page")
	cmd := exec.Command(program, "report", "--output", w.folder, "--days", fmt.Sprint(days))
	cmd.Dir, cmd.Env = dir, append(env(t), vars...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("report: %v\n%s", err, out)
	}
	content, err := os.ReadFile(filepath.Join(w.folder, "data.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &w); err != nil {
		t.Fatal(err)
	}
	return w
}

// ran is how an execution ended that started some time after the slot of its window.
type ran struct {
	window schedule.Window
	late   time.Duration
	cause  string // why it failed; "" if it succeeded
}

// writeLedger writes the history of a job at once: the ledger itself would need minutes
// for 20,000 executions. The lines are as its package describes them.
func writeLedger(t testing.TB, dir, job string, runs []ran) {
	t.Helper()
	l, err := ledger.Open(filepath.Join(dir, "pyproject.toml"), func(said string) { t.Error(said) })
	if err != nil {
		t.Fatal(err)
	}
	histories := filepath.Join(dir, ".scheduled", "*", "*.log")
	before, _ := filepath.Glob(histories)
	if _, err := l.Start(job, runs[0].window.Start, runs[0].window); err != nil {
		t.Fatal(err)
	}
	after, _ := filepath.Glob(histories)
	file := slices.DeleteFunc(after, func(f string) bool { return slices.Contains(before, f) })
	content, err := os.ReadFile(file[0])
	if err != nil {
		t.Fatal(err)
	}
	header, _, _ := bytes.Cut(content, []byte("\n"))
	history := append(header, '\n')
	key := sha256.Sum256([]byte("scheduled ledger 2\x00pyproject.toml\x00" + job))
	for i, run := range runs {
		started := run.window.Start.Add(run.late).UTC()
		line, err := json.Marshal(map[string]any{"run": i + 1, "started": started, "slot": run.window.Start.UTC(),
			"ended": started.Add(30 * time.Second), "success": run.cause == "", "cause": run.cause})
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(append(key[:], line...))
		history = fmt.Appendf(history, "%x %s\n", sum[:8], line)
	}
	write(t, file[0], history)
}

// oneJob has a job run on this machine.
func oneJob(t testing.TB, program string) written {
	t.Helper()
	dir := newProject(t, "acme", declared{id: "count-stock", every: "day"})
	write(t, filepath.Join(dir, "app.py"), []byte("def work():\n    pass\n"))
	in(t, dir, program, "run", "count-stock")
	return report(t, program, dir, 3)
}

// hundredJobs are jobs of which each has 200 windows in the ledger: a few were late, failed
// or were missed.
func hundredJobs(t testing.TB, program string) written {
	t.Helper()
	var jobs []declared
	for i := range 100 {
		jobs = append(jobs, declared{fmt.Sprintf("%s-%02d", []string{"import", "clean", "report", "sync"}[i%4], i), "hour", []string{"", "shop", "stock", "billing", "ops"}[i%5]})
	}
	dir := newProject(t, "warehouse", jobs...)
	for i, job := range load(t, dir).Jobs {
		var runs []ran
		for n, w := range slices.Backward(job.Schedule.Windows(time.Now(), time.Time{}, 200)) {
			run := ran{window: w, late: time.Duration(1+(n*7+i*13)%40) * 10 * time.Second}
			switch {
			case n == 0, i%3 == 1 && n%50 == i%40+5: // due, missed
				continue
			case (n*5+i*17)%89 == 3:
				run.cause = "ValueError: no rows"
			case (n*3+i*11)%41 == 7:
				run.late = 20 * time.Minute
			}
			runs = append(runs, run)
		}
		writeLedger(t, dir, job.ID, runs)
	}
	return report(t, program, dir, 9)
}

// hostileIDs are ids that are allowed. Of the last one, the page shows the beginning.
var hostileIDs = []string{
	"<img src=x onerror=alert(1)>", `"><script>alert(1)</script>`, "' onmouseover='alert(1)", "", "all", "日本語の仕事", "🚀 launch 👩‍👩‍👧‍👦",
	"مهمة يومية", "]]>&amp;<!--", "javascript:alert(1)", "iiiiiiii", "WWWWWWWW", strings.Repeat("long ", 39) + "words",
}

// hostileJobs are jobs on GitHub whose ids and outcomes try to be something else than text.
func hostileJobs(t testing.TB, program string) written {
	t.Helper()
	var jobs []declared
	for i, id := range hostileIDs {
		jobs = append(jobs, declared{id, "day", []string{"", "a.b", "all"}[i%3]})
	}
	dir := newProject(t, "acme", jobs...)
	github := ghtest.New(t)
	github.SetNow(now)
	for i, job := range load(t, dir).Jobs {
		file := "scheduled-" + job.Slug + ".yml"
		registered := ghtest.Registered{File: file, Created: now.AddDate(0, 0, -12)}
		if job.ID == "all" {
			registered.State, registered.Updated = "disabled_manually", now.AddDate(0, 0, -2)
		}
		github.Register(registered)
		for n, w := range job.Schedule.Windows(now, time.Time{}, 12) {
			run := ghtest.Run{Workflow: file, Job: job.Slug, Created: w.Start.Add(time.Duration(n) * time.Minute)}
			run.Started = run.Created.Add(20 * time.Second)
			switch (n + i) % 6 {
			case 1:
				run.Started, run.Conclusion, run.Outcome = time.Time{}, "failure", "failed: <script>alert(1)</script>"
			case 2:
				run.Started = w.Start.Add(9 * time.Hour)
			case 3: // missed
				continue
			case 4:
				run.Event, run.Title, run.Created = "workflow_dispatch", rescued(job, w), w.Start.Add(2*time.Hour)
				run.Started = run.Created.Add(20 * time.Second)
			case 5:
				if n == 0 {
					run.Started, run.Status = time.Time{}, "in_progress"
				}
			}
			if run.Created.Before(now) && run.Started.Before(now) && (n > 0 || run.Status != "") {
				github.Add(run)
			}
		}
	}
	github.SetToken(token)
	return report(t, program, dir, 15, "GITHUB_API_URL="+github.URL, "GITHUB_REPOSITORY="+ghtest.Repository, "GITHUB_TOKEN="+token)
}

// rescued is the title of a run that a rescue starts for a window.
func rescued(job pyproject.Job, w schedule.Window) string {
	return fmt.Sprintf("%s: window %s", job.ID, w.Start.UTC().Format(time.RFC3339))
}

// shopJobs are those of a usual project on GitHub, for a picture in the docs.
func shopJobs(t testing.TB, program string) written {
	t.Helper()
	dir := newProject(t, "corner-shop",
		declared{"import-orders", "hour", "shop"}, declared{"refresh-prices", "hour", "shop"}, declared{"sync-stock", "hour", "stock"},
		declared{"count-stock", "day", "stock"}, declared{"send-invoices", "day", "billing"}, declared{"remind-customers", "day", "billing"},
		declared{"back-up-database", "day", ""}, declared{"clean-uploads", "week", ""})
	github := ghtest.New(t)
	at := time.Date(2026, 11, 21, 16, 5, 0, 0, time.UTC)
	github.SetNow(at)
	github.SetLimit(50_000)
	odd := map[string]ghtest.Run{ // by job and number of the window, from the newest
		"import-orders 41":    {Conclusion: "failure", Outcome: "failed: ConnectionError: the shop does not answer"},
		"import-orders 40":    {Conclusion: "failure", Outcome: "failed: ConnectionError: the shop does not answer"},
		"refresh-prices 0":    {Status: "in_progress"},
		"count-stock 3":       {Conclusion: "failure", Outcome: "failed: ValueError: 3 shelves have no label"},
		"remind-customers 12": {Conclusion: "cancelled"},
	}
	for i, job := range load(t, dir).Jobs {
		file := "scheduled-" + job.Slug + ".yml"
		github.Register(ghtest.Registered{File: file, Created: at.AddDate(0, -4, 0)})
		for n, w := range job.Schedule.Windows(at, at.AddDate(0, 0, -100), 100) {
			minutes := func(n int) time.Time { return w.Start.Add(time.Duration(n) * time.Minute) }
			hourly, random := w.End.Sub(w.Start) == time.Hour, (n*7919+i*104729)%97
			run := ghtest.Run{Workflow: file, Job: job.Slug, Created: minutes(2 + random%5)}
			switch {
			case random%31 == 7: // GitHub dropped the tick, and a rescue came
				run.Event, run.Title, run.Created = "workflow_dispatch", rescued(job, w), minutes(44)
			case random%19 == 4 && hourly:
				run.Created = minutes(10 + random%30)
			case random%19 == 4:
				run.Created = minutes(200 + random)
			}
			if special, ok := odd[fmt.Sprint(job.ID, " ", n)]; ok {
				run.Status, run.Conclusion, run.Outcome = special.Status, special.Conclusion, special.Outcome
			} else {
				run.Started = run.Created.Add(15 * time.Second)
			}
			if run.Created.Before(at) && run.Started.Before(at) {
				github.Add(run)
			}
		}
	}
	github.SetToken(token)
	return report(t, program, dir, 100, "GITHUB_API_URL="+github.URL, "GITHUB_REPOSITORY="+ghtest.Repository, "GITHUB_TOKEN="+token)
}
