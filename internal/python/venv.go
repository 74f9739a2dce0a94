package python

import (
	"cmp"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// place is where a Python is looked for.
type place struct {
	Environ
	root string // the repository
	dir  string // the project
	home string // the folder that the tool works in
}

// tool is a tool that starts Python in its own environment.
type tool struct {
	start string // the command

	// venv returns the environment that the command uses, which need not exist, or ""
	// if only the tool knows it; and whether the command only starts its Python.
	venv func(place) (dir string, alone bool)
}

var tools = map[installer.Tool]tool{
	installer.UV:     {"uv run --no-sync python", place.uv},
	installer.Poetry: {"poetry run python", place.poetry},
	installer.PDM:    {"pdm run python", place.pdm},
	installer.Pipenv: {"pipenv run python", place.pipenv},
	installer.Conda:  {"micromamba run -n " + installer.CondaName + " python", place.conda},
	installer.Pixi:   {"pixi run --locked python", place.pixi},
	installer.Hatch:  {"hatch run python", func(place) (string, bool) { return "", false }},
}

// https://docs.astral.sh/uv/reference/environment/
func (p place) uv() (dir string, alone bool) {
	dir = cmp.Or(p.Get("UV_PROJECT_ENVIRONMENT"), ".venv")
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(p.home, dir)
	}
	return dir, p.Get("UV_ENV_FILE") == ""
}

// poetry uses .venv if that is there, unless another environment is active or its
// configuration says otherwise.
// https://python-poetry.org/docs/configuration/#virtualenvsin-project
func (p place) poetry() (dir string, alone bool) {
	if active, other := p.active(); other {
		return active, false
	}
	set := strings.ToLower(p.Get("POETRY_VIRTUALENVS_IN_PROJECT"))
	if notInProject.MatchString(p.text("poetry.toml")) || set == "false" || set == "0" {
		return "", false
	}
	return p.dotVenv(), true
}

// notInProject matches the setting of poetry.toml that keeps poetry from using .venv.
var notInProject = pattern.New(`(?m)^[^#\n]*in-project["']?\s*=\s*false`)

// pdm uses the interpreter that .pdm-python names. The scripts of pyproject.toml can
// set variables.
// https://pdm-project.org/latest/usage/scripts/#shared-options
func (p place) pdm() (dir string, alone bool) {
	chosen := strings.TrimSpace(p.text(".pdm-python"))
	if chosen == "" || p.Get("PDM_PYTHON") != "" {
		return "", false
	}
	dir = filepath.Dir(filepath.Dir(chosen))
	pyproject := p.text("pyproject.toml")
	return dir, dir == p.dotVenv() && pyproject != "" && !strings.Contains(pyproject, "pdm.scripts")
}

// https://pipenv.pypa.io/en/latest/shell.html#automatic-loading-of-env
func (p place) pipenv() (dir string, alone bool) {
	if active, other := p.active(); other {
		return active, false
	}
	if p.Get("PIPENV_VENV_IN_PROJECT") == "0" {
		return "", false
	}
	return p.dotVenv(), !exists(filepath.Join(p.home, ".env")) && p.Get("PIPENV_DOTENV_LOCATION") == ""
}

// conda uses the active environment, unless that is the base environment, which
// belongs to no project.
func (p place) conda() (dir string, alone bool) {
	if p.Get("CONDA_DEFAULT_ENV") == "base" {
		return "", false
	}
	return p.Get("CONDA_PREFIX"), true
}

// https://pixi.sh/latest/workspace/environment/
func (p place) pixi() (dir string, alone bool) {
	return filepath.Join(p.home, ".pixi", "envs", "default"), false
}

func (p place) dotVenv() string { return filepath.Join(p.home, ".venv") }

// active reports whether an environment other than .venv is active: poetry and pipenv
// use that, unless it is conda's base environment.
func (p place) active() (dir string, other bool) {
	if venv := p.Get("VIRTUAL_ENV"); venv != "" && venv != p.dotVenv() {
		return venv, true
	}
	prefix, _ := p.conda()
	return prefix, p.Get("CONDA_PREFIX") != ""
}

// text returns the content of a file of the tool, "" if there is none or it may never
// end, such as a pipe or a link to /dev/zero.
func (p place) text(name string) string {
	const most = 1 << 20
	content, _ := atomic.Read(os.DirFS(p.home), name, most)
	return string(content)
}

// interpreter returns the path of an environment's Python.
func interpreter(venv string) string {
	switch {
	case runtime.GOOS != "windows":
		return filepath.Join(venv, "bin", "python")
	case exists(filepath.Join(venv, "conda-meta")):
		return filepath.Join(venv, "python.exe")
	}
	return filepath.Join(venv, "Scripts", "python.exe")
}
