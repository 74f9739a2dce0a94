package workflow

import (
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rhysd/actionlint"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/testdata"
)

var update = flag.Bool("update", false, "write the golden files")

// release is a pinned reference to our action.
var release = Uses{"scheduled-actions/scheduled", "0123456789abcdef0123456789abcdef01234567", "v1.2.3"}

// load reads a project of a repository.
func load(t *testing.T, repo fs.FS, path string) *pyproject.Project {
	t.Helper()
	project, err := pyproject.Load(repo, path, path)
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// plan plans the sync of the project at path.
func plan(t *testing.T, repo fstest.MapFS, path string, action Uses) Plan {
	t.Helper()
	p, err := Target{Project: load(t, repo, path), Path: path, Action: action}.Plan(repo)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// apply makes the changes of a plan in a repository in memory.
func apply(repo fstest.MapFS, p Plan) {
	for _, c := range p.Changes() {
		if c.New == nil {
			delete(repo, c.Path)
		} else {
			repo[c.Path] = &fstest.MapFile{Data: c.New}
		}
	}
}

// TestGolden renders the sample projects and compares with the workflow files in the
// folder golden.
func TestGolden(t *testing.T) {
	for _, p := range testdata.Projects() {
		t.Run(p.Name, func(t *testing.T) {
			golden(t, p, p.Name, release)
			if p.Name == "cadences" {
				golden(t, p, "unreleased", Uses{Action: release.Action, Ref: "v1"})
			}
		})
	}
}

// sample is a repository in memory with a project.
type sample struct {
	repo fstest.MapFS
	path string // of the project
}

// samples returns the sample projects, and the one of hostile ids.
func samples(t *testing.T) []sample {
	t.Helper()
	options, _ := hostileOptions()
	all := []sample{{hostileRepository(), "pyproject.toml"}, {options, "pyproject.toml"}}
	for _, p := range testdata.Projects() {
		all = append(all, sample{inMemory(t, p.Repo), p.Path})
	}
	return all
}

// inMemory copies a repository.
func inMemory(t *testing.T, from fs.FS) fstest.MapFS {
	t.Helper()
	repo := fstest.MapFS{}
	err := fs.WalkDir(from, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(from, path)
		repo[path] = &fstest.MapFile{Data: content}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

func golden(t *testing.T, project testdata.Project, name string, action Uses) {
	want := filepath.Join("testdata", "golden", name)
	if *update {
		os.RemoveAll(want)
		os.MkdirAll(want, 0o755)
	}
	p, err := Target{Project: load(t, project.Repo, project.Path), Path: project.Path, Action: action}.Plan(project.Repo)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Created {
		name := filepath.Join(want, filepath.Base(c.Path))
		if *update {
			os.WriteFile(name, c.New, 0o644)
		}
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(content), string(c.New)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		lint(t, name, c.New)
	}
	files, _ := os.ReadDir(want)
	if len(files) != len(p.Created) {
		t.Errorf("%d golden files for %d workflows", len(files), len(p.Created))
	}
}

// TestSize refuses what GitHub would take for no workflow, and says how long it is.
func TestSize(t *testing.T) {
	job := func(n int) fstest.MapFS {
		return repository(fmt.Sprintf("[tool.scheduled-actions]\nrescue = false\nbefore = [%q]\n%s", strings.Repeat("x", n), severalJobs(1)))
	}
	small := plan(t, job(1000), "pyproject.toml", release).Created[0].New
	most := maxFile - len(small) + 1000
	if p := plan(t, job(most), "pyproject.toml", release); len(p.Created[0].New) != maxFile {
		t.Errorf("%d bytes", len(p.Created[0].New))
	}
	repo := job(most + 1)
	_, err := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release}.Plan(repo)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf(`job "job-0" would have %d bytes`, maxFile+1)) || problem.Hint(err) == "" {
		t.Errorf("%v", err)
	}
}

// lint checks a workflow with actionlint.
func lint(t *testing.T, name string, content []byte) {
	t.Helper()
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := linter.Lint(name, content, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.Message != unknownQueue && f.Message != unknownDeployment {
			t.Errorf("actionlint: %v", f)
		}
	}
}

// unknownQueue is what actionlint 1.7.12 says of `queue`, which GitHub has had since May
// 2026: https://github.com/rhysd/actionlint/issues/657. GitHub's own parser checks the key.
const unknownQueue = `unexpected key "queue" for "concurrency" section. expected one of "cancel-in-progress", "group"`

// unknownDeployment is what it says of `deployment`, which GitHub has had since March 2026:
// https://docs.github.com/actions/how-tos/deploy/configure-and-manage-deployments/control-deployments
const unknownDeployment = `unexpected key "deployment" for "environment" section. expected one of "name", "url"`

// hostile are job ids that try to break out of their place.
var hostile = []string{
	"", " ", "a b", "a.b", "A", "ÄÖÜ", "日本語", "🚀", "👩‍👩‍👧", "on", "yes", "null", "true", "1e3", "0x1f", "1:30", "~",
	"- a", "a: b", "a #b", "#a", "&a", "*a", "!a", "!!str a", "|", ">", "%a", "@a", "`a`", "'a'", `"a"`, `a\b`, `\`,
	"{{ a }}", "}}", "$(id)", "$HOME", "; rm -rf /", "../../etc/passwd", "a/b", ".", "..", "-rf", "--force",
	"con", "nul", "a\u00a0b", "a\u200bb", "a\ufeffb", "\ufeff", "e\u0301", "\u0301", "<script>", "]]>", "{}", "[]", "::error::x",
	"[tool.scheduled.x]", "# scheduled: {}", strings.Repeat("x", 63), strings.Repeat("x", 64), strings.Repeat("ü", 500),
	"\ue000", "\ufffd", "\U0010ffff", "\u2060",
}

// hostileRepository has a job for each of them, and no rescue.
func hostileRepository() fstest.MapFS {
	var toml strings.Builder
	toml.WriteString("[tool.scheduled-actions]\nrescue = false\n")
	for _, id := range hostile {
		toml.WriteString("[tool.scheduled." + tomlString(id) + "]\nevery = \"day\"\nentrypoint = \"app:run\"\n")
	}
	return fstest.MapFS{"pyproject.toml": {Data: []byte(toml.String())}}
}

// TestHostileIDs renders one job for each and reads its id back.
func TestHostileIDs(t *testing.T) {
	repo := hostileRepository()
	p := plan(t, repo, "pyproject.toml", release)
	if len(p.Created) != len(hostile) {
		t.Fatalf("%d files for %d ids", len(p.Created), len(hostile))
	}
	for _, c := range p.Created {
		lint(t, c.Path, c.New)
		m, ours := readMarker(c.New)
		if !ours || m.Job == nil || *m.Job != c.Job {
			t.Errorf("marker of %q reads %+v, %v", c.Job, m, ours)
		}
		doc, err := parse(c.New)
		if err != nil {
			t.Fatalf("%q: %v", c.Job, err)
		}
		var jobs []string
		eachWith(doc, "job", func(value string) { jobs = append(jobs, value) })
		if diff := cmp.Diff([]string{c.Job, c.Job}, jobs); diff != "" {
			t.Errorf("inputs of %q (-want +got):\n%s", c.Job, diff)
		}
	}
	apply(repo, p)
	if again := plan(t, repo, "pyproject.toml", release); len(again.Changes()) != 0 {
		t.Errorf("a second sync changes %d files", len(again.Changes()))
	}
}

// TestQuickEncode checks quickEncode against emit, for every job of the golden
// projects and for the hostile ids.
func TestQuickEncode(t *testing.T) {
	quick := 0
	for _, s := range samples(t) {
		target := Target{Project: load(t, s.repo, s.path), Path: s.path, Action: release}
		document, _, err := target.documents(s.repo)
		if err != nil {
			t.Fatal(err)
		}
		for _, job := range target.Project.Jobs {
			doc := document(job)
			want, err := emit(doc)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := quickEncode(doc)
			if !ok {
				continue
			}
			quick++
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("job %q (-emit +quickEncode):\n%s", job.ID, diff)
			}
		}
	}
	if quick < 40 {
		t.Errorf("only %d documents went the quick way", quick)
	}
}
