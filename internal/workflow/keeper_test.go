package workflow

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const keeperPath = Dir + "/" + SyncFile

// keeper keeps a project at the root.
var keeper = Keeper{Path: "pyproject.toml", Branch: "main", Token: App, Action: release, Prefixes: []string{"scheduled-"}}

// keep plans the keeper's file.
func keep(t *testing.T, k Keeper, repo fs.FS) Plan {
	t.Helper()
	p, err := k.Plan(repo)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestKeeperGolden(t *testing.T) {
	unreleased := Uses{Action: release.Action, Ref: "v1"}
	rows := []struct {
		name   string
		keeper Keeper
	}{
		{"app", keeper},
		{"pat", Keeper{Path: "pyproject.toml", Branch: "main", Token: PAT, Action: unreleased, Prefixes: []string{"scheduled-"}}},
		{"none", Keeper{Path: "pyproject.toml", Branch: "main", Token: NoToken, Action: release, Prefixes: []string{"scheduled-"}}},
		{"subfolder", Keeper{Path: "services/[billing]/pyproject.toml", Branch: "release+1", Token: App, Action: release, Prefixes: []string{"cron-", "billing-", "cron-"}}},
	}
	for _, row := range rows {
		name := filepath.Join("testdata", "golden", "keeper", row.name+".yml")
		got := keep(t, row.keeper, fstest.MapFS{}).Created[0].New
		if *update {
			os.MkdirAll(filepath.Dir(name), 0o755)
			os.WriteFile(name, got, 0o644)
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		lint(t, name, got)
	}
	if files, _ := filepath.Glob("testdata/golden/keeper/*"); len(files) != len(rows) {
		t.Errorf("%d golden files for %d rows", len(files), len(rows))
	}
}

func TestKeeperPlan(t *testing.T) {
	own := string(keep(t, keeper, fstest.MapFS{}).Created[0].New)
	edit := func(old, new string) string {
		if !strings.Contains(own, old) {
			t.Fatalf("nothing to edit: %q", old)
		}
		return strings.ReplaceAll(own, old, new)
	}
	sha := strings.Repeat("a", 40)
	const kept, updated = "keep scheduled-sync.yml", "update scheduled-sync.yml"
	rows := []struct{ name, there, want string }{
		{"as written", own, kept},
		{"a comment", edit("# It needs", "# needs"), kept},
		{"CRLF", edit("\n", "\r\n"), kept},
		{"a newer pin", edit(AppToken.Ref+" # v3.2.0", sha+" # v4.0.0"), kept},
		{"a newer pin of ours", edit(release.Ref+" # v1.2.3", sha+" # v1.3.0"), kept},
		{"the project was elsewhere", edit(`"project":"pyproject.toml"`, `"project":"gone/pyproject.toml"`), kept},
		{"an older pin", edit(AppToken.Ref+" # v3.2.0", sha+" # v3.0.0"), updated},
		{"its meaning", edit("main", "trunk"), updated},
		{"more rights", edit("contents: read", "contents: write"), updated},
		{"broken YAML", edit("jobs:", "jobs: ["), updated},
		{"another token", string(keep(t, Keeper{Path: "pyproject.toml", Branch: "main", Token: NoToken, Action: release}, fstest.MapFS{}).Created[0].New), updated},
	}
	for _, row := range rows {
		repo := fstest.MapFS{keeperPath: {Data: []byte(row.there)}}
		if got := summary(keep(t, keeper, repo)); got != row.want {
			t.Errorf("%s: %s; want %s", row.name, got, row.want)
		}
	}
}

func TestKeeperConflicts(t *testing.T) {
	others := marker{Version: 1, Project: "other/pyproject.toml", Workflow: Keeps}.line()
	rescue := marker{Version: 1, Project: "pyproject.toml", Workflow: "rescue"}.line()
	rows := []struct {
		name string
		file *fstest.MapFile
		want string
	}{
		{"foreign", &fstest.MapFile{Data: []byte("on: push\n")}, "a file that scheduled did not write has that name"},
		{"link", &fstest.MapFile{Data: []byte("elsewhere"), Mode: fs.ModeSymlink}, "a symbolic link, or no regular file, has that name"},
		{"folder", &fstest.MapFile{Mode: fs.ModeDir}, "a symbolic link, or no regular file, has that name"},
		{"job", &fstest.MapFile{Data: []byte(markerOf("pyproject.toml", "sync") + "\n")}, `the file belongs to job "sync"`},
		{"job without a name", &fstest.MapFile{Data: []byte(markerOf("pyproject.toml", "") + "\n")}, `the file belongs to job ""`},
		{"other project", &fstest.MapFile{Data: []byte(others + "\n")}, "the file belongs to other/pyproject.toml"},
		{"other workflow", &fstest.MapFile{Data: []byte(rescue + "\n")}, `the file is our workflow "rescue"`},
		{"neither", &fstest.MapFile{Data: []byte(`# scheduled: {"version":1,"project":"pyproject.toml"}` + "\n")}, "a file that scheduled did not write has that name"},
	}
	for _, row := range rows {
		repo := fstest.MapFS{"other/pyproject.toml": {}, keeperPath: row.file}
		_, err := keeper.Plan(repo)
		if !conflicts(err, keeperPath, "that keeps the others up to date", row.want) {
			t.Errorf("%s: %v, want a conflict: %s", row.name, err, row.want)
		}
	}
	for _, dir := range []string{".github", Dir} {
		if _, err := keeper.Plan(fstest.MapFS{dir: {Data: []byte("elsewhere"), Mode: fs.ModeSymlink}}); err == nil {
			t.Errorf("%s is a link and was followed", dir)
		}
	}
}

func TestKeeperRefuses(t *testing.T) {
	rows := []func(*Keeper){
		func(k *Keeper) { k.Token = "" },
		func(k *Keeper) { k.Token = "APP" },
		func(k *Keeper) { k.Path = "" },
		func(k *Keeper) { k.Path = "." },
		func(k *Keeper) { k.Path = "/pyproject.toml" },
		func(k *Keeper) { k.Path = "../pyproject.toml" },
		func(k *Keeper) { k.Path = "a/b.toml" },
		func(k *Keeper) { k.Path = " a/pyproject.toml" },
		func(k *Keeper) { k.Path = "${{ github.token }}/pyproject.toml" },
		func(k *Keeper) { k.Path = "a\n/pyproject.toml" },
		func(k *Keeper) { k.Path = "a\u202eb/pyproject.toml" },
		func(k *Keeper) { k.Path = "a\xff/pyproject.toml" },
		func(k *Keeper) { k.Branch = "" },
		func(k *Keeper) { k.Branch = "a b" },
		func(k *Keeper) { k.Branch = "a*" },
		func(k *Keeper) { k.Branch = "a[b]" },
		func(k *Keeper) { k.Branch = `a\b` },
		func(k *Keeper) { k.Branch = "a/" },
		func(k *Keeper) { k.Branch = "/a" },
		func(k *Keeper) { k.Branch = "a." },
		func(k *Keeper) { k.Branch = "main\n" },
		func(k *Keeper) { k.Branch = "${{github.token}}" },
		func(k *Keeper) { k.Branch = "\xff" },
		func(k *Keeper) { k.Prefixes = []string{"ok-", "a/b"} },
		func(k *Keeper) { k.Prefixes = []string{""} },
		func(k *Keeper) { k.Prefixes = []string{"${{"} },
	}
	for i, spoil := range rows {
		k := keeper
		spoil(&k)
		if _, err := k.Plan(fstest.MapFS{}); err == nil {
			t.Errorf("row %d: planned a file for %+v", i, k)
		}
	}
}

// literal returns the only name that a filter matches, and false for one that
// is a pattern.
func literal(filter string) (name string, ok bool) {
	for i := 0; i < len(filter); i++ {
		switch {
		case filter[i] == '\\' && i+1 < len(filter):
			i++
		case strings.IndexByte(`\*?+[`, filter[i]) >= 0, i == 0 && filter[i] == '!':
			return "", false
		}
		name += filter[i : i+1]
	}
	return name, true
}

// FuzzKeeper checks every file that the keeper would write against actionlint.
// Its filters match what they are for, and nothing else.
func FuzzKeeper(f *testing.F) {
	f.Add("", "main", "scheduled-", "app")
	f.Add("services/[x]", "release+1", "a.b_", "pat")
	f.Add("!a", "!b", "!", "none")
	f.Add(`a\b?*`, "a]b", "+", "app")
	f.Add("ä 🚀", "ä/ö", "-", "pat")
	f.Add("a: b #c", "a#b", "{}", "none")
	f.Add("\u00a0", "\u3000", "\u2003", "none")
	f.Add("~", "null", "~", "app")
	f.Fuzz(func(t *testing.T, dir, branch, prefix, token string) {
		path := strings.TrimPrefix(dir+"/pyproject.toml", "/")
		k := Keeper{Path: path, Branch: branch, Token: Token(token), Action: release, Prefixes: []string{prefix}}
		repo := fstest.MapFS{}
		p, err := k.Plan(repo)
		if err != nil {
			return
		}
		content := p.Created[0].New
		lint(t, SyncFile, content)
		if m, ours := readMarker(content); !ours || m.Project != path || m.Workflow != Keeps {
			t.Errorf("marker of %q reads %+v, %v", path, m, ours)
		}
		doc, err := parse(content)
		if err != nil {
			t.Fatal(err)
		}
		push := lookup(doc, plain("on"), 0).Content[1]
		for i, want := range []string{branch, path} {
			filter := push.Content[2*i+1].Content[0].Value
			if name, ok := literal(filter); !ok || name != want {
				t.Errorf("filter %q for %q", filter, want)
			}
		}
		apply(repo, p)
		if again := keep(t, k, repo); len(again.Unchanged) != 1 {
			t.Errorf("a second init changes the file:\n%s", again.Diff())
		}
	})
}

// blind hides the content of files for which it is true: reading one fails.
type blind struct {
	fstest.MapFS
	to func(name string) bool
}

func (b blind) ReadFile(name string) ([]byte, error) {
	if b.to(name) {
		return nil, errors.New("read " + name)
	}
	return b.MapFS.ReadFile(name)
}

// TestJobsAndKeeper keeps the kinds of files apart, also where jobs have
// the names of our own workflows.
func TestJobsAndKeeper(t *testing.T) {
	repo := repository(`[tool.scheduled.sync]
every = "day"
entrypoint = "app:a"
[tool.scheduled.rescue]
every = "day"
entrypoint = "app:b"
`)
	apply(repo, keep(t, keeper, repo))
	first := plan(t, repo, "pyproject.toml", release)
	if want := "create scheduled-rescue-824ef787.yml, create scheduled-rescue.yml, create scheduled-sync-75c75efe.yml"; summary(first) != want {
		t.Errorf("jobs: %s; want %s", summary(first), want)
	}
	apply(repo, first)
	onlyJobs := blind{repo, func(name string) bool { return name == keeperPath }}
	project := load(t, repo, "pyproject.toml")
	if p, err := (Target{Project: project, Path: "pyproject.toml", Action: release}).Plan(onlyJobs); err != nil || len(p.Unchanged) != 3 {
		t.Errorf("jobs again: %s, %v", summary(p), err)
	}
	onlyKeeper := blind{repo, func(name string) bool { return name != keeperPath }}
	if got := summary(keep(t, keeper, onlyKeeper)); got != "keep scheduled-sync.yml" {
		t.Errorf("keeper again: %s", got)
	}
	repo["pyproject.toml"] = &fstest.MapFile{}
	repo[Dir+"/renamed.yml"] = repo[keeperPath]
	apply(repo, plan(t, repo, "pyproject.toml", release))
	if left, _ := fs.Glob(repo, Dir+"/*"); len(left) != 2 {
		t.Errorf("without jobs there are %v, want those of the keeper", left)
	}
}

// TestRenamedKeeper has a job whose file would be the keeper's, which somebody
// renamed.
func TestRenamedKeeper(t *testing.T) {
	repo := repository("[tool.scheduled-actions]\nworkflow-prefix = \"renamed-\"\n[tool.scheduled.nc]\nevery = \"day\"\nentrypoint = \"app:a\"\n")
	apply(repo, keep(t, keeper, repo))
	repo[Dir+"/renamed-nc.yml"] = repo[keeperPath]
	_, err := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release}.Plan(repo)
	if !conflicts(err, Dir+"/renamed-nc.yml", `of job "nc"`, `the file is our workflow "sync"`) {
		t.Errorf("%v, want a conflict", err)
	}
}
