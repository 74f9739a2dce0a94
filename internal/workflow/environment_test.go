package workflow

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// severalJobs is a pyproject.toml with jobs job-0 to job-n.
func severalJobs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "[tool.scheduled.job-%d]\nevery = \"day\"\nentrypoint = \"app:run\"\n", i)
	}
	return b.String()
}

// TestEnvironments groups the jobs by what installs their packages.
func TestEnvironments(t *testing.T) {
	repo := repository(severalJobs(3) + "[tool.scheduled-actions.jobs.job-1]\ninstaller = \"pip\"\n")
	repo["uv.lock"], repo["requirements.txt"] = &fstest.MapFile{}, &fstest.MapFile{}
	p := plan(t, repo, "pyproject.toml", release)
	var got []string
	for _, env := range p.Environments {
		got = append(got, env.String()+": "+strings.Join(env.Jobs, " "))
	}
	want := []string{"uv (uv.lock): job-0 job-2", "pip (option installer, requirements.txt, without hashes): job-1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environments (-want +got):\n%s", diff)
	}
	for _, c := range p.Created {
		pip := strings.Contains(string(c.New), "run: python -m pip install -r requirements.txt\n")
		uv := strings.Contains(string(c.New), "run: uv sync --locked --no-default-groups\n")
		if c.Job != "" && (pip == uv || pip != (c.Job == "job-1")) {
			t.Errorf("job %q: pip %v, uv %v", c.Job, pip, uv)
		}
	}
}

// counting counts how often each file is asked for.
type counting struct {
	fstest.MapFS
	asked map[string]int
}

func (c counting) Stat(name string) (fs.FileInfo, error) {
	c.asked["stat "+name]++
	return c.MapFS.Stat(name)
}

func (c counting) ReadFile(name string) ([]byte, error) {
	c.asked["read "+name]++
	return c.MapFS.ReadFile(name)
}

// TestEnvironmentsSpare asks for each file once, however many jobs there are:
// through GitHub's API that takes a request.
func TestEnvironmentsSpare(t *testing.T) {
	for _, file := range []string{"poetry.lock", "requirements.txt", "uv.lock", "nothing"} {
		repo := repository("")
		repo["a/b/pyproject.toml"] = &fstest.MapFile{Data: []byte(severalJobs(1000))}
		repo["a/b/"+file] = &fstest.MapFile{}
		asking := counting{repo, map[string]int{}}
		target := Target{Project: load(t, repo, "a/b/pyproject.toml"), Path: "a/b/pyproject.toml", Action: release}
		if _, err := target.Environments(asking); err != nil {
			t.Fatal(err)
		}
		for what, times := range asking.asked {
			if strings.HasPrefix(what, "read ") && times > 1 || times > 3 {
				t.Errorf("%s: %s %d times", file, what, times)
			}
		}
		if len(asking.asked) == 0 || len(asking.asked) > 40 {
			t.Errorf("%s: asked for %d things", file, len(asking.asked))
		}
	}
}

// TestSetup has what the golden files leave out.
func TestSetup(t *testing.T) {
	const where = "a/pyproject.toml"
	for _, row := range []struct {
		lines string // of pyproject.toml
		files string // some with content after a colon, | for a newline
		want  string // lines of the steps
	}{
		{`python = "3.x"`, "a/uv.lock", `python-version: "3"`},
		{`python = "3.12.*"`, "a/uv.lock", `python-version: "3.12"`},
		{`python = "3.x"`, "a/requirements.txt", `python-version: "3.x"`},
		{`python = "3.12"`, "a/environment.yml", `create-args: "python=3.12"`},
		{`python = "3.12"`, "a/uv.lock", `python-version: "3.12"`},
		{"[tool.uv]\nrequired-version = \">=0.9,<0.14\"", "a/uv.lock", `version: ">=0.9,<0.14"`},
		{``, "a/setup.py a/.python-version:3.12|3.9", `python-version: "3.12"`},
		{``, "a/setup.py a/.python-version:3.14-dev", `python-version: "3.14-dev"`},
		{``, "a/setup.py a/.python-version:3.14.0rc1", `python-version: "3.14.0rc1"`},
		{``, "a/setup.py a/.python-version:pypy3.10-7.3.17", `python-version: "pypy3.10"`},
		{``, "a/uv.lock a/.python-version:3.14-dev", `python-version: "3.14"`},
		{``, "a/setup.py a/.python-version:system", `python-version: "3.x"`},
		{``, "a/uv.lock a/.python-version:shop-3.11|3.11", `python-version: "3.11"`},
		{``, "a/uv.lock a/.python-version:system", `python-version: "3"`},
		{``, "a/uv.lock:requires-python=\">=3.11,!=3.12.*\"", `python-version: ">=3.11,!=3.12.*"`},
		{``, "a/Pipfile.lock a/Pipfile:[requires]|python_version=\"3.11\"", `python-version: "3.11"`},
		{``, "a/pdm.lock a/.python-version:3.12", `python-version: "3.12"`},
		{``, "a/requirements.txt .python-version:3.12", `python-version: "3.12"`},
		{``, "poetry.lock pyproject.toml:[tool.poetry.dependencies]|python=\"^3.11\"", `python-version: ">=3.11 <4"`},
		{``, "poetry.lock", `python-version: "3.x"`},
		{"[project]\nrequires-python = \">=3.11,!=3.11.2,<3.14\"", "a/setup.py", `python-version: ">=3.11 <3.14"`},
		{"[project]\nrequires-python = \">=3.11\"", "a/setup.py a/.python-version:system", `python-version: ">=3.11"`},
		{`env.UV_NO_CACHE = "1"`, "a/uv.lock", `enable-cache: false`},
		{``, "a/uv.lock", `ignore-nothing-to-cache: true`},
		{``, "a/requirements.txt:#~nothing~yet|", "python-version: \"3.x\"\n- name: Install dependencies"},
		{`env.PIPENV_VENV_IN_PROJECT = "1"`, "a/Pipfile.lock", "python-version: \"3.x\"\nenv:"},
		{``, "a/Pipfile.lock", `python-version: "3.x"`},
		{`installer = "poetry"`, "", "run: poetry install --only-root\nworking-directory: \"a\""},
		{"installer = \"poetry\"\n[tool.poetry.dependencies]", "", "run: poetry install --only main\nworking-directory: \"a\""},
		{`installer = "pdm"`, "", `run: pdm install --prod`},
		{`installer = "pipenv"`, "", `run: pipenv install`},
		{`installer = "uv"`, "", `run: uv sync --no-default-groups`},
		{`installer = "pixi"`, "", "manifest-path: \"a/pyproject.toml\"\n- name: Run entrypoint"},
		{`installer = "project"`, "a/uv.lock", "run: python -m pip install .\nworking-directory: \"a\""},
		{``, "requirements.txt", "run: python -m pip install -r requirements.txt\n- name: Run entrypoint"},
		{``, "a/requirements-dev.txt", "python-version: \"3.x\"\n- name: Run entrypoint"},
		{``, "a/setup.py", "run: python -m pip install .\nworking-directory: \"a\""},
		{"[tool.poetry]\nrequires-poetry = \"<2.5\"", "", "run: pipx install 'poetry<2.5'"},
		{"[tool.poetry]\nrequires-poetry = \"2.1.3\"", "", "run: pipx install poetry==2.1.3"},
		{"container = \"a:1\"\n[tool.poetry]\nrequires-poetry = \"^2.1\"", "", "run: python -m pip install 'poetry>=2.1,<3'"},
		{"[tool.poetry]\nrequires-poetry = \"^2 || ^1\"", "", "run: pipx install poetry==2.5.1"},
		{`installer = "pip"`, "requirements.txt", "run: python -m pip install -r requirements.txt\n- name: Run entrypoint"},
	} {
		repo := repository("")
		repo[where] = &fstest.MapFile{Data: []byte("[tool.scheduled-actions]\nrescue = false\n" + row.lines + "\n" + severalJobs(1))}
		for _, file := range strings.Fields(row.files) {
			name, content, _ := strings.Cut(file, ":")
			repo[name] = &fstest.MapFile{Data: []byte(strings.NewReplacer("|", "\n", "~", " ").Replace(content))}
		}
		content := string(plan(t, repo, where, release).Created[0].New)
		var lines []string
		for line := range strings.Lines(content) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "if: ") {
				lines = append(lines, line)
			}
		}
		if got := strings.Join(lines, "\n") + "\n"; !strings.Contains(got, "\n"+row.want+"\n") {
			t.Errorf("%s, %s: no %q in\n%s", row.lines, row.files, row.want, content)
		}
	}
}

// TestGlobOf has names of folders that a pattern for caches takes for more.
func TestGlobOf(t *testing.T) {
	for file, want := range map[string]string{
		"services/billing/uv.lock": "services/billing/uv.lock",
		"p[1]/uv.lock":             "p[[]1]/uv.lock",
		"a*b/c?/uv.lock":           "a[*]b/c[?]/uv.lock",
		`a\[b/uv.lock`:             `a\\[[]b/uv.lock`,
		"!neg/uv.lock":             "./!neg/uv.lock",
		"#c/uv.lock":               "./#c/uv.lock",
		"~/uv.lock":                "./~/uv.lock",
		"a/!b/#c/uv.lock":          "a/!b/#c/uv.lock",
	} {
		if got := globOf(file); got != want {
			t.Errorf("%s: %s; want %s", file, got, want)
		}
	}
	const folder = "!p[1]"
	repo := fstest.MapFS{folder + "/pyproject.toml": {Data: []byte(severalJobs(1))}, folder + "/requirements.txt": {Data: []byte("six\n")}}
	content := string(plan(t, repo, folder+"/pyproject.toml", release).Created[0].New)
	if want := `cache-dependency-path: "./!p[[]1]/requirements.txt"`; !strings.Contains(content, want) {
		t.Errorf("no %s in\n%s", want, content)
	}
}

// TestRemarks names what does not count, and a timeout that GitHub's runners cut short.
func TestRemarks(t *testing.T) {
	for options, want := range map[string]string{
		`timeout = "5h45m"`:                                                                          "",
		`permissions.contents = "write"`:                                                             "job job-0: nothing can use the permission contents: write",
		"permissions.contents = \"write\"\nbefore = [\"make push\"]":                                 "",
		`permissions.issues = "write"`:                                                               "",
		"permissions.contents = \"write\"\ntoken = true":                                             "",
		"permissions.contents = \"write\"\ncommit = [\"data\"]":                                      "",
		"permissions.contents = \"read\"\ncommit = [\"data\"]":                                       "job job-0: commit needs the permission contents: write, and gets it although permissions says read",
		"permissions.pull-requests = \"read\"\ncommit = { paths = [\"data\"], pull-request = true }": "commit needs the permission pull-requests: write",
		"permissions.pull-requests = \"read\"\ncommit = [\"data\"]":                                  "",
		"permissions.contents = \"write\"\nafter = [\"make push\"]":                                  "",
		`timeout = "5h46m"`:                                                                          "job job-0: GitHub ends a job on its own runners after 6 hours",
		"timeout = \"7h\"\nruns-on = [\"self-hosted\", \"linux\"]":                                   "",
		"timeout = \"7h\"\nruns-on = \"macos-15\"":                                                   "leave 5h45m0s for the entrypoint: shorten its timeout of 7h0m0s",
	} {
		repo := repository("[tool.scheduled-actions]\n" + options + "\n" + severalJobs(1))
		target := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release}
		environments, err := target.Environments(repo)
		remarks := strings.Join(target.Remarks(environments), "\n")
		if content := string(plan(t, repo, "pyproject.toml", release).Created[0].New); strings.Contains(content, "timeout-minutes: 359\n") != (strings.Contains(options, "timeout") && !strings.Contains(options, "self-hosted")) {
			t.Errorf("%s: %s", options, content)
		}
		if err != nil || !strings.Contains(remarks, want) || (remarks == "") != (want == "") {
			t.Errorf("%s: %s, %v", options, remarks, err)
		}
	}
	repo := repository(severalJobs(3) + "[tool.scheduled-actions.jobs.job-1]\ninstaller = \"none\"\n")
	repo[".python-version"] = &fstest.MapFile{Data: []byte("shop-3.11\n3.11\n")}
	target := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release}
	environments, err := target.Environments(repo)
	want := []string{`.python-version contains "shop-3.11", which is not a version of Python that can be set up on GitHub: "3.11" counts`}
	if remarks := target.Remarks(environments); err != nil || len(environments) != 2 || !slices.Equal(remarks, want) {
		t.Errorf("%q, %v", remarks, err)
	}
}

// TestShared names jobs that cannot be told apart from outside.
func TestShared(t *testing.T) {
	repo := repository(severalJobs(3) + "[tool.scheduled-actions]\nheartbeat = \"A\"\n" +
		"[tool.scheduled-actions.jobs]\njob-0 = { heartbeat = \"\", name = \"one\" }\njob-1.name = \"one\"\njob-2.name = \"two\"\n")
	got := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml"}.Remarks(nil)
	want := []string{
		"jobs job-0, job-1 have the same name one: a workflow that listens for it starts after each of them",
		"jobs job-1, job-2 share the heartbeat A: a success of one hides that another is silent; give each a check of its own",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestFixedPython refuses an option that would have no effect.
func TestFixedPython(t *testing.T) {
	for file, want := range map[string]string{
		"pixi.lock":       "pixi.lock says which Python to install",
		"conda-lock.yml":  "conda-lock.yml says which Python to install",
		"pixi.toml":       "pixi.toml says which Python to install",
		"environment.yml": "",
	} {
		repo := repository("[tool.scheduled-actions]\npython = \"3.12\"\n" + severalJobs(1))
		repo[file] = &fstest.MapFile{}
		_, err := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release}.Plan(repo)
		failed, ok := errors.AsType[*EnvironmentError](err)
		if ok != (want != "") || ok && (!strings.Contains(err.Error(), want) || failed.Option != "python" || problem.Hint(err) == "") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestRunLines checks that of what the repository's files are called and say,
// only what no shell takes for anything else gets into a line for one.
func TestRunLines(t *testing.T) {
	for _, text := range []string{"$(id)", "a;id", "`id`", "a b", "-x", "'", `"`, "a\nid", "${{ x }}", "../a", "%x%", "&&", "ä"} {
		for _, repo := range []fstest.MapFS{
			{"uv.lock": {Data: []byte("name = \"" + text + "\"\nsource = { editable = \"a\" }\n")}},
			{"a/requirements" + strings.ReplaceAll(text, "/", "") + ".txt": {}},
		} {
			repo["a/pyproject.toml"] = &fstest.MapFile{Data: []byte(severalJobs(1))}
			for _, c := range plan(t, repo, "a/pyproject.toml", release).Created {
				for line := range strings.Lines(string(c.New)) {
					if run, found := strings.CutPrefix(strings.TrimSpace(line), "run: "); found && run != `"true"` && !plainLine.MatchString(run) {
						t.Errorf("%q got into %q", text, run)
					}
				}
			}
		}
	}
}

var plainLine = regexp.MustCompile(`^[a-z]+( [a-z-][a-zA-Z0-9.=-]*)*$`)

// TestPackages writes what each tool installs besides, and refuses what it cannot.
func TestPackages(t *testing.T) {
	const project = `[project]
name = "demo"
version = "1"
dependencies = ["httpx"]
[project.optional-dependencies]
Reports = ["rich"]
[dependency-groups]
jobs = ["arrow"]
[tool.scheduled.a]
every = "day"
entrypoint = "app:a"
[tool.scheduled-actions.jobs.a]
`
	rows := []struct{ files, options, want string }{
		{"uv.lock", `extras = ["reports"]`, "uv sync --locked --no-default-groups --extra reports"},
		{"uv.lock", `dependency-groups = ["jobs"]`, "uv sync --locked --no-default-groups --group jobs"},
		{"uv.lock", "[tool.uv]\ndefault-groups = [\"jobs\"]", "uv sync --locked"},
		{"poetry.lock", `extras = ["Reports"]`, "poetry sync --extras Reports --only main"},
		{"poetry.lock", `dependency-groups = ["jobs"]`, "poetry sync --only main,jobs"},
		{"pdm.lock", `extras = ["reports"]`, "pdm sync --prod -G reports"},
		{"pdm.lock", `dependency-groups = ["jobs"]`, "pdm sync -G jobs"},
		{"", "installer = \"project\"\nextras = [\"reports\"]\ndependency-groups = [\"jobs\"]", "python -m pip install '.[reports]' --group jobs"},
		{"", "", "uv sync --no-default-groups"},
		{"requirements.txt", `dependency-groups = ["jobs"]`, "python -m pip install -r requirements.txt --group jobs"},
		{"requirements.txt r/a.txt b.txt", `requirements = ["r/a.txt", "./b.txt"]`, "python -m pip install -r r/a.txt -r b.txt"},
		{"requirements.txt", `extras = ["reports"]`, `extras: job a: option extras has no effect, because pip (requirements.txt, without hashes, instead of [project].dependencies) installs the packages`},
		{"pylock.toml", `dependency-groups = ["jobs"]`, `dependency-groups: job a: option dependency-groups has no effect, because pylock (pylock.toml) installs the packages`},
		{"uv.lock r.txt", "installer = \"uv\"\nrequirements = [\"r.txt\"]", `requirements: option requirements is for pip, and option installer is "uv"`},
		{"uv.lock", `requirements = ["r.txt"]`, `requirements: option requirements names r.txt, which is not there`},
	}
	for _, row := range rows {
		repo := repository(project + row.options + "\n")
		for _, file := range strings.Fields(row.files) {
			repo[file] = &fstest.MapFile{Data: []byte("lock-version = \"2.1\"\nhttpx\n")}
		}
		target := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release}
		if err := target.Project.Problems(); err != nil {
			t.Fatal(row.options, err)
		}
		p, err := target.Plan(repo)
		got := ""
		if failed, ok := errors.AsType[*EnvironmentError](err); ok {
			got = failed.Option + ": " + strings.TrimPrefix(err.Error(), "choose the installer: ")
		} else if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Created {
			if _, after, found := strings.Cut(string(c.New), "- name: Install dependencies\n"); found && c.Job == "a" {
				_, after, _ = strings.Cut(after, "run: ")
				got, _, _ = strings.Cut(after, "\n")
				lint(t, row.options, c.New)
			}
		}
		if got != row.want {
			t.Errorf("%s with %s:\nwant %s\n got %s", row.options, row.files, row.want, got)
		}
	}
}
