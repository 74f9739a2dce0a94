package entrypoint

import (
	"path"
	"testing"
	"testing/fstest"
)

// Without an environment, a module that is not in the project is a problem only if
// nothing could bring it.
func TestDeclared(t *testing.T) {
	reader := startPython(t)
	for _, test := range []struct {
		file, content string
		open          bool
	}{
		{"pyproject.toml", "[project]\ndependencies = []\n", false},
		{"pyproject.toml", "# dependencies\n[project]\nname = 'acme'\ndependencies = [ ]\n[tool.ruff]\n", false},
		{"pyproject.toml", "[project]\ndependencies = ['pillow']\n", true},
		{"pyproject.toml", "[project]\ndependencies = [\n  'pillow', # PIL\n]\n", true},
		{"pyproject.toml", "[project]\ndynamic = ['dependencies']\n", true},
		{"pyproject.toml", "project.dependencies = ['x']\n", true},
		{"pyproject.toml", "[project.optional-dependencies]\njobs = ['x']\n", true},
		{"pyproject.toml", "[dependency-groups]\njobs = ['x']\n", true},
		{"pyproject.toml", "[tool.poetry.dependencies]\nx = '*'\n", true},
		{"pyproject.toml", "[tool.pixi.pypi-dependencies]\nx = '*'\n", true},
		{"../../pyproject.toml", "[project]\ndependencies = ['x']\n", true},
		{"pyproject.toml", "[build-system]\nrequires = ['hatchling']\n", false},
		{"pyproject.toml", "[build-system]\nrequires = ['meson-python']\n", true},
		{"pyproject.toml", "[build-system]\nrequires = ['setuptools', 'Cython']\n", true},
		{"pyproject.toml", "[tool.setuptools.package-dir]\nacme = 'x/y'\n", true},
		{"pyproject.toml", "[tool.setuptools.package-dir]\n'' = 'lib'\n", false},
		{"requirements.txt", "git+https://example.com/acme-jobs\n", true},
		{"requirements.txt", "-r base.txt\n", true},
		{"requirements.txt", "# none yet\n\n", false},
		{"requirements-jobs.txt", "x\n", true},
		{"requirements/jobs.txt", "x\n", true},
		{"../requirements.in", "x\n", true},
		{"setup.py", "setup(install_requires=['x'])\n", true},
		{"setup.cfg", "[options]\ninstall_requires =\n  x\n", true},
		{"setup.cfg", "[flake8]\nmax-line-length = 100\n", false},
		{"Pipfile", "[packages]\nx = '*'\n", true},
		{"environment.yaml", "dependencies: [x]\n", true},
		{"pixi.toml", "[dependencies]\nx = '*'\n", true},
		{"../../poetry.lock", "[[package]]\nname = 'x'\n", true},
		{"../../uv.lock", "[[package]]\nname = 'a'\nsource = { virtual = \".\" }\n[[package]]\nname = 'x'\n", true},
		{"uv.lock", "[[package]]\nname = 'acme'\nsource = { editable = \".\" }\n", false},
		{"pdm.lock", "[metadata]\nlock_version = '4.5.0'\n", false},
		{"Cargo.toml", "[lib]\nname = 'acme'\n", true},
		{"acme.pyx", "", false}, // nothing builds it
		{"other/requirements.txt", "x\n", false},
	} {
		repo := fstest.MapFS{path.Join("svc/[a]", test.file): {Data: []byte(test.content)}}
		v := New(Project{Repo: repo, Dir: "svc/[a]"}, reader).Prove("acme.jobs:main", Given{})
		if open := v.Unknown != ""; open != test.open || open == (v.Problem != "") {
			t.Errorf("%s: %q: got %s, want it left open: %t", test.file, test.content, show(v), test.open)
		}
	}
}
