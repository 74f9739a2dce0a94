package python

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/installer"
)

func TestEnvironGet(t *testing.T) {
	for _, row := range []struct {
		environ Environ
		want    string
	}{
		{nil, ""},
		{Environ{"B=1", "AA=2"}, ""},
		{Environ{"A=1"}, "1"},
		{Environ{"A=1", "A=2=3"}, "2=3"},
		{Environ{"A=1", "A="}, ""},
		{Environ{"A"}, ""},
	} {
		if got := row.environ.Get("A"); got != row.want {
			t.Errorf("%q: %q; want %q", row.environ, got, row.want)
		}
	}
}

func TestLookPath(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files are executable by their names")
	}
	dir := t.TempDir()
	t.Chdir(dir)
	for _, file := range []string{"a/python3", "b/python3", "b/own", "python3"} {
		executableFile(t, dir, file)
	}
	if err := os.WriteFile("a/own", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Join(dir, "b"))                // of this process: it does not count
	for _, row := range []struct{ path, name, want string }{ // want is "" for none
		{dir + "/a:" + dir + "/b", "python3", "a/python3"},
		{dir + "/a:" + dir + "/b", "own", "b/own"},
		{dir + "/none:" + dir + "/b", "python3", "b/python3"},
		{"", "python3", ""},
		{dir + "/a", "own", ""},
		{"a:b", "own", "b/own"},      // relative folders
		{":b", "python3", "python3"}, // the working folder
		{dir + "/a", dir + "/b/own", "b/own"},
		{dir + "/a", "b/own", "b/own"},
		{dir + "/a", "./a/own", ""},
		{dir, "a", ""},
	} {
		got, err := Environ{"PATH=" + row.path}.LookPath(row.name)
		if want := filepath.Join(dir, row.want); row.want != "" && got != want || (row.want == "") != (err != nil) {
			t.Errorf("%q in %q: %q, %v; want %q", row.name, row.path, got, err, row.want)
		}
	}
}

// What is in the environment of this process itself does not decide.
func TestFindReadsNoEnvironment(t *testing.T) {
	repo, bin := repository(t, ".venv env/.venv .pdm-python:{repo}/.venv/bin/python pyproject.toml:[project]")
	for _, name := range slices.Concat(everyTool, []string{"python3"}) {
		executableFile(t, bin, name)
	}
	for tool := range tools {
		env := installer.Environment{Tool: tool}
		want, err := Find(env, repo, repo, Environ{"PATH=" + bin})
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"PATH": repo, "VIRTUAL_ENV": "/other", "CONDA_PREFIX": filepath.Join(repo, ".venv"), "UV_PROJECT_ENVIRONMENT": "env/.venv", "UV_ENV_FILE": ".env",
			"PDM_PYTHON": "/other/python", "PIPENV_DOTENV_LOCATION": "/other/.env", "PIPENV_VENV_IN_PROJECT": "0", "POETRY_VIRTUALENVS_IN_PROJECT": "0",
		} {
			t.Setenv(name, value)
			if got, err := Find(env, repo, repo, Environ{"PATH=" + bin}); err != nil || got.Words != want.Words || got.Args[0] != want.Args[0] {
				t.Errorf("%s, %s: %q, %v; want %q", tool, name, got.Args, err, want.Args)
			}
		}
	}
}

// TestFindPaths has the interpreter and the environment of a launcher, also where the
// tool starts it.
func TestFindPaths(t *testing.T) {
	const venv, python = "{repo}/.venv", "{repo}/.venv/bin/python"
	for _, row := range []struct {
		tool         installer.Tool
		files        string
		vars         string
		python, venv string
	}{
		{installer.UV, ".venv .venv/pyvenv.cfg", "", python, venv},
		{installer.UV, ".venv .venv/pyvenv.cfg", "UV_ENV_FILE=.env", python, venv},
		{installer.UV, "", "", "", ""},
		{installer.UV, ".venv .venv/pyvenv.cfg", "UV_PROJECT_ENVIRONMENT=/none", "", ""},
		{installer.Poetry, ".venv .venv/pyvenv.cfg", "POETRY_VIRTUALENVS_IN_PROJECT=false", "", ""},
		{installer.Poetry, ".venv other/.venv other/.venv/pyvenv.cfg", "VIRTUAL_ENV={repo}/other/.venv", "{repo}/other/.venv/bin/python", "{repo}/other/.venv"},
		{installer.Poetry, ".venv other/.venv other/.venv/pyvenv.cfg", "VIRTUAL_ENV=other/.venv", "", ""},
		{installer.Pipenv, ".venv .venv/pyvenv.cfg .env", "", python, venv},
		{installer.PDM, ".venv .venv/pyvenv.cfg .pdm-python:{repo}/.venv/bin/python pyproject.toml:[tool.pdm.scripts]", "", python, venv},
		{installer.PDM, ".pdm-python:.venv/bin/python pyproject.toml .venv", "", "", ""},
		{installer.Conda, ".venv .venv/conda-meta", "CONDA_PREFIX={repo}/.venv", python, venv},
		{installer.Hatch, ".venv .venv/pyvenv.cfg", "", "", ""},
		{installer.Pip, ".venv", "", python, venv},
		{installer.Pip, "", "", "{bin}/python3", ""},
		{installer.Pip, "env/.venv env/.venv/pyvenv.cfg", "PATH={repo}/env/.venv/bin", "{repo}/env/.venv/bin/python", "{repo}/env/.venv"},
	} {
		repo, bin := repository(t, row.files)
		for _, name := range slices.Concat(everyTool, []string{"python3"}) {
			executableFile(t, bin, name)
		}
		at := placeholders(repo, bin)
		environ := Environ{"PATH=" + bin, strings.ReplaceAll(row.vars, "{repo}", repo)}
		l, err := Find(installer.Environment{Tool: row.tool}, repo, filepath.Join(repo, "app"), environ)
		if err != nil || at.Replace(l.Python) != row.python || at.Replace(l.Venv) != row.venv {
			t.Errorf("%s, %q, %s: %q in %q, %v", row.tool, row.files, row.vars, at.Replace(l.Python), at.Replace(l.Venv), err)
		}
	}
}
