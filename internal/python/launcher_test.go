package python

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/installer"
)

// everyTool are the tools that start Python themselves, by name.
var everyTool = []string{"uv", "poetry", "pdm", "pixi", "hatch", "pipenv", "micromamba"}

func TestLauncher(t *testing.T) {
	const direct, via = "{repo}/.venv/bin/python", "{bin}/"
	for _, row := range []struct {
		env   installer.Environment
		files string   // in the repository, separated by spaces, some with content after a colon
		vars  string   // NAME=value
		want  []string // the command, and the folder to start it in
	}{
		// The environment's own interpreter, where starting that is all the tool would do.
		{installer.Environment{Tool: installer.UV}, ".venv", "", []string{direct, "{repo}/app"}},
		{installer.Environment{Tool: installer.UV}, ".venv", "VIRTUAL_ENV=/other", []string{direct, "{repo}/app"}},
		{installer.Environment{Tool: installer.UV}, "env/.venv", "UV_PROJECT_ENVIRONMENT=env/.venv", []string{"{repo}/env/.venv/bin/python", "{repo}/app"}},
		{installer.Environment{Tool: installer.Poetry}, ".venv", "", []string{direct, "{repo}/app"}},
		{installer.Environment{Tool: installer.Poetry}, ".venv poetry.toml:virtualenvs.in-project=true", "", []string{direct, "{repo}/app"}},
		{installer.Environment{Tool: installer.PDM}, ".venv .pdm-python:{repo}/.venv/bin/python pyproject.toml:[project]", "", []string{direct, "{repo}/app"}},
		{installer.Environment{Tool: installer.Pipenv}, ".venv", "", []string{direct, "{repo}/app"}},

		// The tool, where it has its environment elsewhere or would do more.
		{installer.Environment{Tool: installer.UV}, "", "", []string{via + "uv", "run", "--no-sync", "python", "{repo}"}},
		{installer.Environment{Tool: installer.UV}, ".venv", "UV_ENV_FILE=.env", []string{via + "uv", "run", "--no-sync", "python", "{repo}"}},
		{installer.Environment{Tool: installer.UV}, ".venv", "UV_PROJECT_ENVIRONMENT=/none", []string{via + "uv", "run", "--no-sync", "python", "{repo}"}},
		{installer.Environment{Tool: installer.UV, Root: "app"}, ".venv", "", []string{via + "uv", "run", "--no-sync", "python", "{repo}/app"}},
		{installer.Environment{Tool: installer.Poetry}, "", "", []string{via + "poetry", "run", "python", "{repo}"}},
		{installer.Environment{Tool: installer.Poetry}, ".venv", "VIRTUAL_ENV=/other", []string{via + "poetry", "run", "python", "{repo}"}},
		{installer.Environment{Tool: installer.Poetry}, ".venv", "POETRY_VIRTUALENVS_IN_PROJECT=false", []string{via + "poetry", "run", "python", "{repo}"}},
		{installer.Environment{Tool: installer.Poetry}, ".venv poetry.toml:virtualenvs.in-project=false", "", []string{via + "poetry", "run", "python", "{repo}"}},
		{installer.Environment{Tool: installer.PDM}, ".venv", "", []string{via + "pdm", "run", "python", "{repo}"}},
		{installer.Environment{Tool: installer.PDM}, ".venv .pdm-python:/usr/bin/python pyproject.toml:[project]", "", []string{via + "pdm", "run", "python", "{repo}"}},
		{installer.Environment{Tool: installer.PDM}, ".venv .pdm-python:{repo}/.venv/bin/python pyproject.toml:[tool.pdm.scripts]", "", []string{via + "pdm", "run", "python", "{repo}"}},
		{installer.Environment{Tool: installer.Poetry}, ".venv", "CONDA_PREFIX=/other", []string{via + "poetry", "run", "python", "{repo}"}},
		{installer.Environment{Tool: installer.PDM}, ".venv .pdm-python:{repo}/.venv/bin/python pyproject.toml:[project]", "PDM_PYTHON=/other/python", []string{via + "pdm", "run", "python", "{repo}"}},
		{installer.Environment{Tool: installer.Pipenv}, ".venv", "PIPENV_DOTENV_LOCATION=/other/.env", []string{via + "pipenv", "run", "python", "{repo}"}},
		{installer.Environment{Tool: installer.Pipenv}, ".venv", "PIPENV_VENV_IN_PROJECT=0", []string{via + "pipenv", "run", "python", "{repo}"}},
		{installer.Environment{Tool: installer.Pipenv}, ".venv", "VIRTUAL_ENV=/other", []string{via + "pipenv", "run", "python", "{repo}"}},
		{installer.Environment{Tool: installer.Pipenv}, ".venv .env", "", []string{via + "pipenv", "run", "python", "{repo}"}},
		{installer.Environment{Tool: installer.Pixi, Locked: true}, ".venv", "", []string{via + "pixi", "run", "--locked", "python", "{repo}"}},
		{installer.Environment{Tool: installer.Pixi}, "", "", []string{via + "pixi", "run", "python", "{repo}"}},
		{installer.Environment{Tool: installer.Hatch}, ".venv", "", []string{via + "hatch", "run", "python", "{repo}"}},

		{installer.Environment{Tool: installer.Conda}, ".venv", "", []string{via + "micromamba", "run", "-n", "scheduled", "python", "{repo}"}},
		{installer.Environment{Tool: installer.Conda}, "", "CONDA_PREFIX=/none", []string{via + "micromamba", "run", "-n", "scheduled", "python", "{repo}"}},

		// No tool is needed.
		{installer.Environment{Tool: installer.Pip}, "", "", []string{via + "python3", "{repo}/app"}},
		{installer.Environment{Tool: installer.Pip}, ".venv", "", []string{direct, "{repo}/app"}},
		{installer.Environment{Tool: installer.Pip}, ".venv app/.venv", "", []string{"{repo}/app/.venv/bin/python", "{repo}/app"}},
		{installer.Environment{Tool: installer.Pip, Root: "app"}, ".venv", "", []string{via + "python3", "{repo}/app"}},
		{installer.Environment{Tool: installer.Pylock}, ".venv", "", []string{direct, "{repo}/app"}},
		{installer.Environment{Tool: installer.Package, Root: "app"}, "", "", []string{via + "python3", "{repo}/app"}},
		{installer.Environment{Tool: installer.None, Root: "app"}, "app/.venv", "", []string{"{repo}/app/.venv/bin/python", "{repo}/app"}},
	} {
		name := strings.Join([]string{string(row.env.Tool), row.env.Root, row.files, row.vars}, ",")
		t.Run(name, func(t *testing.T) {
			repo, bin := repository(t, row.files)
			for _, name := range slices.Concat(everyTool, []string{"python3"}) {
				executableFile(t, bin, name)
			}
			l, err := Find(row.env, repo, filepath.Join(repo, "app"), Environ{"PATH=" + bin, row.vars})
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Split(placeholders(repo, bin).Replace(strings.Join(append(l.Args, l.Dir), "\n")), "\n")
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// repository makes a repository with these files, in which ".venv" stands for a
// virtual environment, and a folder for programs.
func repository(t *testing.T, files string) (repo, bin string) {
	t.Helper()
	repo, bin = t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(repo, "app"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range strings.Fields(files) {
		name, content, _ := strings.Cut(file, ":")
		path := filepath.Join(repo, filepath.FromSlash(name))
		if strings.HasSuffix(path, ".venv") {
			executableFile(t, interpreter(path))
			continue
		}
		content = strings.ReplaceAll(content, "{repo}/.venv/bin/python", interpreter(filepath.Join(repo, ".venv")))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return repo, bin
}

// placeholders writes paths as the rows have them.
func placeholders(repo, bin string) *strings.Replacer {
	pairs := []string{repo, "{repo}", bin, "{bin}"}
	if runtime.GOOS == "windows" {
		pairs = append(pairs, `\`, "/", "Scripts", "bin", ".exe", "")
	}
	return strings.NewReplacer(pairs...)
}

// What the log says of a launcher, above all where the tool is missing.
func TestLauncherWords(t *testing.T) {
	repo, bin := repository(t, ".venv")
	bare, _ := repository(t, "")
	python3, own := executableFile(t, bin, "python3"), executableFile(t, repo, "own")
	environ := Environ{"PATH=" + bin}
	inVenv, err := filepath.Rel(repo, interpreter(filepath.Join(repo, ".venv")))
	if err != nil {
		t.Fatal(err)
	}
	inVenv = filepath.ToSlash(inVenv)
	for _, row := range []struct {
		tool                 installer.Tool
		explicit, repo, want string
	}{
		{installer.UV, "", repo, inVenv + ", which `uv run --no-sync python` would start"},
		{installer.UV, own, repo, own + ", as you asked"},
		{installer.UV, "", bare, python3 + ", from PATH, because uv is not on PATH"},
		{installer.Hatch, "", repo, inVenv + ", because hatch is not on PATH"},
		{installer.None, "", repo, inVenv},
		{installer.None, "", bare, python3 + ", from PATH"},
		{installer.Conda, "", bare, python3 + ", from PATH, because micromamba is not on PATH"},
	} {
		l, err := Find(installer.Environment{Tool: row.tool}, row.repo, row.repo, environ)
		if row.explicit != "" {
			l, err = Named(row.explicit, row.repo, environ)
		}
		if err != nil || l.Words != row.want {
			t.Errorf("%s: %q, %v; want %q", row.tool, l.Words, err, row.want)
		}
	}
}

// TestLauncherStarts starts Python in a virtual environment, made by each of the
// Pythons, from a project below the folder that the tool works in.
func TestLauncherStarts(t *testing.T) {
	for _, python := range interpreters() {
		t.Run(filepath.Base(python), func(t *testing.T) {
			repo, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			venv, dir := filepath.Join(repo, ".venv"), filepath.Join(repo, "app")
			if out, err := exec.Command(python, "-m", "venv", "--without-pip", venv).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			const job = "import os, shutil, sys\n" +
				"def run(): print(os.getcwd(), os.environ['PWD'], os.environ['VIRTUAL_ENV'], os.path.dirname(shutil.which('python')), sys.prefix, sep='\\n')\n"
			if err := os.WriteFile(filepath.Join(dir, "job.py"), []byte(job), 0o644); err != nil {
				t.Fatal(err)
			}
			l, err := Find(installer.Environment{Tool: installer.UV, Root: "."}, repo, dir, os.Environ())
			if err != nil {
				t.Fatal(err)
			}
			_, stdout, stderr := run(t, Entrypoint{Launcher: l, Dir: dir, Root: repo, Target: "job:run", Env: os.Environ()})
			want := strings.Join([]string{dir, dir, venv, filepath.Dir(interpreter(venv)), venv, ""}, "\n")
			if diff := cmp.Diff(want, stdout); diff != "" {
				t.Errorf("(-want +got)\n%s\n%s", diff, stderr)
			}
		})
	}
}

// BenchmarkLauncher compares starting Python directly and as Run does it.
func BenchmarkLauncher(b *testing.B) {
	python := interpreters()[0]
	dir, err := filepath.Abs("testdata/flat")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("python -c pass", func(b *testing.B) {
		for b.Loop() {
			if err := exec.Command(python, "-c", "pass").Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Run", func(b *testing.B) {
		var out bytes.Buffer
		e := Entrypoint{Launcher: Launcher{Args: []string{python}, Dir: dir}, Dir: dir, Root: dir, Target: "top:run", Env: os.Environ(), Stdout: &out, Stderr: &out}
		for b.Loop() {
			if o, err := Run(context.Background(), e); err != nil || !o.OK {
				b.Fatalf("%+v, %v", o, err)
			}
		}
	})
}
