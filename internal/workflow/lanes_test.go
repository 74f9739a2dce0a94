package workflow

import (
	"fmt"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"gopkg.in/yaml.v3"
)

// shaped is a workflow as a test of its shape reads it.
type shaped struct {
	Concurrency concurrency
	Jobs        map[string]struct {
		Name        string
		Needs       string
		If          string
		Concurrency concurrency
		Strategy    struct {
			FailFast bool `yaml:"fail-fast"`
			Most     int  `yaml:"max-parallel"`
			Matrix   string
		}
		Environment, Container, Services any
		Permissions, Outputs             map[string]string
		Steps                            []struct{ Name string }
	}
}

type concurrency struct{ Group, Cancel, Queue string }

func (c *concurrency) UnmarshalYAML(node *yaml.Node) error {
	var fields map[string]string
	err := node.Decode(&fields)
	*c = concurrency{fields["group"], fields["cancel-in-progress"], fields["queue"]}
	return err
}

// TestLanes renders all combinations of the policies, and checks what GitHub and the
// decisions rely on.
func TestLanes(t *testing.T) {
	const canCancel = "${{ needs.check.outputs.cancel == 'true' }}"
	groups := map[string]string{} // whose they are, but locks
	for i := range 16 {
		options, id := "", fmt.Sprintf("J%d", i)
		catchUp, several, cancel, lock := i&1 != 0, i&2 != 0, i&4 != 0, i&8 != 0
		for _, o := range []struct {
			on   bool
			line string
		}{{catchUp, `catch-up = "all"`}, {several, "max-instances = 4"}, {cancel, `overlap = "cancel"`}, {lock, `lock = "db"`}} {
			if o.on {
				options += o.line + "\n"
			}
		}
		repo := repository(fmt.Sprintf("[tool.scheduled.%s]\nevery = \"day\"\nentrypoint = \"a:b\"\n[tool.scheduled-actions]\nrescue = false\n"+
			"[tool.scheduled-actions.jobs.%[1]s]\nenvironment = \"prod\"\ncontainer = \"python:3.13\"\nservices.db = { image = \"pg:1\" }\n"+
			"secrets = [\"S\"]\nsetup-secrets = [\"T\"]\nvars = [\"V\"]\ntoken = true\npermissions = { issues = \"write\" }\ncommit = [\"x\"]\nartifacts = [\"y\"]\ncache = [\"z\"]\n%s", id, options))
		project, err := pyproject.Load(repo, "pyproject.toml", "pyproject.toml")
		if cancel && (catchUp || lock) {
			if err == nil && project.Problems() == nil {
				t.Errorf("%q: no error", options)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		content := plan(t, repo, "pyproject.toml", release).Created[0].New
		lint(t, id, content)
		var w shaped
		if err := yaml.Unmarshal(content, &w); err != nil {
			t.Fatal(err)
		}
		check, run := w.Jobs["check"], w.Jobs["run"]
		if i == 0 {
			if len(w.Jobs) != 1 || run.Name != id || run.Strategy.Matrix != "" || run.Concurrency != (concurrency{}) {
				t.Errorf("without policies:\n%s", content)
			}
			continue
		}
		wait := concurrency{"", "false", "max"}
		as := func(group string, c concurrency) concurrency { c.Group = group; return c }
		stem := strings.TrimSuffix(project.Jobs[0].File(), ".yml")
		wantAll, wantCheck, wantRun := as(stem, wait), concurrency{}, as(stem+"/lane-${{ matrix.lane }}", wait)
		if several || cancel {
			wantAll, wantCheck = concurrency{}, as(stem+"/check", wait)
		}
		if lock {
			wantRun.Group = "scheduled/lock/db"
		}
		if cancel { // "the combination of queue: max and cancel-in-progress: true is not allowed"
			wantRun.Cancel, wantRun.Queue = canCancel, ""
		}
		if diff := cmp.Diff([]concurrency{wantAll, wantCheck, wantRun}, []concurrency{w.Concurrency, check.Concurrency, run.Concurrency}); diff != "" {
			t.Errorf("%q: concurrency (-want +got):\n%s", options, diff)
		}
		for _, c := range []concurrency{w.Concurrency, check.Concurrency, run.Concurrency} {
			if key := strings.ToLower(c.Group); key != "" && !lock {
				if other, taken := groups[key]; taken {
					t.Errorf("%s and %s have the same group %s", id, other, key)
				}
				groups[key] = id
			}
		}
		most := 1
		if several {
			most = 4
		}
		if run.Name != id+" ${{ matrix.slot }}" || run.Needs != "check" || run.If != onlyIfSlots || run.Strategy.FailFast ||
			run.Strategy.Most != most || run.Strategy.Matrix != "${{ fromJSON(needs.check.outputs.matrix) }}" || run.Environment == nil || run.Container == nil || run.Services == nil {
			t.Errorf("%q: job run:\n%s", options, content)
		}
		settles := strings.Contains(fmt.Sprint(check.Steps), "Settled before: ")
		if diff := cmp.Diff(map[string]string{"contents": "read", "actions": "read"}, check.Permissions); diff != "" || check.If != forkGuard ||
			check.Environment != nil || check.Container != nil || check.Services != nil || settles != catchUp {
			t.Errorf("%q: job check:\n%s", options, content)
		}
		_, checks, _ := strings.Cut(string(content), "\n  check:\n")
		checks, _, _ = strings.Cut(checks, "\n  run:\n")
		for _, private := range []string{"secrets.", "vars.", "github.token", "env:"} {
			if strings.Contains(checks, private) {
				t.Errorf("%q: job check has %s:\n%s", options, private, checks)
			}
		}
	}
}

// TestHostileLanes gives a job for each slot to jobs whose ids try to break out, and reads
// their names back.
func TestHostileLanes(t *testing.T) {
	repo := hostileRepository()
	repo["pyproject.toml"].Data = append(repo["pyproject.toml"].Data, []byte("[tool.scheduled-actions.jobs.\"\"]\nmax-instances = 2\n")...)
	repo["pyproject.toml"].Data = []byte(strings.Replace(string(repo["pyproject.toml"].Data), "rescue = false\n", "rescue = false\nlock = \"A-b_1\"\ncatch-up = \"all\"\n", 1))
	p := plan(t, repo, "pyproject.toml", release)
	for _, c := range p.Created {
		lint(t, c.Path, c.New)
		var w shaped
		if err := yaml.Unmarshal(c.New, &w); err != nil {
			t.Fatalf("%q: %v", c.Job, err)
		}
		if got, want := w.Jobs["run"].Name, display(c.Job)+" ${{ matrix.slot }}"; got != want {
			t.Errorf("job %q is named %q", c.Job, got)
		}
		if got := w.Jobs["run"].Concurrency.Group; got != "scheduled/lock/a-b_1" {
			t.Errorf("job %q has the group %q", c.Job, got)
		}
	}
	apply(repo, p)
	if again := plan(t, repo, "pyproject.toml", release); len(again.Changes()) != 0 {
		t.Errorf("a second sync changes %d files", len(again.Changes()))
	}
}

// TestSparse compares the files of jobs, rendered from what the checkout of the job `check`
// has, with those of the whole repository: a check warns of files that are stale.
func TestSparse(t *testing.T) {
	all := samples(t)
	for _, requirements := range []string{"deps/prod/base.txt", "base.txt"} {
		repo := repository("")
		repo["a/b/pyproject.toml"] = &fstest.MapFile{Data: []byte("[tool.scheduled-actions]\nrequirements = [\"" + requirements + "\"]\n" + severalJobs(1))}
		repo["a/b/"+requirements], repo["a/requirements.txt"], repo["c/uv.lock"] = &fstest.MapFile{}, &fstest.MapFile{}, &fstest.MapFile{}
		all = append(all, sample{repo, "a/b/pyproject.toml"})
		repo = repository("[tool.scheduled-actions]\nrequirements = [\"" + requirements + "\"]\n" + severalJobs(1))
		repo[requirements] = &fstest.MapFile{}
		all = append(all, sample{repo, "pyproject.toml"})
	}
	for _, s := range all {
		target := Target{Project: load(t, s.repo, s.path), Path: s.path, Action: release}
		whole, _, err := target.documents(s.repo)
		if err != nil {
			t.Fatal(err)
		}
		for _, job := range target.Project.Jobs {
			document, _, err := target.documents(sparse(s.repo, target.sparsely(job.Options)))
			if err != nil {
				t.Fatalf("%s, job %q: %v", s.path, job.ID, err)
			}
			if !sameMeaning(whole(job), document(job)) {
				t.Errorf("%s, job %q is another in a sparse checkout", s.path, job.ID)
			}
		}
	}
}

// sparse returns what a sparse checkout has: "all files of the root folder", the folders,
// and the files in the folders above them.
// https://git-scm.com/docs/git-sparse-checkout#_internals_cone_mode_handling
func sparse(repo fstest.MapFS, with []input) fstest.MapFS {
	in := map[string]bool{".": true} // only their files
	var whole []string
	for _, input := range with {
		if input.name == "sparse-checkout" {
			whole = strings.Split(input.value.Value, "\n")
		}
	}
	for _, folder := range whole {
		for ; folder != "."; folder = path.Dir(folder) {
			in[folder] = true
		}
	}
	part := fstest.MapFS{}
	for name, file := range repo {
		keep := in[path.Dir(name)]
		for _, folder := range whole {
			keep = keep || strings.HasPrefix(name, folder+"/")
		}
		if keep {
			part[name] = file
		}
	}
	return part
}
