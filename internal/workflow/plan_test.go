package workflow

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"gopkg.in/yaml.v3"
)

// tomlString writes s as a quoted TOML key.
func tomlString(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// eachWith calls do for every input of that name.
func eachWith(node *yaml.Node, name string, do func(value string)) {
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 1 && node.Content[i-1].Value == "with" {
			for j := 0; j < len(child.Content); j += 2 {
				if child.Content[j].Value == name {
					do(child.Content[j+1].Value)
				}
			}
		}
		eachWith(child, name, do)
	}
}

// twoJobs are without a rescue, which has its own tests.
const twoJobs = `[tool.scheduled-actions]
rescue = false
[tool.scheduled.a]
every = "day"
entrypoint = "app:a"
[tool.scheduled.b]
every = "week"
entrypoint = "app:b"
`

func repository(toml string) fstest.MapFS {
	return fstest.MapFS{"pyproject.toml": {Data: []byte(toml)}}
}

// markerOf returns the marker line of a job's file.
func markerOf(project, job string) string {
	return marker{Version: 1, Project: project, Job: &job}.line()
}

// summary writes a plan as a test reads it best.
func summary(p Plan) string {
	var lines []string
	for _, list := range []struct {
		verb    string
		changes []Change
	}{{"create", p.Created}, {"update", p.Updated}, {"delete", p.Deleted}, {"keep", p.Unchanged}} {
		for _, c := range list.changes {
			lines = append(lines, list.verb+" "+strings.TrimPrefix(c.Path, Dir+"/"))
		}
	}
	return strings.Join(lines, ", ")
}

func TestPlan(t *testing.T) {
	const a, b = Dir + "/scheduled-a.yml", Dir + "/scheduled-b.yml"
	edit := func(path, old, new string) func(fstest.MapFS) {
		return func(repo fstest.MapFS) {
			before := string(repo[path].Data)
			after := strings.ReplaceAll(before, old, new)
			if before == after {
				panic("nothing to edit: " + old)
			}
			repo[path] = &fstest.MapFile{Data: []byte(after)}
		}
	}
	rows := []struct {
		name   string
		change func(fstest.MapFS)
		want   string
	}{
		{"nothing", func(fstest.MapFS) {}, "keep scheduled-a.yml, keep scheduled-b.yml"},
		{"a cadence", edit("pyproject.toml", `"week"`, `"month"`), "update scheduled-b.yml, keep scheduled-a.yml"},
		{"an entrypoint is no business of the workflow", edit("pyproject.toml", "app:b", "app:c"), "keep scheduled-a.yml, keep scheduled-b.yml"},
		{"a job is renamed", edit("pyproject.toml", "scheduled.b", "scheduled.c"), "create scheduled-c.yml, delete scheduled-b.yml, keep scheduled-a.yml"},
		{"GitHub cannot run a job any more", edit("pyproject.toml", `"week"`, `"minute"`), "keep scheduled-a.yml"},
		{"GitHub can run none", edit("pyproject.toml", "every = \"day\"\nentrypoint = \"app:a\"\n[tool.scheduled.b]\nevery = \"week\"", "every = \"minute\"\nentrypoint = \"app:a\"\n[tool.scheduled.b]\nevery = \"minute\""), ""},
		{"all jobs are gone", func(r fstest.MapFS) { r["pyproject.toml"] = &fstest.MapFile{} }, "delete scheduled-a.yml, delete scheduled-b.yml"},

		// Edits of the file.
		{"its meaning", edit(a, "ubuntu-latest", "self-hosted"), "update scheduled-a.yml, keep scheduled-b.yml"},
		{"a comment", edit(a, "spare: ", "again: "), "keep scheduled-a.yml, keep scheduled-b.yml"},
		{"white space", edit(a, "\n\n", "\n\n\n"), "keep scheduled-a.yml, keep scheduled-b.yml"},
		{"CRLF", edit(a, "\n", "\r\n"), "keep scheduled-a.yml, keep scheduled-b.yml"},
		{"broken YAML", edit(a, "jobs:", "jobs: ["), "update scheduled-a.yml, keep scheduled-b.yml"},
		{"a newer pin", edit(a, checkout.Ref+" # v7.0.1", strings.Repeat("a", 40)+" # v7.1.0"), "keep scheduled-a.yml, keep scheduled-b.yml"},
		{"a newer pin of ours", edit(a, release.Ref+" # v1.2.3", strings.Repeat("a", 40)+" # v1.10.0"), "keep scheduled-a.yml, keep scheduled-b.yml"},
		{"a newer pin, spaced", edit(a, checkout.String()+" # v7.0.1", `actions/checkout@`+strings.Repeat("a", 40)+`   #  v7.1.0`), "keep scheduled-a.yml, keep scheduled-b.yml"},
		{"a newer pin in quotes, as those of the project's own steps", edit(a, checkout.String()+" # v7.0.1", `"actions/checkout@`+strings.Repeat("a", 40)+`" # v7.1.0`), "update scheduled-a.yml, keep scheduled-b.yml"},
		{"an older pin", edit(a, checkout.Ref+" # v7.0.1", strings.Repeat("a", 40)+" # v6.9.0"), "update scheduled-a.yml, keep scheduled-b.yml"},
		{"a tag in place of a pin", edit(a, checkout.Ref+" # v7.0.1", "v8.0.0 # v8.0.0"), "update scheduled-a.yml, keep scheduled-b.yml"},
		{"another action in its place", edit(a, "actions/checkout@"+checkout.Ref+" # v7.0.1", "evil/checkout@"+strings.Repeat("a", 40)+" # v9.0.0"), "update scheduled-a.yml, keep scheduled-b.yml"},

		// Files of others.
		{"a foreign workflow", func(r fstest.MapFS) { r[Dir+"/ci.yml"] = &fstest.MapFile{Data: []byte("on: push\n")} }, "keep scheduled-a.yml, keep scheduled-b.yml"},
		{"a marker of a later version", func(r fstest.MapFS) {
			r[Dir+"/new.yml"] = &fstest.MapFile{Data: []byte(`# scheduled: {"version":2,"project":"pyproject.toml","job":"new"}` + "\n")}
		}, "keep scheduled-a.yml, keep scheduled-b.yml"},
		{"a marker below the head", func(r fstest.MapFS) {
			r[Dir+"/odd.yml"] = &fstest.MapFile{Data: []byte("on: push\n" + markerOf("pyproject.toml", "odd") + "\n")}
		}, "keep scheduled-a.yml, keep scheduled-b.yml"},
		{"another project's", func(r fstest.MapFS) {
			r["other/pyproject.toml"] = &fstest.MapFile{}
			r[Dir+"/scheduled-o.yml"] = &fstest.MapFile{Data: []byte(markerOf("other/pyproject.toml", "o") + "\n")}
		}, "keep scheduled-a.yml, keep scheduled-b.yml"},
		{"a project's that is gone", func(r fstest.MapFS) {
			r[Dir+"/scheduled-o.yml"] = &fstest.MapFile{Data: []byte(markerOf("gone/pyproject.toml", "o") + "\n")}
		}, "keep scheduled-a.yml, keep scheduled-b.yml"},
		{"the project moved", func(r fstest.MapFS) { edit(a, `"pyproject.toml"`, `"old/pyproject.toml"`)(r) }, "keep scheduled-a.yml, keep scheduled-b.yml"},
	}
	for _, row := range rows {
		repo := repository(twoJobs)
		apply(repo, plan(t, repo, "pyproject.toml", release))
		if _, there := repo[b]; !there {
			t.Fatal("no file for b")
		}
		row.change(repo)
		if got := summary(plan(t, repo, "pyproject.toml", release)); got != row.want {
			t.Errorf("%s: %s; want %s", row.name, got, row.want)
		}
	}
}

// TestPinsSurviveAnUpdate changes a file whose pin a bot has raised.
func TestPinsSurviveAnUpdate(t *testing.T) {
	repo := repository(twoJobs)
	apply(repo, plan(t, repo, "pyproject.toml", release))
	path := Dir + "/scheduled-b.yml"
	pin := "actions/checkout@" + strings.Repeat("b", 40) + " # v8.0.0"
	raised := strings.ReplaceAll(string(repo[path].Data), checkout.String()+" # "+checkout.Version, pin)
	repo[path] = &fstest.MapFile{Data: []byte(raised)}
	repo["pyproject.toml"] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(twoJobs, "week", "month"))}
	p := plan(t, repo, "pyproject.toml", release)
	if len(p.Updated) != 1 || !strings.Contains(string(p.Updated[0].New), pin) {
		t.Errorf("the update lost the pin:\n%s", p.Diff())
	}
}

// TestReferencesOfOurAction changes the reference in the files and syncs with
// another: what is as good is not undone.
func TestReferencesOfOurAction(t *testing.T) {
	uses := func(s string) Uses {
		u, err := ParseUses("scheduled-actions/scheduled@" + s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	older, newer := strings.Repeat("1", 40)+" # v1.0.0", strings.Repeat("2", 40)+" # v1.9.0"
	rows := []struct {
		there, wanted string
		exact, keep   bool
	}{
		{newer, "v1.2.3", false, true},
		{older, "v1.2.3", false, false},
		{older, "v1", false, true},
		{strings.Repeat("3", 40), "v1", false, false},
		{newer, "v1", false, true},
		{"v1.2.3", "v1", false, true},
		{"v1", "v1.2.3", false, true},
		{"v1.3.0", "v1.2.3", false, true},
		{"v1.2.3", "v1.3.0", false, false},
		{"v1", "v2.0.0", false, false},
		{"main", "v1", false, false},
		{older, newer, false, false},
		{newer, older, false, true},
		{"v1.2.3", newer, false, false},
		{newer, "v2.0.0", true, false},
		{"v1.2.3", "v1", true, false},
	}
	for _, row := range rows {
		repo := repository(twoJobs)
		apply(repo, plan(t, repo, "pyproject.toml", uses(row.there)))
		target := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: uses(row.wanted), Exact: row.exact}
		p, err := target.Plan(repo)
		if err != nil {
			t.Fatal(err)
		}
		if kept := len(p.Updated) == 0; kept != row.keep {
			t.Errorf("%s where %s is wanted: kept %v, want %v\n%s", row.there, row.wanted, kept, row.keep, p.Diff())
		}
	}
}

// TestKept lists the references that a sync did not write and keeps, and keeps none
// whose comment is not that of a later release.
func TestKept(t *testing.T) {
	ours, forged := checkout.String()+" # "+checkout.Version, "actions/checkout@"+strings.Repeat("b", 40)
	for _, row := range []struct{ pin, want string }{
		{ours, ""},
		{forged + " # v8.0.0", forged + " v8.0.0"},
		{forged + " # 8.0.0", forged + " 8.0.0"},
		{forged + " # v8", forged + " v8"},
		{forged + " # " + checkout.Version, ""},
		{forged + " # v6.9.9", ""},
		{forged, ""},
		{forged + " # latest", ""},
		{forged + " # v8.0.0-rc.1", ""},
		{forged + " # v8.0.0+build", ""},
		{forged + " # v999999999.0.0", ""},
		{forged + " # 8.x", ""},
		{"actions/checkout/.@" + strings.Repeat("b", 40) + " # v8.0.0", ""},
		{"actions/checkout@v8.0.0", ""},
	} {
		repo := repository(twoJobs)
		apply(repo, plan(t, repo, "pyproject.toml", release))
		for _, name := range []string{"a", "b"} {
			path := Dir + "/scheduled-" + name + ".yml"
			repo[path] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(string(repo[path].Data), ours, row.pin))}
		}
		p := plan(t, repo, "pyproject.toml", release)
		var got []string
		for _, kept := range p.Kept() {
			got = append(got, kept.String()+" "+kept.Version)
			if len(kept.Files) != 2 || len(p.Updated) != 0 {
				t.Errorf("%s is kept in %q, and %d files change", row.pin, kept.Files, len(p.Updated))
			}
		}
		if strings.Join(got, ", ") != row.want {
			t.Errorf("%s: kept %q, want %q", row.pin, got, row.want)
		}
		if row.want == "" && row.pin != ours && len(p.Updated) != 2 {
			t.Errorf("%s: %d files change, want 2", row.pin, len(p.Updated))
		}
	}
}

// TestWholeDocument writes a file again if GitHub would read something else than our
// one document, or nothing.
func TestWholeDocument(t *testing.T) {
	path := Dir + "/scheduled-a.yml"
	for name, change := range map[string]func(string) string{
		"a second document":        func(s string) string { return s + "---\non: push\n" },
		"an empty second document": func(s string) string { return s + "---\n" },
		"a broken tail":            func(s string) string { return s + "...\n}{\n" },
		"a broken second document": func(s string) string { return s + "---\n\"\n" },
		"a key twice":              func(s string) string { return s + "permissions: {}\n" },
		"bytes that are no text":   func(s string) string { return s + "# \xff\n" },
		"a control character":      func(s string) string { return s + "# \x00\n" },
		"a tab":                    func(s string) string { return s + "\t" + "env: {}\n" },
		"an anchor":                func(s string) string { return strings.Replace(s, "permissions: {}", "permissions: &p {}", 1) },
		"an explicit tag":          func(s string) string { return strings.Replace(s, "permissions: {}", "permissions: !!map {}", 1) },
		"a custom tag":             func(s string) string { return strings.Replace(s, "permissions: {}", "permissions: !x {}", 1) },
		"a directive":              func(s string) string { return s + "...\n%YAML 1.1\n---\na: b\n" },
		"a document before":        func(s string) string { return header(s) + "on: push\n---\n" + s },
	} {
		repo := repository(twoJobs)
		apply(repo, plan(t, repo, "pyproject.toml", release))
		wanted := string(repo[path].Data)
		changed := change(wanted)
		if changed == wanted {
			t.Fatalf("%s changes nothing", name)
		}
		repo[path] = &fstest.MapFile{Data: []byte(changed)}
		p := plan(t, repo, "pyproject.toml", release)
		if len(p.Updated) != 1 || string(p.Updated[0].New) != wanted {
			t.Errorf("%s passes: %d files change", name, len(p.Updated))
		}
	}
}

// header returns the comment that a file starts with.
func header(file string) string {
	comment, _, _ := strings.Cut(file, "\n\n")
	return comment + "\n"
}

func TestConflicts(t *testing.T) {
	rows := []struct {
		name string
		file *fstest.MapFile
		want string
	}{
		{"foreign", &fstest.MapFile{Data: []byte("on: push\n")}, "a file that scheduled did not write has that name"},
		{"link", &fstest.MapFile{Data: []byte("elsewhere"), Mode: fs.ModeSymlink}, "a symbolic link, or no regular file, has that name"},
		{"huge", &fstest.MapFile{Data: make([]byte, maxRead+1)}, "a file of 7 MB has that name"},
		{"other project", &fstest.MapFile{Data: []byte(markerOf("other/pyproject.toml", "a") + "\n")}, "the file belongs to other/pyproject.toml"},
	}
	for _, row := range rows {
		repo := repository(twoJobs)
		repo["other/pyproject.toml"] = &fstest.MapFile{}
		repo[Dir+"/scheduled-a.yml"] = row.file
		_, err := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release}.Plan(repo)
		if !conflicts(err, Dir+"/scheduled-a.yml", `of job "a"`, row.want) {
			t.Errorf("%s: %v, want a conflict: %s", row.name, err, row.want)
		}
	}
}

// conflicts reports whether an error is about a file that is not ours to write, in
// these words, and of a way out.
func conflicts(err error, path, whose, reason string) bool {
	return err != nil && err.Error() == path+": cannot write the workflow "+whose+": "+reason && problem.Hint(err) != ""
}

func TestLinkedFolderIsRefused(t *testing.T) {
	for _, dir := range []string{".github", Dir} {
		repo := repository(twoJobs)
		repo[dir] = &fstest.MapFile{Data: []byte("elsewhere"), Mode: fs.ModeSymlink}
		if _, err := (Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release}).Plan(repo); err == nil {
			t.Errorf("%s is a link and was followed", dir)
		}
	}
}

// TestHostilePath puts the project where its path would break out of a comment
// or be taken for an expression.
func TestHostilePath(t *testing.T) {
	for _, dir := range []string{"a\non: push", "${{ github.token }}", "a\u202eb", "a\u2028b"} {
		path := dir + "/pyproject.toml"
		repo := fstest.MapFS{path: {Data: []byte(twoJobs)}}
		if p, err := (Target{Project: load(t, repo, path), Path: path, Action: release}).Plan(repo); err == nil {
			t.Errorf("%q: planned %d files", dir, len(p.Created))
		}
	}
}

func TestParseUses(t *testing.T) {
	sha := strings.Repeat("a", 40)
	rows := []struct {
		in   string
		want Uses
		ok   bool
	}{
		{"owner/repo@v1", Uses{"owner/repo", "v1", ""}, true},
		{"owner/repo@" + sha + " # v1.2.3", Uses{"owner/repo", sha, "v1.2.3"}, true},
		{"owner/repo/sub/dir@" + sha + "  #  1.2", Uses{"owner/repo/sub/dir", sha, "1.2"}, true},
		{"owner/repo@feature/x", Uses{"owner/repo", "feature/x", ""}, true},
		{"", Uses{}, false},
		{"owner/repo", Uses{}, false},
		{"owner@v1", Uses{}, false},
		{"owner/repo@", Uses{}, false},
		{"owner/repo@v1 # zizmor: ignore[x]", Uses{}, false},
		{"owner/repo@v1\nrun: id", Uses{}, false},
		{"owner/repo@${{ github.sha }}", Uses{}, false},
	}
	for _, row := range rows {
		got, err := ParseUses(row.in)
		if diff := cmp.Diff(row.want, got); diff != "" || (err == nil) != row.ok {
			t.Errorf("ParseUses(%q): %v (-want +got):\n%s", row.in, err, diff)
		}
	}
}

// unreadable is a file system with files that cannot be read.
type unreadable struct {
	fstest.MapFS
	names map[string]bool
}

func (u unreadable) ReadFile(name string) ([]byte, error) {
	if u.names[path.Base(name)] {
		return nil, fmt.Errorf("read %s, which must not be read", name)
	}
	return u.MapFS.ReadFile(name)
}

// TestRemote reads no file whose name the project cannot have given it, and
// finds its own ones all the same.
func TestRemote(t *testing.T) {
	const job = "[tool.scheduled.a]\nevery = \"day\"\nentrypoint = \"app:a\"\n"
	const prefix = "[tool.scheduled-actions]\nworkflow-prefix = \"my-\"\n"
	rows := []struct{ name, before, after, want string }{
		{"unchanged", job, job, "keep scheduled-a.yml, keep scheduled-rescue.yml"},
		{"a job is gone", job, "", "delete scheduled-a.yml, delete scheduled-rescue.yml"},
		{"another prefix", job, prefix + job, "create my-a.yml, delete scheduled-a.yml, keep scheduled-rescue.yml"},
		{"the prefix is gone", prefix + job, job, "create scheduled-a.yml, delete my-a.yml, keep scheduled-rescue.yml"},
		{"the prefix is gone, and the job", prefix + job, "", "delete my-a.yml, delete scheduled-rescue.yml"},
		{"a page", job, job + "[tool.scheduled-actions]\npages = true\n", "create scheduled-pages.yml, keep scheduled-a.yml, keep scheduled-rescue.yml"},
		{"the page is gone", job + "[tool.scheduled-actions]\npages = true\n", job, "delete scheduled-pages.yml, keep scheduled-a.yml, keep scheduled-rescue.yml"},
		{"the page is gone, under another prefix", prefix + "pages = true\n" + job, prefix + job, "delete scheduled-pages.yml, keep my-a.yml, keep scheduled-rescue.yml"},
		{"another job", prefix + job, prefix + strings.ReplaceAll(job, "a]", "b]"), "create my-b.yml, delete my-a.yml, keep scheduled-rescue.yml"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			repo := repository(row.before)
			apply(repo, plan(t, repo, "pyproject.toml", release))
			repo["pyproject.toml"] = &fstest.MapFile{Data: []byte(row.after)}
			hidden := map[string]bool{}
			if row.after != "" { // without jobs no name means anything
				hidden = map[string]bool{"ci.yml": true, "deploy.yml": true}
			}
			for name := range hidden {
				repo[Dir+"/"+name] = &fstest.MapFile{Data: []byte("on: push\n")}
			}
			target := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release, Remote: true}
			p, err := target.Plan(unreadable{repo, hidden})
			if err != nil {
				t.Fatal(err)
			}
			if got := summary(p); got != row.want {
				t.Errorf("want %s, got %s", row.want, got)
			}
		})
	}
}
