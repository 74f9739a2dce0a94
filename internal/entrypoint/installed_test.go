package entrypoint

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// write writes files into a new folder and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// makeVenv makes a real .venv and returns where its packages are.
func makeVenv(t *testing.T, dir string) string {
	t.Helper()
	if out, err := exec.Command("python3", "-m", "venv", "--without-pip", filepath.Join(dir, ".venv")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, pattern := range []string{"lib/python3.*/site-packages", "Lib/site-packages"} {
		if found, _ := filepath.Glob(filepath.Join(dir, ".venv", pattern)); len(found) > 0 {
			return found[0]
		}
	}
	t.Fatal("the environment has no folder of packages")
	return ""
}

// An environment is read as Python would, down to the files that editable installs
// leave in it.
func TestEnvironment(t *testing.T) {
	repo := write(t, map[string]string{
		"services/api/pyproject.toml":       "[project]\ndependencies = ['Later.Lib', 'other']\n[tool.scheduled.x]\nentrypoint = 'requests:get'\n",
		"services/api/app/jobs.py":          "from installed import run\nfrom mapped import run as moved\nfrom absent import x\n",
		"packages/linked/src/linked/job.py": "def run(): 'Linked.'\n",
		"packages/strange/mapped/core.py":   "def run(): 'Mapped.'\n",
		"packages/strange/mapped/init.py":   "",
		"packages/strange/__init__.py":      "from .core import run\n",
		"packages/strange/core.py":          "def run(x): pass\n",
		"packages/strange/single.py":        "def run(): 'Single.'\n",
	})
	site := makeVenv(t, repo)
	strange := filepath.ToSlash(filepath.Join(repo, "packages", "strange"))
	for name, content := range map[string]string{
		"installed/__init__.py":            "def run(): 'Installed.'\n",
		"installed/data.pyi":               "def run(): ...\n",
		"_native.cpython-312-x86_64.so":    "",
		"__editable__.linked-1.pth":        filepath.Join(repo, "packages", "linked", "src") + "\n",
		"__editable__.strange-1.pth":       "import __editable___strange_1_finder; __editable___strange_1_finder.install()\n",
		"__editable___strange_1_finder.py": "MAPPING: dict[str, str] = {'mapped': '" + strange + "', 'single': '" + strange + "/single'}\n",
		"_virtualenv.pth":                  "import _virtualenv",
		"relative.pth":                     "# a comment\n\ninner\n",
		"inner/by_relative_path.py":        "def run(): yield\n",
		"namespaced/part/__init__.py":      "def run(): 'Part.'\n",
		"app/jobs.py":                      "def shadowed(): pass\n",
	} {
		path := filepath.Join(site, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	project := Project{Repo: os.DirFS(repo), Dir: "services/api",
		Environment: OpenEnvironment(filepath.Join(repo, ".venv"), repo, false)}
	p := New(project, startPython(t))
	for _, test := range []struct{ target, want string }{
		{"app.jobs:run", "doc: Installed."},
		{"app.jobs:moved", "takes required arguments: x"},
		{"app.jobs:x", `there is no module "absent" in the project or in .venv`},
		{"app.jobs:shadowed", "has no attribute"},
		{"installed:run", "doc: Installed."},
		{"installed:rnu", `did you mean "run"?`},
		{"instaled:run", `there is no module "instaled" in the project or in .venv`},
		{"installed.data:run", `there is no module "installed.data"`},
		{"_native:run", "unknown:"},
		{"linked.job:run", "doc: Linked."},
		{"linked.jop:run", `did you mean "linked.job"?`},
		{"mapped.core:run", "takes required arguments: x"},
		{"single:run", "doc: Single."},
		{"by_relative_path:run", "generator"},
		{"namespaced.part:run", "doc: Part."},
		{"later_lib:run", "unknown: there is no module \"later_lib\" here, but .venv may be older than services/api/pyproject.toml"},
		{"requests:get", `there is no module "requests" in the project or in .venv`},
	} {
		if got := show(p.Prove(test.target, Given{})); !strings.Contains(got, test.want) {
			t.Errorf("%s: got %s, want %q", test.target, got, test.want)
		}
	}
}

// What only the system's Python or a finder of its own can tell is left open.
func TestEnvironmentHides(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"a finder":            {"__editable__.x.pth": "import _x_editable_loader\n", "_x_editable_loader.py": "install()\n"},
		"the system's Python": {"../../../pyvenv.cfg": "include-system-site-packages = true\n"},
	} {
		dir := write(t, map[string]string{"app.py": ""})
		site := makeVenv(t, dir)
		for file, content := range files {
			if err := os.WriteFile(filepath.Join(site, file), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		p := New(Project{Repo: os.DirFS(dir), Dir: ".", Environment: OpenEnvironment(filepath.Join(dir, ".venv"), dir, false)}, startPython(t))
		if v := p.Prove("nowhere:run", Given{}); v.Unknown == "" || v.Problem != "" {
			t.Errorf("%s: got %s", name, show(v))
		}
	}
}

// An environment that is merely active shows what is in it. What is not, or is wrong
// there, is judged without it.
func TestBorrowedEnvironment(t *testing.T) {
	repo := write(t, map[string]string{
		"pyproject.toml": "[project]\ndependencies = ['installed', 'absent']\n",
		"mine.py":        "def run(x): pass\n",
		"imports.py":     "from installed import gone\n",
	})
	other := write(t, nil)
	site := makeVenv(t, other)
	if err := os.WriteFile(filepath.Join(site, "installed.py"), []byte("def run(): pass\ndef other(x): pass\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := New(Project{Repo: os.DirFS(repo), Dir: ".", Environment: OpenEnvironment(filepath.Join(other, ".venv"), repo, false)}, startPython(t))
	for _, test := range []struct{ target, want string }{
		{"installed:run", "ok"},
		{"installed:rnu", "unknown: "},
		{"installed:other", "unknown: "},
		{"installed.sub:run", "unknown: "},
		{"imports:gone", "unknown: "},
		{"absent:run", "unknown: "},
		{"mine:run", "problem: "},
	} {
		if got := strings.TrimSpace(show(p.Prove(test.target, Given{}))); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: got %s, want %s", test.target, got, test.want)
		}
	}
}
