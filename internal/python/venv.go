package python

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/installer"
)

// venv returns the virtual environment in which the tool, started in home, would
// do nothing but start Python. It is "" if there is none, or when in doubt.
func venv(t installer.Tool, home string) string {
	venv := filepath.Join(home, ".venv")
	alike := false
	switch t {
	case installer.UV:
		// https://docs.astral.sh/uv/reference/environment/
		if own := os.Getenv("UV_PROJECT_ENVIRONMENT"); filepath.IsAbs(own) {
			venv = own
		} else if own != "" {
			venv = filepath.Join(home, own)
		}
		alike = os.Getenv("UV_ENV_FILE") == ""
	case installer.Poetry:
		alike = !activated(venv) && poetryInProject(home)
	case installer.PDM:
		alike = pdmChose(venv, home)
	case installer.Pipenv:
		// https://pipenv.pypa.io/en/latest/shell.html#automatic-loading-of-env
		_, err := os.Stat(filepath.Join(home, ".env"))
		alike = err != nil && !activated(venv) && os.Getenv("PIPENV_VENV_IN_PROJECT") != "0" && os.Getenv("PIPENV_DOTENV_LOCATION") == ""
	}
	if _, err := exec.LookPath(interpreter(venv)); err != nil || !alike {
		return ""
	}
	return venv
}

// activated reports whether some other environment is: poetry and pipenv use it.
func activated(venv string) bool {
	active := os.Getenv("VIRTUAL_ENV")
	return active != "" && active != venv || os.Getenv("CONDA_PREFIX") != ""
}

// notInProject is how poetry.toml keeps poetry from using .venv.
var notInProject = regexp.MustCompile(`(?m)^[^#\n]*in-project["']?\s*=\s*false`)

// poetryInProject reports whether poetry uses .venv, which it does if that is
// there, unless its configuration says otherwise.
// https://python-poetry.org/docs/configuration/#virtualenvsin-project
func poetryInProject(home string) bool {
	config, err := os.ReadFile(filepath.Join(home, "poetry.toml"))
	if err == nil && notInProject.Match(config) {
		return false
	}
	set := strings.ToLower(os.Getenv("POETRY_VIRTUALENVS_IN_PROJECT"))
	return set != "false" && set != "0"
}

// pdmChose reports whether pdm runs with the interpreter of venv, and sets no
// variables, as the scripts table of pyproject.toml can say.
// https://pdm-project.org/latest/usage/scripts/#shared-options
func pdmChose(venv, home string) bool {
	chosen, err := os.ReadFile(filepath.Join(home, ".pdm-python"))
	if err != nil || filepath.Dir(strings.TrimSpace(string(chosen))) != filepath.Dir(interpreter(venv)) {
		return false
	}
	pyproject, err := os.ReadFile(filepath.Join(home, "pyproject.toml"))
	return err == nil && !strings.Contains(string(pyproject), "pdm.scripts") && os.Getenv("PDM_PYTHON") == ""
}

// activeConda returns the Python of the active conda environment. It is "" without
// one, or where that is the base environment, which is no project's.
func activeConda() string {
	prefix := os.Getenv("CONDA_PREFIX")
	if prefix == "" || os.Getenv("CONDA_DEFAULT_ENV") == "base" {
		return ""
	}
	python, err := exec.LookPath(filepath.Join(prefix, "bin", "python"))
	if runtime.GOOS == "windows" {
		python, err = exec.LookPath(filepath.Join(prefix, "python.exe"))
	}
	if err != nil {
		return ""
	}
	return python
}
