package migrate

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func TestClass(t *testing.T) {
	names := map[class]string{neutral: "neutral", venv: "venv", tool: "tool", install: "install", system: "system", fetch: "fetch", asking: "asking", gitting: "gitting", other: "other", work: "work", mixed: "mixed"}
	for _, test := range []struct{ line, want string }{
		{"echo hello", "neutral"},
		{"cd scraper", "neutral"},
		{"echo x > file", "other"},
		{"echo x > /dev/null", "neutral"},
		{"echo a=b >> $GITHUB_OUTPUT", "neutral"},
		{"echo a=b >> $GITHUB_ENV", "other"},
		{"python -m venv .venv", "venv"},
		{"source .venv/bin/activate", "venv"},
		{". venv/bin/activate", "venv"},
		{"curl -LsSf https://astral.sh/uv/install.sh | sh", "venv"},
		{"pipx install poetry", "tool"},
		{"python3 -m pip install -r requirements.txt", "install"},
		{".venv/bin/pip install x", "install"},
		{"if [ -f requirements.txt ]; then pip install -r requirements.txt; fi", "install"},
		{"sudo -E apt-get install -y jq", "system"},
		{"npm --prefix web ci", "system"},
		{"apt list --installed", "neutral"},
		{"python -m playwright install chromium", "fetch"},
		{"uv run playwright install", "fetch"},
		{"npx playwright install", "fetch"},
		{"git pull", "asking"},
		{"git config user.name x", "gitting"},
		{"git -C data commit -m x", "gitting"},
		{`git commit -m "$(python message.py)"`, "gitting"},
		{"if git diff --quiet; then exit 0; fi", "asking"},
		{"git diff --quiet || (git commit -am x && git push)", "gitting"},
		{"for i in 1 2; do git pull --rebase && git push && break; sleep 5; done", "gitting"},
		{"for i in 1 2; do git reset --hard origin/main; cp /tmp/a a; git add a; git push; done", "gitting"},
		{"for f in *.py; do python $f; git commit -am x; done", "mixed"},
		{"rm -f .git/index.lock", "asking"},
		{"git clone https://example.org/x.git", "other"},
		{"mkdir -p out", "other"},
		{"python -c 'print(1)'", "other"},
		{"python --version", "neutral"},
		{"python scrape.py", "work"},
		{"xvfb-run -a python scrape.py", "work"},
		{"timeout 60 ./run", "work"},
		{"poetry run python x.py", "work"},
		{"A=1 python x.py", "work"},
		{"sed -i s/a/b/ f", "other"},
		{"sed s/a/b/ f", "neutral"},
		{"if then", "work"},
		{"if then git push", "mixed"},
	} {
		b := readBlock(test.line, "")
		if len(b.units) != 1 || names[b.units[0].class] != test.want {
			t.Errorf("%s: %d units, %s; want %s", test.line, len(b.units), names[b.units[0].class], test.want)
		}
	}
}

func TestUnits(t *testing.T) {
	text := "# first\ncd a && python x.py; pip install b  # why\ncat <<E; git push\nbody; x\nE\nif x; then\n  y\nfi &&\n  z"
	want := []string{"# first\ncd a", "python x.py", "pip install b  # why", "cat <<E; git push\nbody; x\nE", "if x; then\n  y\nfi", "z"}
	var got []string
	for _, u := range readBlock(text, "").units {
		got = append(got, u.text)
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q", got)
	}
}

// steps imports a workflow of one job with a step that runs lines.
func steps(t *testing.T, lines string) Result {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(lines) {
		b.WriteString("          " + line)
	}
	text := "on:\n  schedule:\n    - cron: '0 6 * * *'\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: python work.py\n      - run: |\n" + b.String() + "\n"
	result, err := Read(t.Context(), Request{From: "github", Files: []File{{Path: "a.yml", Text: []byte(text)}}})
	if err != nil {
		t.Skip(err)
	}
	return result
}

var separators = regexp.MustCompile(`[\s;\\]|&&`)

// Units have all that is in the lines, and whatever the lines are, a valid job or a reason
// comes of them.
func FuzzLines(f *testing.F) {
	files, _ := filepath.Glob("testdata/github/*.yml")
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for _, job := range strings.Split(string(text), "- run: |")[1:] {
			f.Add(job)
		}
	}
	f.Add("git add {1..99}{1..99}{1..99}.csv 'a?'\ngit commit -m\"x\" -am")
	f.Add("uv\npip\nuv pip\npoetry\ngit -C\ngit push :\ngit push +a:${b}")
	f.Fuzz(func(t *testing.T, lines string) {
		if len(lines) > 5000 || strings.ContainsAny(lines, "\r\x00") {
			t.Skip()
		}
		b := readBlock(lines, "")
		var all strings.Builder
		for _, u := range b.units {
			all.WriteString(u.text)
		}
		if got, want := separators.ReplaceAllString(all.String(), ""), separators.ReplaceAllString(lines, ""); len(b.units) > 0 && got != want {
			t.Errorf("lost in units:\n%s\n%s", got, want)
		}
		result := steps(t, lines)
		if len(result.Jobs)+len(result.Skipped) == 0 {
			t.Error("nothing comes of it")
		}
	})
}

// What a command writes for later ones reaches them.
func TestWired(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	m := &mover{j: &Job{}}
	commands := []string{
		m.wired(ghStep{}, []string{`echo "A=b  c" >> $GITHUB_ENV; echo /added >> "$GITHUB_PATH"; echo x=1 >> $GITHUB_OUTPUT`}),
		m.wired(ghStep{}, []string{`echo "$A" "${PATH%%:*}"`}),
	}
	dir, got := t.TempDir(), ""
	for _, c := range commands {
		cmd := exec.Command(bash, "-euo", "pipefail", "-c", c)
		cmd.Env = append(os.Environ(), "RUNNER_TEMP="+filepath.ToSlash(dir))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		got += string(out)
	}
	if got != "b  c /added\n" {
		t.Errorf("got %q", got)
	}
}

func TestConstantText(t *testing.T) {
	for raw, want := range map[string]string{
		"report-${{ github.run_id }}":          "report",
		"${{ github.sha }} report":             "report",
		"Update on ${{ steps.d.outputs.day }}": "Update",
		"${{ github.run_id }}":                 "",
		"plain":                                "plain",
	} {
		if got := constantText(raw); got != want {
			t.Errorf("%s: %q", raw, got)
		}
	}
}

// What is installed depends on what our set-up would find in the project.
// What a tool installs by default is installed, where ours leaves it out, and a job that
// the project does not allow is never written.
func TestUsualGroups(t *testing.T) {
	for _, test := range []struct{ line, project, want string }{
		{"uv sync", "[dependency-groups]\ndev = ['x']\n", `["dev"]`},
		{"uv sync --frozen", "[project]\nname = 'a'\nversion = '1'\n[dependency-groups]\ntest = ['x']\n", ""},
		{"uv sync --no-dev", "[dependency-groups]\ndev = ['x']\n", ""},
		{"uv sync --group b", "[dependency-groups]\ndev = ['x']\nb = ['y']\n", `["b", "dev"]`},
		{"uv sync", "[dependency-groups]\ndev = ['x']\n[tool.uv]\ndefault-groups = ['dev']\n", ""},
		{"poetry install", "[tool.poetry]\nname = 'a'\n[tool.poetry.group.docs.dependencies]\nx = '1'\n[tool.poetry.group.more]\noptional = true\n[tool.poetry.group.more.dependencies]\nx = '1'\n", `["docs"]`},
		{"poetry install --only main", "[tool.poetry]\nname = 'a'\n[tool.poetry.group.dev.dependencies]\nx = '1'\n", ""},
		{"uv sync --extra gone", "[project]\nname = 'a'\nversion = '1'\n", ""},
	} {
		text := "on: {schedule: [{cron: '0 6 * * *'}]}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: " + test.line + "\n      - run: python a.py\n"
		project := fstest.MapFS{"pyproject.toml": {Data: []byte(test.project)}}
		result, err := Read(t.Context(), Request{From: "github", Files: []File{{Path: "a.yml", Text: []byte(text)}}, Project: project, Writing: true})
		if err != nil || len(result.Jobs) != 1 {
			t.Fatal(err, result.Skipped)
		}
		j := result.Jobs[0]
		got := ""
		if groups := j.get("dependency-groups"); groups != nil {
			got = writeValue(groups)
		}
		if got != test.want {
			t.Errorf("%s in\n%s: got %s, want %s", test.line, test.project, got, test.want)
		}
		file := &tree{repo: project, file: "pyproject.toml", text: test.project}
		if _, err := file.installs(j.keys...); err != nil {
			t.Errorf("%s in\n%s: %v\n%s", test.line, test.project, err, j.TOML())
		}
	}
}

func TestInstalled(t *testing.T) {
	for _, test := range []struct {
		lines, files string
		want         string // lines of the TOML
	}{
		{"pip install -r requirements.txt", "requirements.txt", ""},
		{"pip install -r requirements.txt", "requirements.txt uv.lock", `requirements = ["requirements.txt"]`},
		{"pip install -r a/requirements.txt\npip install -r b.txt", "", `requirements = ["a/requirements.txt", "b.txt"]`},
		{"pip install -e .[x,y]", "pyproject.toml", `installer = "project"` + "\n" + `extras = ["x", "y"]`},
		{"pip install -e .[x]", "setup.py", `extras = ["x"]`},
		{"pip install -e .[x]", "setup.py requirements.txt", `installer = "project"` + "\n" + `extras = ["x"]`},
		{"pip install -e .", "setup.py uv.lock", ""},
		{"pip install -e .\npip install -r a.txt", "setup.py a.txt requirements.txt", `installer = "project"` + "\n" + `prepare = ["pip install -r a.txt"]`},
		{"pip install -r a.txt", "a.txt requirements.txt", `requirements = ["a.txt"]`},
		{"pip install -r gone.txt", "requirements.txt", `installer = "none"` + "\n" + `prepare = ["python -m pip install -r gone.txt"]`},
		{"pip install -r requirements.txt", "pyproject.toml", ""},
		{"conda env create -f environment.yml", "requirements.txt", `installer = "none"`},
		{"echo", "requirements.txt", `installer = "none"` + "\n" + `prepare = ["echo"]`},
		{"echo", "requirements-a.txt requirements-b.txt pyproject.toml", `installer = "none"` + "\n" + `prepare = ["echo"]`},
		{"echo", "pyproject.toml", `prepare = ["echo"]`},
		{"uv run x.py", "requirements.txt", `before = ["command -v uv || pipx install uv"]`},
		{"conda env create -f environment.yml", "environment.yml requirements.txt", `installer = "conda"`},
		{"conda env create -f environment.yml", "environment.yml", ""},
		{"pip install .", "pyproject.toml requirements.txt", `installer = "project"`},
		{"pip install requests", "requirements.txt", `installer = "none"` + "\n" + `prepare = ["pip install requests"]`},
		{"pip install -r requirements.txt --index-url https://example.org", "", `installer = "none"` + "\n" + `prepare = ["pip install -r requirements.txt --index-url https://example.org"]`},
		{"pip install -U pip setuptools wheel", "", ""},
		{"poetry install --with a,b -E c --no-root", "", `installer = "poetry"` + "\n" + `extras = ["c"]` + "\n" + `dependency-groups = ["a", "b"]`},
		{"conda env update -f environment.yml", "", ""},
		{"conda env update -f other.yml", "", `installer = "none"` + "\n" + `prepare = ["conda env update -f other.yml"]`},
	} {
		project := fstest.MapFS{}
		for name := range strings.FieldsSeq(test.files) {
			project[name] = &fstest.MapFile{}
		}
		text := "on:\n  schedule:\n    - cron: '0 6 * * *'\njobs:\n  a:\n    runs-on: ubuntu-latest\n    timeout-minutes: 5\n    steps:\n      - run: |\n          " +
			strings.ReplaceAll(test.lines, "\n", "\n          ") + "\n      - run: python a.py\n"
		result, err := Read(t.Context(), Request{From: "github", Files: []File{{Path: "a.yml", Text: []byte(text)}}, Project: project, Writing: true})
		if err != nil || len(result.Jobs) != 1 {
			t.Fatal(err, result.Skipped)
		}
		var got []string
		for line := range strings.SplitSeq(result.Jobs[0].TOML(), "\n") {
			if name, _, _ := strings.Cut(line, " = "); strings.Contains(" requirements extras dependency-groups installer prepare before ", " "+name+" ") {
				got = append(got, line)
			}
		}
		if strings.Join(got, "\n") != test.want {
			t.Errorf("%s (%s): got\n%s\nwant\n%s", test.lines, test.files, strings.Join(got, "\n"), test.want)
		}
	}
}

// TestHooked runs what hooks become: all of them run, and the first failure counts.
func TestHooked(t *testing.T) {
	always := func(text string) hook { return hook{text: text, when: "always"} }
	for _, row := range []struct {
		name     string
		commands []string
		hooks    []hook
		out      string
		code     int
	}{
		{"success", []string{"echo a", "echo b"}, []hook{{text: "echo no", when: "failure"}, {text: "echo yes", when: "success"}, always("echo end")}, "a b yes end", 0},
		{"failure", []string{"exit 2", "echo b"}, []hook{{text: "echo yes", when: "failure"}, {text: "echo no", when: "success"}, always("echo end")}, "yes end", 2},
		{"a notice fails", []string{"exit 2"}, []hook{{text: "false\necho no", when: "failure"}, always("echo end")}, "end", 2},
		{"a step after success fails", []string{"echo a"}, []hook{{text: "exit 3", when: "success"}, {text: "echo alarm", when: "failure"}, always("exit 4")}, "a alarm", 3},
		{"a command with a trap of its own", []string{"trap 'exit 0' EXIT\nfalse", "cd /", "echo b; exit 3; echo c"}, []hook{{text: "echo failed", when: "failure"}}, "b failed", 3},
		{"the last fails", []string{"echo a"}, []hook{always("echo x\nfalse\necho no")}, "a x", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			out, err := exec.Command("bash", "-eo", "pipefail", "-c", hooked(row.commands, row.hooks)).Output()
			code := 0
			if failed, ok := errors.AsType[*exec.ExitError](err); ok {
				code = failed.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(strings.Fields(string(out)), " "); got != row.out || code != row.code {
				t.Errorf("%q, exit code %d; want %q, %d", got, code, row.out, row.code)
			}
		})
	}
}
