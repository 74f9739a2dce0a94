package workflow

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// The actions that put tools on the path, and the tools, at the newest release
// we have tested. A lock may be older: all of them read those of their elders.
var (
	setupPython     = Uses{"actions/setup-python", "5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"}
	setupUV         = Uses{"astral-sh/setup-uv", "20cfd1bf945f4377ade1205e4dbc17946fc9a30d", "v10.0.1"}
	setupPDM        = Uses{"pdm-project/setup-pdm", "544d7237314ee09c256785bd360f6b30add38b37", "v4.6"}
	setupPixi       = Uses{"prefix-dev/setup-pixi", "f00437f565399d418b0acc85936d12c1fb668347", "v0.10.1"}
	setupMicromamba = Uses{"mamba-org/setup-micromamba", "ce51e99f4bb8a82ab7158c4dc59ef4634c59c4f9", "v3.1.0"}
)

const (
	uvVersion         = "0.13.9"
	poetryVersion     = "2.5.1"
	oldPoetryVersion  = "1.8.5" // the last that writes the locks of Poetry 1
	pdmVersion        = "2.29.3"
	pixiVersion       = "v0.76.2"
	hatchVersion      = "1.18.2"
	pipenvVersion     = "2026.10.3"
	micromambaVersion = "2.8.1-0"
)

// Installed is how the packages of some jobs are installed.
type Installed struct {
	installer.Environment
	Jobs []string // their ids, in the order of the jobs
}

// Environments says how the packages of the jobs are installed: mostly it is one
// for all, and one more for each other installer that a job names. It chooses
// once for each, since reading a file may take a request. The error is an
// *EnvironmentError.
func (t Target) Environments(repo fs.FS) ([]Installed, error) {
	var all []Installed
	at := map[string]int{} // in all, by the option installer
	for _, job := range t.Project.Jobs {
		i, known := at[job.Options.Installer]
		if !known {
			env, err := t.Environment(repo, job)
			if err != nil {
				return nil, err
			}
			i = len(all)
			at[job.Options.Installer] = i
			all = append(all, Installed{Environment: env})
		}
		if err := checkPython(job, all[i].Environment); err != nil {
			return nil, &EnvironmentError{job.ID, "python", err}
		}
		all[i].Jobs = append(all[i].Jobs, job.ID)
	}
	return all, nil
}

// Environment says how the packages of one job are installed. The error is an
// *EnvironmentError.
func (t Target) Environment(repo fs.FS, job pyproject.Job) (installer.Environment, error) {
	env, err := installer.Choose(repo, t.dir(), installer.Facts{
		Installer:    job.Options.Installer,
		Tables:       t.Project.Tools.Tables,
		BuildSystem:  t.Project.BuildSystem,
		Dependencies: t.Project.Dependencies,
		Requires:     t.Project.Tools.Requires,
	})
	if err == nil {
		if what := pyproject.Forbidden(env.File); what != "" {
			err = fmt.Errorf("path %q holds the %s, which no workflow file may", env.File, what)
		}
	}
	if err != nil {
		return env, &EnvironmentError{job.ID, "installer", err}
	}
	return env, nil
}

// checkPython refuses an option python that the job's environment cannot have.
func checkPython(job pyproject.Job, env installer.Environment) error {
	version := job.Options.Python
	if version == "" {
		return nil
	}
	if env.Tool == installer.Pixi || env.Tool == installer.Conda && env.Locked {
		return problem.New("leave out the option, and ask for that version in the tool's own file",
			"job %q: option python has no effect, because %s says which Python to install", job.ID, cmp.Or(env.File, env.Manifest))
	}
	if _, ok := pythonFor(env.Tool, version); !ok {
		return problem.New(`write a version or a range, as in "3.12" or ">=3.11,<3.14"`,
			"job %q: option python is %q, which cannot be set up for %s", job.ID, version, env.Tool)
	}
	return nil
}

// EnvironmentError says that the packages of a job cannot be installed as its
// project and its options say.
type EnvironmentError struct {
	Job    string // the first for which that is so
	Option string // that decides, or could: installer or python
	Err    error  // of installer.Choose, a *FixedPythonError or a *PythonVersionError
}

func (e *EnvironmentError) Error() string { return e.Err.Error() }

func (e *EnvironmentError) Unwrap() error { return e.Err }

// setup makes the steps that build the environment of a job.
type setup struct {
	Target
	job pyproject.Job
	env installer.Environment
}

// steps returns what the tool's own documentation recommends for a workflow:
// everything pinned, the lock enforced, nothing that only developers need.
func (s setup) steps() []step {
	switch s.env.Tool {
	case installer.UV:
		return s.uv()
	case installer.Poetry:
		return s.poetry()
	case installer.PDM:
		return s.pdm()
	case installer.Pixi:
		return s.pixi()
	case installer.Hatch:
		return s.hatch()
	case installer.Pipenv:
		return s.pipenv()
	case installer.Pylock:
		return s.pylock()
	case installer.Conda:
		return s.conda()
	case installer.Pip:
		return s.pip()
	case installer.Package:
		return []step{s.python("pip"), s.install("python -m pip install .")}
	}
	return []step{s.python("")}
}

// https://docs.astral.sh/uv/guides/integration/github/
func (s setup) uv() []step {
	command := "uv sync"
	if s.env.Locked {
		command += " --locked"
	}
	command += " --no-default-groups"
	if s.env.Member != "" {
		command += " --package " + s.env.Member
	}
	return []step{s.setupUV(), s.install(command)}
}

// setupUV leaves .python-version and requires-python to uv, which reads both.
func (s setup) setupUV() step {
	with := []input{{"version", text(cmp.Or(s.env.Requires, uvVersion))}}
	if version := s.version(); version != "" {
		with = append(with, input{"python-version", text(version)})
	}
	with = append(with, input{"enable-cache", plain("true")}, input{"cache-dependency-glob", text(s.source())})
	return step{name: "Set up uv", uses: &setupUV, with: with}
}

// https://docs.astral.sh/uv/pip/compile/#syncing-an-environment
func (s setup) pylock() []step {
	venv := step{name: "Create the environment", run: "uv venv", dir: s.env.Root}
	return []step{s.setupUV(), venv, s.install("uv pip sync --preview-features pylock pylock.toml")}
}

// https://python-poetry.org/docs/cli/#sync
// https://github.com/actions/setup-python/blob/main/docs/advanced-usage.md#caching-packages
func (s setup) poetry() []step {
	required, command := "=="+poetryVersion, "poetry sync"
	if s.env.Old {
		required, command = "=="+oldPoetryVersion, "poetry install --sync" // which later ones still know
	}
	poetry := requirement("poetry", cmp.Or(s.env.Requires, required))
	if !s.env.Locked {
		command = "poetry install"
	}
	if s.env.Bare {
		command += " --only-root" // Poetry fails where there is no group main
	} else {
		command += " --only main"
	}
	if s.job.Options.Container != nil {
		// An image has no pipx. By pip, Poetry comes too late for the cache.
		return []step{s.python(""), s.tool("Poetry", poetry), s.install(command)}
	}
	steps := []step{
		{name: "Install Poetry", run: "pipx install " + poetry, dir: "."},
		s.python("poetry"),
	}
	if s.env.Old {
		// By itself it takes the Python that it runs on, which is the runner's.
		// https://python-poetry.org/docs/1.8/configuration/#virtualenvsprefer-active-python-experimental
		steps = append(steps, step{name: "Use that Python", run: "poetry env use python", dir: s.env.Root})
	}
	return append(steps, s.install(command))
}

// The action installs PDM as pdm[locked], with the packages that it was released
// with. pip alone would take hishel 2, with which 2.29.3 does not start.
// https://pdm-project.org/en/latest/usage/advanced/#use-pdm-in-continuous-integration
// https://github.com/pdm-project/pdm/issues/3724
func (s setup) pdm() []step {
	steps := []step{{name: "Set up PDM", uses: &setupPDM, with: []input{
		{"version", text(pdmVersion)},
		s.pythonVersion(),
		{"cache", plain("true")},
		{"cache-dependency-path", text(s.source())},
	}}}
	if !s.env.Locked {
		return append(steps, s.install("pdm install --prod"))
	}
	return append(steps, s.checkLock("pdm lock --check"), s.install("pdm sync --prod"))
}

// The action installs the environment too.
// https://pixi.sh/latest/integration/ci/github_actions/
func (s setup) pixi() []step {
	with := []input{{"pixi-version", text(pixiVersion)}, {"manifest-path", text(s.env.Manifest)}}
	if s.env.Locked {
		with = append(with, input{"locked", plain("true")}, input{"cache", plain("true")})
	}
	return []step{{name: "Install dependencies", uses: &setupPixi, with: with}}
}

// https://hatch.pypa.io/latest/install/#pip
func (s setup) hatch() []step {
	return []step{s.python("pip"), s.tool("Hatch", requirement("hatch", "=="+hatchVersion)), s.install("hatch env create")}
}

// https://pipenv.pypa.io/en/latest/best_practices.html#ci-cd-integration
func (s setup) pipenv() []step {
	steps := []step{s.python("pipenv"), s.tool("Pipenv", requirement("pipenv", "=="+pipenvVersion))}
	if !s.env.Locked {
		return append(steps, s.install("pipenv install"))
	}
	return append(steps, s.checkLock("pipenv verify"), s.install("pipenv sync"))
}

// The action creates the environment too.
// https://github.com/mamba-org/setup-micromamba#environment-creation
func (s setup) conda() []step {
	with := []input{
		{"micromamba-version", text(micromambaVersion)},
		{"environment-file", text(s.env.File)},
		{"environment-name", text(installer.CondaName)},
	}
	if version := s.version(); version != "" {
		with = append(with, input{"create-args", text("python" + version)})
	}
	with = append(with, input{"cache-environment", plain("true")}, input{"init-shell", plain("none")})
	return []step{{name: "Install dependencies", uses: &setupMicromamba, with: with}}
}

// https://pip.pypa.io/en/stable/topics/secure-installs/#hash-checking-mode
func (s setup) pip() []step {
	command := "python -m pip install "
	if s.env.Hashes {
		command += "--require-hashes "
	}
	return []step{s.python("pip"), s.install(command + "-r " + path.Base(s.env.File))}
}

func (s setup) install(command string) step {
	return step{name: "Install dependencies", run: command, dir: s.env.Root}
}

// checkLock is for the tools that would install from a lock which is behind.
func (s setup) checkLock(command string) step {
	return step{name: "Check the lock", run: command, dir: s.env.Root}
}

// tool installs a tool beside the Python that it will make environments of.
func (s setup) tool(name, requirement string) step {
	return step{name: "Install " + name, run: "python -m pip install " + requirement, dir: "."}
}

// requirement writes a package and its versions for a shell, which takes < for
// something else.
func requirement(pkg, versions string) string {
	if strings.ContainsAny(versions, "<>!~*,") {
		return "'" + pkg + versions + "'"
	}
	return pkg + versions
}

// source returns the pattern of the file by which caches are told apart.
func (s setup) source() string {
	return globOf(cmp.Or(s.env.File, path.Join(s.env.Root, "pyproject.toml")))
}

// globOf returns the pattern that matches one path only. "Wrapping special
// characters in [] can be used to escape literal glob characters in a file name",
// and what begins with ! or # is no path.
// https://github.com/actions/toolkit/tree/main/packages/glob#patterns
func globOf(file string) string {
	if strings.ContainsAny(file[:1], "!#~ ") {
		file = "./" + file
	}
	return globSpecial.Replace(file)
}

var globSpecial = strings.NewReplacer("[", "[[]", "*", "[*]", "?", "[?]", `\`, `\\`)

// python sets up Python, and the cache of the tool of that name unless it is "".
func (s setup) python(cache string) step {
	python := step{name: "Set up Python", uses: &setupPython, with: []input{s.pythonVersion()}}
	if cache != "" {
		python.with = append(python.with, input{"cache", plain(cache)}, input{"cache-dependency-path", text(s.source())})
	}
	return python
}

// version returns the option python in the words of what sets Python up: "" where
// it is not set. Environments has refused what has none.
func (s setup) version() string {
	version, _ := pythonFor(s.env.Tool, s.job.Options.Python)
	return version
}

// pythonVersion returns the input by which setup-python learns the version: the
// option, the pin, or the range that the project or its tool declares. Without
// any setup-python would take whatever the runner has on its path.
// https://github.com/actions/setup-python#basic-usage
func (s setup) pythonVersion() input {
	file := func(name string) input { return input{"python-version-file", text(name)} }
	switch version := s.version(); {
	case version != "":
		return input{"python-version", text(version)}
	case s.env.PythonVersion != "":
		return file(s.env.PythonVersion)
	case s.Project.RequiresPython != "":
		return file(s.Path)
	case s.env.Tool == installer.Poetry || s.env.Tool == installer.PDM:
		return file(path.Join(s.env.Root, "pyproject.toml"))
	case s.env.Pinned:
		return file(path.Join(s.env.Root, "Pipfile"))
	}
	return input{"python-version", text("3.x")}
}
