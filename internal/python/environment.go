package python

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
)

// Tool is what installs the packages of a project: a value of the option
// installer.
type Tool string

// The tools, by the names that the option installer has for them.
const (
	UV      Tool = "uv"
	Poetry  Tool = "poetry"
	PDM     Tool = "pdm"
	Pixi    Tool = "pixi"
	Hatch   Tool = "hatch"
	Pipenv  Tool = "pipenv"
	Pylock  Tool = "pylock" // uv installs what a pylock.toml of any tool lists
	Conda   Tool = "conda"  // as micromamba
	Pip     Tool = "pip"    // installs a file of requirements
	Package Tool = "project"
	None    Tool = "none"
)

// CondaName is what the environment of Conda is called where a generated workflow
// makes it, whatever its file calls it: a lock has no name.
const CondaName = "scheduled"

// Facts are what the pyproject.toml of a project says about how the project is
// installed.
type Facts struct {
	Installer    string   // option installer; "" to choose
	Tables       []string // tools that have a table of their own, as "uv" has [tool.uv]; of hatch only [tool.hatch.envs] counts
	BuildSystem  bool     // has [build-system], so that pip can install the project
	Dependencies bool     // declares dependencies, in [project] or in [dependency-groups]
	Requires     bool     // [project].dependencies names a package
}

// Environment is how the packages of a project get installed, and why so. All
// paths are relative to the repository's root, with slashes.
type Environment struct {
	Tool   Tool
	Root   string // folder that the tool works in: that of the file, or the project's own
	File   string // lock or other file that the tool installs from; "" for what only pyproject.toml says, and for None
	Why    string // what decided, in words: "services/uv.lock", "option installer", "[tool.poetry]"
	Locked bool   // File pins every package
	Hashes bool   // of Pip: File, or one that it includes, has hashes

	Instead bool // of Pip: File alone counts, though [project].dependencies names packages too

	Member   string // of UV: the project's name within the workspace of Root; "" outside one
	Requires string // of UV and Poetry: the versions of the tool itself that Root asks for, as uv or pip writes them; "" for any
	Old      bool   // of Poetry: File was written by Poetry 1, or Requires lets no other do
	Bare     bool   // of Poetry: Root's pyproject.toml declares no dependencies but those of other groups
	Manifest string // of Pixi: the file that says what Root needs
	Pinned   bool   // of Pipenv: Root's Pipfile names a version of Python

	PythonVersion string // nearest .python-version; "" if there is none
}

// String says what was chosen and why: "uv (uv.lock)".
func (e Environment) String() string {
	lacks := ""
	switch {
	case e.Locked || e.Tool == None:
	case e.Tool == Pip:
		lacks = ", without hashes"
	default:
		lacks = ", not locked"
	}
	if e.Instead {
		lacks += ", instead of [project].dependencies"
	}
	return fmt.Sprintf("%s (%s%s)", e.Tool, e.Why, lacks)
}

// candidate is a file by which a tool is known.
type candidate struct {
	name string
	tool Tool
}

// locks are the files that pin every package.
var locks = []candidate{
	{"uv.lock", UV},
	{"poetry.lock", Poetry},
	{"pdm.lock", PDM},
	{"pixi.lock", Pixi},
	{"Pipfile.lock", Pipenv},
	{"pylock.toml", Pylock},
	{"conda-lock.yml", Conda},
}

// manifests are the files of tools that have no table in pyproject.toml, or can
// do without it. They say which packages a project needs, and not which exactly.
var manifests = []candidate{
	{"Pipfile", Pipenv},
	{"pixi.toml", Pixi},
}

// condaFiles are the names that conda's own documentation has for its files.
var condaFiles = []candidate{
	{"environment.yml", Conda},
	{"environment.yaml", Conda},
}

// Choose says how the project in the folder dir of a repository is installed. In
// this order it goes by the option installer, the lock nearest to the project up
// to the repository's root, the table or file of a tool, the project's
// requirements, [build-system] or the files of setuptools, [project].dependencies,
// and a requirements.txt further up. The error is an *AmbiguousError where two of a
// kind are equally near, a *MissingError where the option names a tool that has
// nothing to install from, or a *LinkError.
func Choose(repo fs.FS, dir string, facts Facts) (Environment, error) {
	c := &chooser{repo: repo, dir: dir, facts: facts}
	env, err := c.choose()
	if err == nil {
		env.PythonVersion, err = c.upward(".python-version")
	}
	if err == nil {
		err = c.read(&env)
	}
	if err != nil {
		return Environment{}, fmt.Errorf("choose the installer: %w", err)
	}
	return env, nil
}

type chooser struct {
	repo  fs.FS
	dir   string
	facts Facts
}

func (c *chooser) choose() (Environment, error) {
	if c.facts.Installer != "" {
		return c.wanted(Tool(c.facts.Installer))
	}
	for _, by := range []func() (Environment, error){
		c.byLock, c.byTable, c.byManifest, c.byRequirements, c.byCondaFile, c.byBuild, c.byDependencies, c.byRequirementsAbove,
	} {
		if env, err := by(); env.Tool != "" || err != nil {
			return env, err
		}
	}
	return Environment{Tool: None, Root: c.dir, Why: "nothing to install"}, nil
}

// folders returns the project's folder and those above it, nearest first.
func (c *chooser) folders() []string {
	folders := []string{c.dir}
	for dir := c.dir; dir != "."; {
		dir = path.Dir(dir)
		folders = append(folders, dir)
	}
	return folders
}

// has reports whether there is a file of that path, which may be a symbolic
// link to one within the repository.
func (c *chooser) has(name string) (bool, error) {
	info, err := fs.Stat(c.repo, name)
	if err != nil && leadsOut(c.repo, name) {
		return false, &LinkError{name}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && info.Mode().IsRegular(), err
}

// leadsOut reports whether there is a symbolic link of that path to something
// outside the repository.
func leadsOut(repo fs.FS, name string) bool {
	target, err := fs.ReadLink(repo, name)
	return err == nil && (filepath.IsAbs(target) || !filepath.IsLocal(filepath.Join(path.Dir(name), target)))
}

// upward returns the path of the nearest file of that name, or "".
func (c *chooser) upward(name string) (string, error) {
	for _, folder := range c.folders() {
		file := path.Join(folder, name)
		if found, err := c.has(file); found || err != nil {
			return file, err
		}
	}
	return "", nil
}

// among returns the one candidate that is in a folder. Two of them are an error.
func (c *chooser) among(folder string, candidates []candidate) (Environment, error) {
	var env Environment
	var double AmbiguousError
	for _, candidate := range candidates {
		file := path.Join(folder, candidate.name)
		found, err := c.has(file)
		if err != nil {
			return Environment{}, err
		}
		if found {
			env = Environment{Tool: candidate.tool, Root: folder, File: file, Why: file}
			double.Found, double.Tools = append(double.Found, file), append(double.Tools, candidate.tool)
		}
	}
	if len(double.Found) > 1 {
		return Environment{}, &double
	}
	return env, nil
}

func (c *chooser) byLock() (Environment, error) {
	for _, folder := range c.folders() {
		env, err := c.among(folder, locks)
		if err != nil {
			return env, err
		}
		if env.Tool != "" {
			env.Locked = true
			if ours, err := c.serves(&env); ours || err != nil {
				return env, err
			}
		}
	}
	return Environment{}, nil
}

func (c *chooser) byTable() (Environment, error) {
	var double AmbiguousError
	for _, table := range c.facts.Tables {
		header := "[tool." + table + "]"
		if Tool(table) == Hatch {
			header = "[tool.hatch.envs]"
		}
		double.Found, double.Tools = append(double.Found, header), append(double.Tools, Tool(table))
	}
	switch len(double.Tools) {
	case 0:
		return Environment{}, nil
	case 1:
		return Environment{Tool: double.Tools[0], Root: c.dir, Why: double.Found[0]}, nil
	}
	return Environment{}, &double
}

func (c *chooser) byManifest() (Environment, error)  { return c.among(c.dir, manifests) }
func (c *chooser) byCondaFile() (Environment, error) { return c.among(c.dir, condaFiles) }

// byRequirements finds the project's file of requirements: requirements.txt, or
// the only other one that is not for development.
func (c *chooser) byRequirements() (Environment, error) {
	files, err := c.requirements(c.dir)
	switch {
	case err != nil || len(files) == 0:
		return Environment{}, err
	case len(files) > 1:
		return Environment{}, &AmbiguousError{Found: files, Tools: slices.Repeat([]Tool{Pip}, len(files))}
	}
	return Environment{Tool: Pip, Root: c.dir, File: files[0], Why: files[0]}, nil
}

// byBuild finds what makes the project one that pip can install.
func (c *chooser) byBuild() (Environment, error) {
	if c.facts.BuildSystem {
		return Environment{Tool: Package, Root: c.dir, Why: "[build-system]"}, nil
	}
	return c.byLegacyFile()
}

// byDependencies has uv install what the project depends on. pip would build the
// project in a way that nobody asked for, and could not build one with several
// packages.
func (c *chooser) byDependencies() (Environment, error) {
	if !c.facts.Dependencies {
		return Environment{}, nil
	}
	return Environment{Tool: UV, Root: c.dir, Why: "[project].dependencies"}, nil
}

// byRequirementsAbove finds the requirements that a project which says nothing
// itself shares with others.
func (c *chooser) byRequirementsAbove() (Environment, error) {
	file, err := c.upward("requirements.txt")
	if file == "" || err != nil {
		return Environment{}, err
	}
	return Environment{Tool: Pip, Root: path.Dir(file), File: file, Why: file}, nil
}

// needs are the files without which a tool has nothing to install from.
var needs = map[Tool]string{Pip: "requirements.txt", Conda: "environment.yml or conda-lock.yml", Pylock: "pylock.toml"}

// wanted is the choice of the option installer: that tool, with the nearest of
// its files.
func (c *chooser) wanted(tool Tool) (Environment, error) {
	const why = "option installer"
	for _, folder := range c.folders() {
		at := &chooser{c.repo, folder, c.facts}
		env, err := at.byRequirements()
		if tool != Pip {
			env, err = c.own(tool, folder)
		}
		if err != nil {
			return Environment{}, err
		}
		if env.Tool != "" {
			env.Why = why + ", " + env.File
			return env, nil
		}
	}
	if needs[tool] != "" {
		return Environment{}, &MissingError{tool, needs[tool]}
	}
	return Environment{Tool: tool, Root: c.dir, Why: why}, nil
}

// own returns the environment that a tool makes of its own file in a folder: of
// its lock, if there is one that serves the project.
func (c *chooser) own(tool Tool, folder string) (Environment, error) {
	for _, kind := range [][]candidate{locks, manifests, condaFiles} {
		others := func(c candidate) bool { return c.tool != tool }
		env, err := c.among(folder, slices.DeleteFunc(slices.Clone(kind), others))
		if err != nil {
			return env, err
		}
		if env.Tool == "" {
			continue
		}
		env.Locked = slices.Contains(locks, candidate{path.Base(env.File), tool})
		if ours, err := c.serves(&env); ours || err != nil {
			return env, err
		}
	}
	return Environment{}, nil
}
