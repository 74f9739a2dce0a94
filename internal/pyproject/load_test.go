package pyproject

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

var update = flag.Bool("update", false, "write the expected results of the fixtures")

// fixtures returns the pyproject files of a folder in testdata.
func fixtures(t testing.TB, folder string) []string {
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.toml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures in %q: %v", folder, err)
	}
	return files
}

// addFixtures seeds a fuzz test with all fixtures.
func addFixtures(f *testing.F) {
	for _, file := range append(fixtures(f, "ok"), fixtures(f, "err")...) {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// expect compares what came out of a fixture with the file beside it.
func expect(t *testing.T, fixture, ext string, got []byte) {
	t.Helper()
	file := strings.TrimSuffix(fixture, ".toml") + ext
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// load reads a pyproject.toml from memory.
func load(data string) (*Project, error) {
	files := fstest.MapFS{"pyproject.toml": {Data: []byte(data)}}
	return Load(files, "pyproject.toml", "pyproject.toml")
}

// wrong returns everything that is wrong with a file.
func wrong(project *Project, err error) error {
	if err != nil {
		return err
	}
	return project.Problems()
}

func TestLoad(t *testing.T) {
	for _, file := range fixtures(t, "ok") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			project, err := Load(os.DirFS(filepath.Dir(file)), filepath.Base(file), file)
			if err != nil || len(project.Broken) > 0 {
				t.Fatal(err, project.Problems())
			}
			if project.File != file {
				t.Errorf("File is %q, want %q", project.File, file)
			}
			expect(t, file, ".out", []byte(describe(project)))
		})
	}
}

// describe writes a project and its jobs as JSON, with what their methods say.
func describe(p *Project) string {
	type job struct {
		ID, Entrypoint, Schedule, Slug, File, Table, Timeout, Backoff string
		Options                                                       Options
		Line                                                          int
	}
	jobs := []job{}
	for _, j := range p.Jobs {
		jobs = append(jobs, job{
			j.ID, j.Entrypoint, j.Schedule.String(), j.Slug, j.File(), j.Table(), j.Options.Timeout.String(), j.Options.Backoff.String(), j.Options, j.Line,
		})
	}
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	rescue := fmt.Sprintf("%v, on %v, notify %t, pacemaker %t, line %d", p.Rescue.Rounds, p.Rescue.RunsOn, p.Rescue.Notify, p.Rescue.Pacemaker, p.Rescue.Line)
	if p.Rescue.Pages {
		rescue += fmt.Sprintf(", pages of all %t, line %d", p.Rescue.AllPages, p.Rescue.PagesLine)
	}
	out.Encode(map[string]any{"Rescue": rescue, "Name": p.Name, "RequiresPython": p.RequiresPython, "BuildSystem": p.BuildSystem, "Dependencies": p.Dependencies, "Tools": p.Tools, "Jobs": jobs})
	return b.String()
}

func TestLoadProblems(t *testing.T) {
	for _, file := range fixtures(t, "err") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			err := wrong(Load(os.DirFS(filepath.Dir(file)), filepath.Base(file), filepath.Base(file)))
			var problems problem.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("error is %v, want Problems", err)
			}
			var out bytes.Buffer
			if err := problems.Write(&out, false); err != nil {
				t.Fatal(err)
			}
			expect(t, file, ".out", out.Bytes())
		})
	}
}

func TestLoadUnreadable(t *testing.T) {
	folder := fstest.MapFS{"sub/pyproject.toml/x": {}}
	if _, err := Load(folder, "pyproject.toml", "some/pyproject.toml"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), `read "some/pyproject.toml"`) {
		t.Errorf("without a file: %v", err)
	}
	var problems problem.Problems
	if _, err := Load(folder, "sub/pyproject.toml", "x"); err == nil || errors.As(err, &problems) {
		t.Errorf("of a folder: %v", err)
	}
}

// A job that runs every minute is a problem on GitHub only, reported at its key, and
// stops no other job.
func TestUnhosted(t *testing.T) {
	project, err := load("[tool.scheduled.\"it's\"]\nentrypoint = \"a:b\"\nevery = \"minute\"\n[tool.scheduled.b]\nevery = \"hour\"\nentrypoint = \"a:b\"\n[tool.scheduled.c]\nevery = \"minute\"\nentrypoint = \"a:b\"\n")
	if err != nil {
		t.Fatal(err)
	}
	problems, _ := errors.AsType[problem.Problems](project.Problems())
	var where []string
	for _, p := range problems {
		where = append(where, fmt.Sprintf("%d:%d", p.Line, p.Column))
	}
	if diff := cmp.Diff([]string{"3:9", "8:9"}, where); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
	first := problems[0]
	for _, want := range []string{`once every 5 minutes`, "https://docs.github.com/", `every = "hour"`, `executor = "serve" to [tool.scheduled-actions.jobs."it's"]`, `scheduled run 'it'\''s'`} {
		if !strings.Contains(first.Message+first.Hint, want) {
			t.Errorf("%q is not in %q, %q", want, first.Message, first.Hint)
		}
	}
	hosted := project.Hosted()
	if len(project.Jobs) != 3 || len(project.Broken) != 0 || len(hosted) != 1 || hosted[0].ID != "b" || project.Jobs[2].Unhosted[0].Line != 8 {
		t.Errorf("jobs %+v, hosted %+v, broken %+v", project.Jobs, hosted, project.Broken)
	}
}

// A job with errors stops no other one. What is wrong with the file stops all.
func TestBroken(t *testing.T) {
	const text = `[tool.scheduled]
a = { every = "dayly", entrypoint = "a" }
b = { every = "day", entrypoint = "a:b" }
c = 1
d = { every = "minute", entrypoint = "a:b" }
e = { every = "minute", entrypoint = "a" }
sync-6cdd7b8b = { every = "day", entrypoint = "a:b" }
SYNC-6cdd7b8b = { every = "day", entrypoint = "a:b" }
[tool.scheduled-actions.jobs]
b.timeout = "1h"
f.timeout = 1
g.entrypoint = "a:b"
`
	project, err := load(text)
	if err != nil {
		t.Fatal(err)
	}
	var jobs, broken []string
	for _, job := range project.Jobs {
		jobs = append(jobs, fmt.Sprint(job.ID, " ", job.Line, " ", len(job.Unhosted)))
	}
	for _, b := range project.Broken {
		broken = append(broken, fmt.Sprint(b.ID, " ", b.Line, " ", len(b.Problems)))
	}
	if diff := cmp.Diff([]string{"b 3 0", "d 5 1", "sync-6cdd7b8b 7 0", "SYNC-6cdd7b8b 8 0"}, jobs); diff != "" {
		t.Errorf("jobs: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a 2 2", "c 4 1", "e 6 2", "f 11 2", "g 12 1"}, broken); diff != "" {
		t.Errorf("broken: -want +got:\n%s", diff)
	}
	if problems, _ := errors.AsType[problem.Problems](project.Problems()); len(problems) != 9 {
		t.Errorf("all: %v", problems)
	}
	_, err = load(text + "[tool.scheduled-actions]\nspares = 9\n")
	if problems, _ := errors.AsType[problem.Problems](err); len(problems) != 10 {
		t.Errorf("with an error of the file: %v", err)
	}
}

func TestJob(t *testing.T) {
	project, err := load(`[tool.scheduled]
clean-files = { every = "day", entrypoint = "a:b" }
"Send mail" = { every = "hour", entrypoint = "a:b" }
a = { every = "hour", entrypoint = "a:b" }
`)
	if err != nil {
		t.Fatal(err)
	}
	if err := project.Problems(); err != nil {
		t.Errorf("problems: %v", err)
	}
	for _, test := range []struct {
		id   string
		near string
		want bool
	}{
		{"clean-files", "", true},
		{"a", "", true},
		{"clean_files", "clean-files", false},
		{"clean-file", "clean-files", false},
		{"cleanfiels", "clean-files", false},
		{"send-mail", "Send mail", false},
		{"report", "", false},
		{"", "a", false},
	} {
		job, near, found := project.Job(test.id)
		if found != test.want || near != test.near || found && job.ID != test.id || !found && job.ID != "" {
			t.Errorf("%q: got job %q, %t, near %q", test.id, job.ID, found, near)
		}
	}
}

// Every option has its heading in the docs, every chapter its first option, and the example
// of an option is valid.
func TestOptionsReference(t *testing.T) {
	reference := OptionsReference()
	for _, c := range chapters {
		if !strings.Contains(reference, "## "+c.title+"\n\n") {
			t.Errorf("no chapter %q: no option %s in that place", c.title, c.first)
		}
	}
	for _, o := range options {
		if strings.Count(reference, "\n### `"+o.name+"`\n") != 1 {
			t.Errorf("no heading for %q", o.name)
		}
		table := "[tool.scheduled-actions]\n"
		if o.single {
			table = "[tool.scheduled-actions.jobs.a]\n"
			if o.name != "command" {
				table += "entrypoint = \"a:b\"\n"
			}
			if !slices.Contains(schedule.Triggers, o.name) {
				table += "every = \"day\"\n"
			}
			if o.name == "inputs" {
				table += "kwargs = { days = 7 }\n"
			}
			if o.name == "needs" {
				table = "[tool.scheduled.import-orders]\nevery = \"hour\"\nentrypoint = \"a:b\"\n" + table
			}
			if o.name == "count" {
				table += "start = 2026-12-01\n"
			}
		}
		if err := wrong(load(fmt.Sprintf("%s%s = %s\n", table, o.name, o.example))); err != nil {
			t.Errorf("example of %q: %v", o.name, err)
		}
	}
}

var (
	slugForm = regexp.MustCompile(`^[a-z0-9_-]{1,63}$`)
	fileForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*\.yml$`)
)

func FuzzLoad(f *testing.F) {
	addFixtures(f)
	for _, document := range hostile {
		f.Add([]byte(document(500)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		project, err := load(string(data))
		if err != nil {
			checkProblems(t, string(data), err)
			return
		}
		slugs, files := map[string]bool{}, map[string]bool{}
		for _, job := range project.Jobs {
			switch {
			case !slugForm.MatchString(job.Slug) || slugs[job.Slug]:
				t.Errorf("job %q has slug %q", job.ID, job.Slug)
			case !fileForm.MatchString(job.File()) || files[strings.ToLower(job.File())]:
				t.Errorf("job %q has file %q", job.ID, job.File())
			case strings.Count(job.Entrypoint, ":") != 1 || strings.ContainsAny(job.Entrypoint, " /\\()[]-"):
				t.Errorf("job %q has entrypoint %q", job.ID, job.Entrypoint)
			case Forbidden(job.ID+job.Entrypoint+job.Options.Seed+job.Options.Python+strings.Join(job.Options.RunsOn, "")) != "":
				t.Errorf("job %q has forbidden characters: %+v", job.ID, job)
			case job.Options.Timeout <= 0 || job.Options.Timeout > timeouts.most || len(job.Options.RunsOn) == 0:
				t.Errorf("job %q has options %+v", job.ID, job.Options)
			case job.Options.Attempts < 1 || job.Options.Attempts > maxAttempts || job.Options.Backoff < time.Second || job.Options.Backoff > backoffs.most:
				t.Errorf("job %q is tried again as %+v", job.ID, job.Options)
			case job.Options.Spares < 0 || job.Options.Spares > max(schedule.MaxSpares, job.Schedule.DefaultSpares()):
				t.Errorf("job %q has %d spares", job.ID, job.Options.Spares)
			}
			checkOwn(t, job.Options)
			slugs[job.Slug], files[strings.ToLower(job.File())] = true, true
		}
		if err := project.Problems(); err != nil {
			checkProblems(t, string(data), err)
		}
	})
}

// checkOwn checks that a project's own steps can do no more than they say.
func checkOwn(t *testing.T, o Options) {
	t.Helper()
	holds := []string{o.Environment}
	var names []string
	pairs := slices.Concat(o.Env, o.Secrets, o.SetupSecrets, o.Vars)
	for _, p := range slices.Concat(o.Commit.Paths, o.Artifacts.Paths, o.Cache) {
		if p == "" || strings.ContainsAny(p[:1], "!/") || p == ".." || strings.HasPrefix(p, "../") || strings.Contains(p, "/../") || p == ".git" || strings.HasPrefix(p, ".git/") || strings.HasPrefix(p, ".github/workflows") {
			t.Errorf("path %q", p)
		}
	}
	for _, p := range o.Checkout {
		holds = append(holds, p.Value)
	}
	holds = slices.Concat(holds, o.Commit.Paths, o.Artifacts.Paths, o.Cache, []string{o.Artifacts.Name})
	for _, s := range slices.Concat(o.Before, o.Prepare, o.After) {
		if (s.Uses == "") == (s.Run == "") || s.Run == "" && !pinned.MatchString(s.Uses) || strings.EqualFold(strings.TrimSpace(s.Name), schedule.EvidenceStep) {
			t.Errorf("step %+v", s)
		}
		holds = append(holds, s.Name, s.Uses, s.Note, s.Run)
		pairs = append(pairs, s.Env...)
		for _, p := range s.With {
			holds = append(holds, p.Name, p.Value)
		}
	}
	boxes := make([]Container, 0, 1+len(o.Services))
	if o.Container != nil {
		boxes = append(boxes, *o.Container)
	}
	for _, s := range o.Services {
		boxes = append(boxes, s.Container)
	}
	for _, c := range boxes {
		if c.Image == "" || !strings.ContainsAny(c.Image, ":@") || strings.HasSuffix(c.Image, ":latest") {
			t.Errorf("image %q", c.Image)
		}
		holds = slices.Concat(holds, []string{c.Image, c.Options}, c.Ports, c.Volumes)
		for _, p := range c.Env {
			holds = append(holds, p.Name, p.Value)
		}
	}
	for _, p := range pairs {
		holds, names = append(holds, p.Value), append(names, p.Name)
	}
	for _, name := range names {
		if !variableForm.MatchString(name) || strings.HasPrefix(strings.ToUpper(name), "GITHUB_") || strings.EqualFold(name, "PATH") {
			t.Errorf("variable %q", name)
		}
	}
	for _, p := range o.Permissions {
		if p.Value != "read" && p.Value != "write" {
			t.Errorf("permission %v", p)
		}
	}
	for _, s := range holds {
		if Forbidden(inOneLine.Replace(s)) != "" {
			t.Errorf("text %q", s)
		}
	}
}

// pinned matches what cannot become another action.
var pinned = regexp.MustCompile(`@(sha256:)?[0-9a-f]{40,64}$|^\./[^@]*$`)

// checkProblems checks that problems are in the file, in order, with safe
// texts and a source line that shows what is meant.
func checkProblems(t *testing.T, data string, err error) {
	t.Helper()
	problems, ok := err.(problem.Problems)
	if !ok {
		t.Fatalf("error is %v, want Problems", err)
	}
	lines := strings.Split(strings.TrimLeft(data, "\ufeff"), "\n")
	last := problem.Problem{Line: 1, Column: 1}
	for _, p := range problems {
		if p.Line < last.Line || p.Line == last.Line && p.Column < last.Column {
			t.Errorf("%v comes after %v", p, last)
		}
		if p.Line > len(lines) || p.Column > utf8.RuneCountInString(lines[p.Line-1])+1 {
			t.Errorf("%v is not in the file", p)
		}
		if p.Message == "" || p.Hint == "" || printable(p.Message) != p.Message || printable(strings.ReplaceAll(p.Hint, "\n", "")) != strings.ReplaceAll(p.Hint, "\n", "") {
			t.Errorf("%v has hint %q", p, p.Hint)
		}
		// A character can be escaped as four bytes, each as "\\xff".
		if s := p.Source; len(s.Line) > 170*16 || len(s.Indent) > len(s.Line) || len(s.Carets) > len(s.Line)+1 {
			t.Errorf("%v has carets %q below %q", p, s.Carets, s.Line)
		}
		last = p
	}
	var out strings.Builder
	if err := problems.Write(&out, false); err != nil || printable(strings.ReplaceAll(out.String(), "\n", "")) != strings.ReplaceAll(out.String(), "\n", "") {
		t.Errorf("written as %q, %v", out.String(), err)
	}
}

// BenchmarkLoad has the toml package alone as its peer.
func BenchmarkLoad(b *testing.B) {
	const jobs = 10_000
	all := func(format string) string {
		var text strings.Builder
		for i := range jobs {
			fmt.Fprintf(&text, format, i)
		}
		return text.String()
	}
	for _, bench := range []struct{ name, data string }{
		{"good", all("\n[tool.scheduled.job-%[1]d]\nevery = \"day\"\nentrypoint = \"app.jobs:job_%[1]d\"\n")},
		{"wrong", all("\n[tool.scheduled.job-%[1]d]\nevery = \"dayly\"\nentrypoint = \"app/jobs.py:job_%[1]d\"\nruns_on = 1\n")},
		{"unknown", all("\n[tool.scheduled.job-%[1]d]\nevery = \"day\"\nentrypoint = \"app.jobs:job_%[1]d\"\n[tool.scheduled-actions.jobs.jobs-%[1]d]\n")},
		{"one-line", "tool = { scheduled = { " + all("job-%[1]d={every=\"dayly\",entrypoint=\"app.jobs.job_%[1]d\"}, ") + "} }"},
	} {
		b.Run(bench.name+"/toml", func(b *testing.B) {
			for b.Loop() {
				if _, err := toml.Decode(bench.data, &map[string]any{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(bench.name+"/load", func(b *testing.B) {
			for b.Loop() {
				project, err := load(bench.data)
				if problems, _ := wrong(project, err).(problem.Problems); len(problems) < jobs && (project == nil || len(project.Jobs) != jobs) {
					b.Fatal(err)
				}
			}
		})
	}
}
