package workflow

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// recipe is what a tool's documentation recommends for a workflow: everything is
// pinned, the lock is enforced, and development dependencies are not installed.
type recipe struct {
	prepare func(setup) []step // sets up Python and the tool
	check   string             // fails if the lock does not fit the project; "" if install does that
	install func(installer.Environment) string
	extras  bool   // install knows extras of the project
	groups  bool   // install knows dependency groups
	start   string // starts a program in the environment; "" if that is on PATH
}

var recipes = map[installer.Tool]recipe{
	installer.UV:      {prepare: setup.uv, install: uvSync, extras: true, groups: true, start: "uv run --no-sync"},
	installer.Pylock:  {prepare: setup.venv, install: always("uv pip sync --preview-features pylock pylock.toml"), start: "uv run --no-project"},
	installer.Poetry:  {prepare: setup.poetry, install: poetryInstall, extras: true, groups: true, start: "poetry run"},
	installer.PDM:     {prepare: setup.pdm, check: "pdm lock --check", install: pdmInstall, extras: true, groups: true, start: "pdm run"},
	installer.Hatch:   {prepare: setup.hatch, install: always("hatch env create"), start: "hatch run"},
	installer.Pipenv:  {prepare: setup.pipenv, check: "pipenv verify", install: locked("pipenv sync", "pipenv install"), start: "pipenv run"},
	installer.Pip:     {prepare: setup.pip, install: pipInstall, groups: true},
	installer.Package: {prepare: setup.pip, install: projectInstall, extras: true, groups: true},
	installer.Pixi:    {prepare: setup.pixi, start: "pixi run"},
	installer.Conda:   {prepare: setup.conda, start: "micromamba run --name " + installer.CondaName},
	installer.None:    {prepare: setup.none},
}

func always(command string) func(installer.Environment) string {
	return locked(command, command)
}

// locked returns one command for a locked environment and another for any other.
func locked(command, other string) func(installer.Environment) string {
	return func(env installer.Environment) string {
		if env.Locked {
			return command
		}
		return other
	}
}

// setup makes the steps that build the environment of a job.
type setup struct {
	Target
	job pyproject.Job
	env installer.Environment
}

func (s setup) steps() []step {
	r := recipes[s.env.Tool]
	steps := r.prepare(s)
	if s.env.Locked && r.check != "" {
		steps = append(steps, step{name: "Check the lock", run: r.check, dir: s.env.Root})
	}
	if r.install != nil {
		steps = append(steps, step{name: "Install dependencies", run: r.install(s.env), dir: s.env.Root})
	}
	if o := s.job.Options; r.start != "" && len(o.Prepare)+len(o.After) > 0 {
		steps = append(steps, step{name: "Use the environment", shell: "bash", run: onPath(r.start), dir: s.env.Root})
	}
	return steps
}

// onPath puts the folder with the programs of an environment on the PATH of later steps.
func onPath(start string) string {
	return start + ` python -c "import sysconfig; print(sysconfig.get_path('scripts'))" >>"$GITHUB_PATH"`
}

// https://docs.astral.sh/uv/guides/integration/github/
// By default "the action will fail if caching is enabled but there is nothing to upload",
// https://github.com/astral-sh/setup-uv/blob/main/docs/caching.md#ignore-nothing-to-cache
func (s setup) uv() []step {
	with := []input{{"version", text(cmp.Or(s.env.Requires, uvVersion))}, s.pythonVersion()}
	if s.cached() {
		with = append(with, input{"enable-cache", plain("true")}, input{"cache-dependency-glob", text(s.source())},
			input{"ignore-nothing-to-cache", plain("true")})
	} else {
		with = append(with, input{"enable-cache", plain("false")})
	}
	return []step{{name: "Set up uv", uses: &setupUV, with: with}}
}

func uvSync(env installer.Environment) string {
	command := locked("uv sync --locked", "uv sync")(env)
	if !env.Defaults {
		command += " --no-default-groups"
	}
	command += each(" --extra ", env.Extras) + each(" --group ", env.Groups)
	if env.Member != "" {
		command += " --package " + env.Member
	}
	return command
}

// each writes a flag in front of each name.
func each(flag string, names []string) string {
	var all strings.Builder
	for _, name := range names {
		all.WriteString(flag + name)
	}
	return all.String()
}

// https://docs.astral.sh/uv/pip/compile/#syncing-an-environment
func (s setup) venv() []step {
	return append(s.uv(), step{name: "Create the environment", run: "uv venv", dir: s.env.Root})
}

// https://github.com/actions/setup-python/blob/main/docs/advanced-usage.md#caching-packages
func (s setup) poetry() []step {
	required := "==" + poetryVersion
	if s.env.Old {
		required = "==" + oldPoetryVersion
	}
	poetry := requirement("poetry", cmp.Or(s.env.Requires, required))
	if s.job.Options.Container != nil {
		// An image has no pipx. With pip, Poetry comes too late for the cache.
		return []step{s.python(""), s.tool("Poetry", poetry)}
	}
	steps := []step{
		{name: "Install Poetry", run: "pipx install " + poetry, dir: "."},
		s.python("poetry"),
	}
	if s.env.Old {
		// Otherwise Poetry takes the Python that it runs on, which is the runner's.
		// https://python-poetry.org/docs/1.8/configuration/#virtualenvsprefer-active-python-experimental
		steps = append(steps, step{name: "Use that Python", run: "poetry env use python", dir: s.env.Root})
	}
	return steps
}

// https://python-poetry.org/docs/cli/#sync
func poetryInstall(env installer.Environment) string {
	command := locked("poetry sync", "poetry install")(env)
	if env.Old && env.Locked {
		command = "poetry install --sync" // later releases know it too
	}
	command += each(" --extras ", env.Extras)
	switch groups := strings.Join(env.Groups, ","); {
	case env.Bare && groups == "":
		return command + " --only-root" // Poetry fails without a group main
	case env.Bare:
		return command + " --only " + groups
	case groups != "":
		return command + " --only main," + groups
	}
	return command + " --only main"
}

// The action installs PDM as pdm[locked], with the packages that it was released
// with. pip alone would take hishel 2, with which 2.29.3 does not start.
// https://pdm-project.org/en/latest/usage/advanced/#use-pdm-in-continuous-integration
// https://github.com/pdm-project/pdm/issues/3724
func (s setup) pdm() []step {
	return []step{{name: "Set up PDM", uses: &setupPDM, with: []input{
		{"version", text(pdmVersion)},
		s.pythonVersion(),
		{"cache", plain("true")},
		{"cache-dependency-path", text(s.source())},
	}}}
}

// Groups are development dependencies to PDM, of which it installs those that are named:
// "--prod is not allowed with dev groups". Extras are groups too.
// https://pdm-project.org/latest/usage/dependency/#select-a-subset-of-dependency-groups-to-install
func pdmInstall(env installer.Environment) string {
	command := locked("pdm sync", "pdm install")(env)
	if len(env.Groups) == 0 {
		command += " --prod"
	}
	return command + each(" -G ", env.Extras) + each(" -G ", env.Groups)
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

// The action creates the environment too.
// https://github.com/mamba-org/setup-micromamba#environment-creation
func (s setup) conda() []step {
	with := []input{
		{"micromamba-version", text(micromambaVersion)},
		{"environment-file", text(s.env.File)},
		{"environment-name", text(installer.CondaName)},
	}
	if version := s.option(); version != "" {
		with = append(with, input{"create-args", text("python" + version)})
	}
	with = append(with, input{"cache-environment", plain("true")}, input{"init-shell", plain("none")})
	return []step{{name: "Install dependencies", uses: &setupMicromamba, with: with}}
}

// https://hatch.pypa.io/latest/install/#pip
func (s setup) hatch() []step {
	return []step{s.python("pip"), s.tool("Hatch", requirement("hatch", "=="+hatchVersion))}
}

// https://pipenv.pypa.io/en/latest/best_practices.html#ci-cd-integration
func (s setup) pipenv() []step {
	return []step{s.python("pipenv"), s.tool("Pipenv", requirement("pipenv", "=="+pipenvVersion))}
}

func (s setup) pip() []step  { return []step{s.python("pip")} }
func (s setup) none() []step { return []step{s.python("")} }

// https://pip.pypa.io/en/stable/topics/secure-installs/#hash-checking-mode
func pipInstall(env installer.Environment) string {
	command := "python -m pip install "
	if env.Hashes {
		command += "--require-hashes "
	}
	return command + env.RequirementFlags() + pipGroups(env)
}

func projectInstall(env installer.Environment) string {
	project := "."
	if len(env.Extras) > 0 {
		project = "'.[" + strings.Join(env.Extras, ",") + "]'"
	}
	return "python -m pip install " + project + pipGroups(env)
}

// pipGroups names groups of the project's pyproject.toml, which need not be in Root.
// https://pip.pypa.io/en/stable/cli/pip_install/#cmdoption-group
func pipGroups(env installer.Environment) string {
	if env.Project == env.Root {
		return each(" --group ", env.Groups)
	}
	folder := strings.TrimPrefix(strings.TrimPrefix(env.Project, env.Root), "/")
	flags := ""
	for _, group := range env.Groups {
		flags += " --group '" + strings.ReplaceAll(folder, "'", `'\''`) + "/pyproject.toml:" + group + "'"
	}
	return flags
}

// tool installs a tool with the Python that it will use for environments.
func (s setup) tool(name, requirement string) step {
	return step{name: "Install " + name, run: "python -m pip install " + requirement, dir: "."}
}

// requirement writes a package and its versions for a shell, in which < and others have
// a special meaning.
func requirement(pkg, versions string) string {
	if strings.ContainsAny(versions, "<>!~*,") {
		return "'" + pkg + versions + "'"
	}
	return pkg + versions
}

// python sets up Python, and the cache of the tool with that name unless it is "".
func (s setup) python(cache string) step {
	python := step{name: "Set up Python", uses: &setupPython, with: []input{s.pythonVersion()}}
	if cache != "" && s.cached() {
		python.with = append(python.with, input{"cache", plain(cache)}, input{"cache-dependency-path", text(s.source())})
	}
	return python
}

// option returns the option python in the notation of whatever sets Python up, "" if it
// is not set. Environments has refused values that have no such form.
func (s setup) option() string {
	version, _ := pythonFor(s.env.Tool, s.job.Options.Python)
	return version
}

// version returns which Python to set up: the option, .python-version, or the range that
// the project or its tool declares. We read them ourselves: setup-python takes the last
// line of .python-version where uv and pyenv take the first, and reads pyproject.toml
// with a parser of TOML 0.5. Without a version it would take any Python on PATH.
// https://github.com/actions/setup-python#basic-usage
func (s setup) version() string {
	if version := s.option(); version != "" {
		return version
	}
	if name := s.env.PythonVersion; name != "" && !strings.ContainsAny(name, "<>=!~^") {
		if version, ok := pythonFor(s.env.Tool, name); ok {
			return version // one version as it is named; declaredFor is for ranges
		}
	}
	declared := []string{s.env.PythonVersion, s.Project.RequiresPython, s.env.Declares}
	if s.env.Tool == installer.UV { // its lock has what all members of a workspace can have
		declared = []string{s.env.PythonVersion, s.env.Declares, s.Project.RequiresPython}
	}
	for _, asked := range declared {
		if version, ok := declaredFor(s.env.Tool, asked); ok {
			return version
		}
	}
	version, _ := pythonFor(s.env.Tool, "3.x")
	return version
}

func (s setup) pythonVersion() input { return input{"python-version", text(s.version())} }

// uncached are the variables that switch off what is cached, or move it.
// Without its folder the action would fail after the job.
// https://github.com/actions/setup-python/issues/815
var uncached = map[string]bool{
	"PIP_NO_CACHE_DIR": true, "UV_NO_CACHE": true,
	"PIPENV_VENV_IN_PROJECT": true, "WORKON_HOME": true, "POETRY_VIRTUALENVS_CREATE": true,
}

// cached reports whether the steps find something to cache.
func (s setup) cached() bool {
	return !s.env.Empty && !slices.ContainsFunc(s.job.Options.Env, func(v pyproject.Pair) bool { return uncached[v.Name] })
}

// source returns the pattern of the file on which a cache depends.
func (s setup) source() string {
	files := globOf(cmp.Or(s.env.File, path.Join(s.env.Root, "pyproject.toml")))
	for _, file := range s.env.More {
		files += "\n" + globOf(file)
	}
	return files
}

// globOf returns the pattern that matches one path only. "Wrapping special
// characters in [] can be used to escape literal glob characters in a file name",
// and a pattern that begins with ! or # is not a path.
// https://github.com/actions/toolkit/tree/main/packages/glob#patterns
func globOf(file string) string {
	if strings.ContainsAny(file[:1], "!#~ ") {
		file = "./" + file
	}
	return globSpecial.Replace(file)
}

var globSpecial = strings.NewReplacer("[", "[[]", "*", "[*]", "?", "[?]", `\`, `\\`)
