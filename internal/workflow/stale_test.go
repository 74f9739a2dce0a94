package workflow

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestStale(t *testing.T) {
	const a = Dir + "/scheduled-a.yml"
	repo := repository(twoJobs)
	apply(repo, plan(t, repo, "pyproject.toml", release))
	own := string(repo[a].Data)
	edit := func(old, new string) *fstest.MapFile {
		if !strings.Contains(own, old) {
			t.Fatalf("nothing to edit: %q", old)
		}
		return &fstest.MapFile{Data: []byte(strings.ReplaceAll(own, old, new))}
	}
	sha := strings.Repeat("a", 40)
	ours := release.String() + " # " + release.Version
	rows := []struct {
		name string
		file *fstest.MapFile
		want bool
	}{
		{"as written", edit("", ""), false},
		{"a comment", edit("spare: ", "again: "), false},
		{"CRLF", edit("\n", "\r\n"), false},
		{"a later release of ours", edit(ours, release.Action+"@"+sha+" # v9.0.0"), false},
		{"an older one", edit(ours, release.Action+"@"+sha+" # v0.1.0"), false},
		{"a branch of ours", edit(ours, release.Action+"@main"), false},
		{"two releases of ours", &fstest.MapFile{Data: []byte(strings.Replace(own, ours, release.Action+"@"+sha+" # v9.0.0", 1))}, false},
		{"a newer pin", edit(checkout.Ref+" # "+checkout.Version, sha+" # v8.0.0"), false},
		{"the project was elsewhere", edit(`"project":"pyproject.toml"`, `"project":"gone/pyproject.toml"`), false},

		{"not there", nil, false},
		{"a link", &fstest.MapFile{Data: []byte("ci.yml"), Mode: fs.ModeSymlink}, false},
		{"broken YAML", edit("jobs:", "jobs: ["), false},
		{"not ours", edit("# scheduled: ", "# "), false},
		{"another project's", edit(`"project":"pyproject.toml"`, `"project":"other/pyproject.toml"`), false},
		{"the keeper's", &fstest.MapFile{Data: keep(t, keeper, fstest.MapFS{}).Created[0].New}, false},

		{"its meaning", edit("ubuntu-latest", "self-hosted"), true},
		{"its crons", edit(" * * *", " * * 1"), true},
		{"a step less", edit("      - name: Check window\n", "      - name: Check\n"), true},
		{"an older pin", edit(checkout.Ref+" # "+checkout.Version, sha+" # v1.0.0"), true},
		{"another action in place of ours", edit(ours, "evil/scheduled@"+sha+" # v1.2.3"), true},
		{"another action with our name in it", edit(ours, release.Action+"-evil@"+sha+" # v1.2.3"), true},
		{"another of ours", edit(ours, release.Action+"/sub@"+sha+" # v1.2.3"), true},
	}
	repo["other/pyproject.toml"] = &fstest.MapFile{}
	target := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: Uses{Action: release.Action, Ref: "v1"}}
	for _, row := range rows {
		if repo[a] = row.file; row.file == nil {
			delete(repo, a)
		}
		if got := target.Stale(repo, target.Project.Jobs[0]); got != row.want {
			t.Errorf("%s: stale %v, want %v", row.name, got, row.want)
		}
	}
}

// TestGuesses checks what is guessed against what a sync writes, for every
// golden project and for the hostile ids, with references as written and as
// bots have raised them.
func TestGuesses(t *testing.T) {
	sha := strings.Repeat("a", 40)
	raise := strings.NewReplacer(checkout.Ref+" # "+checkout.Version, sha+" # v99.0.0", release.Ref+" # "+release.Version, sha+" # v99.0.0")
	for _, s := range samples(t) {
		repo, path := s.repo, s.path
		target := Target{Project: load(t, repo, path), Path: path, Action: release}
		guessed(t, target, repo, nil, plan(t, repo, path, release).Created)
		apply(repo, plan(t, repo, path, release))
		var like []byte
		for name, file := range repo {
			if strings.HasPrefix(name, Dir) {
				like = []byte(raise.Replace(string(file.Data)))
				repo[name] = &fstest.MapFile{Data: like}
			}
		}
		guessed(t, target, repo, like, plan(t, repo, path, release).Unchanged)
		if len(plan(t, repo, path, release).Changes()) > 0 {
			t.Error("raised references were not kept")
		}
	}
}

// guessed compares the guesses with the files of a plan, which are sorted by path.
func guessed(t *testing.T, target Target, repo fs.FS, like []byte, files []Change) {
	t.Helper()
	guesses, err := target.Guesses(repo, like)
	if err != nil {
		t.Fatal(err)
	}
	want, got := map[string]string{}, map[string]string{}
	for _, c := range files {
		want[c.Path] = string(c.New)
	}
	for i, path := range target.Files() {
		got[path] = string(guesses[i])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-planned +guessed):\n%s", diff)
	}
}

func TestGuessesRefuse(t *testing.T) {
	repo := repository(twoJobs)
	target := Target{Project: load(t, repo, "pyproject.toml"), Path: "a\n/pyproject.toml", Action: release}
	if _, err := target.Guesses(repo, nil); err == nil {
		t.Error("guessed for a path that breaks out of its comment")
	}
}
