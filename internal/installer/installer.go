// Package installer says which tool installs a project's packages, by the project's
// files alone: it starts nothing.
package installer

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// Tool installs the packages of a project: a value of the option installer.
type Tool string

// The tools, by their names in the option installer.
const (
	UV      Tool = "uv"
	Poetry  Tool = "poetry"
	PDM     Tool = "pdm"
	Pixi    Tool = "pixi"
	Hatch   Tool = "hatch"
	Pipenv  Tool = "pipenv"
	Pylock  Tool = "pylock" // uv installs from a pylock.toml, whatever tool wrote it
	Conda   Tool = "conda"  // as micromamba
	Pip     Tool = "pip"    // installs from a requirements file
	Package Tool = "project"
	None    Tool = "none"
)

// CondaName is the name of the conda environment that a generated workflow makes,
// whatever name its file has: a lock has none.
const CondaName = "scheduled"

// Facts are what a project's pyproject.toml says about its installation.
type Facts struct {
	Installer    string   // option installer; "" to choose
	Tables       []string // tools with a table of their own, as "uv" for [tool.uv]; hatch only for [tool.hatch.envs]
	BuildSystem  bool     // has [build-system], so that pip can install the project
	Dependencies bool     // declares dependencies, in [project] or in [dependency-groups]
	Requires     bool     // [project].dependencies names a package
	Defaults     bool     // [tool.uv] has default-groups
	Requirements []string // option requirements, from the repository's root
	Extras       []string // option extras
	Groups       []string // option dependency-groups
}

// Environment says which tool installs a project's packages, from which file, and
// why. All paths are relative to the repository's root, with slashes.
type Environment struct {
	Tool   Tool
	Root   string // folder that the tool works in: that of File, or the project's own
	File   string // lock or other file that the tool installs from; "" if only pyproject.toml says what to install, and for None
	Why    string // the reason in words: "services/uv.lock", "option installer", "[tool.poetry]"
	Locked bool   // File pins every package
	Hashes bool   // of Pip: File, or a file that it includes, has hashes

	More     []string // of Pip: further files to install from, beside File
	Extras   []string // of the project, to install too
	Groups   []string // dependency groups to install too
	Project  string   // the folder of the project, which declares Groups; "" without them
	Defaults bool     // of UV: the project says itself which groups are installed

	Instead bool // of Pip: only File counts, although [project].dependencies names packages too

	Member   string   // of UV: the project's name in the workspace of Root; "" outside a workspace
	Requires string   // of UV and Poetry: the versions of the tool itself that Root asks for, as uv or pip writes them; "" for any
	Old      bool     // of Poetry: File was written by Poetry 1, or Requires allows no other
	Bare     bool     // of Poetry: Root's pyproject.toml declares no dependencies except those of other groups
	Manifest string   // of Pixi: the file that lists what Root needs
	Declares string   // of UV, Poetry, PDM and Pipenv: the range of Python that their file in Root declares, as written; "" without one
	Others   []string // of Pip: further requirements files beside File, which it does not include
	Empty    bool     // of Pip: File names no package

	PythonFile    string   // nearest .python-version; "" if there is none
	PythonVersion string   // what counts in it, as the option python has it; "" if nothing does
	Skipped       []string // names in it before that which are no versions
}

// installs are the commands with which a developer installs a project's packages.
var installs = map[Tool]string{
	UV:      "uv sync",
	Poetry:  "poetry install",
	PDM:     "pdm install",
	Pixi:    "pixi install",
	Hatch:   "hatch env create",
	Pipenv:  "pipenv install",
	Pylock:  "uv pip sync pylock.toml",
	Conda:   "micromamba create -n " + CondaName + " -f ",
	Pip:     "pip install -r ",
	Package: "pip install .",
}

// Install returns the command with which a developer installs the packages in Root; ""
// if there are none.
func (e Environment) Install() string {
	command := installs[e.Tool]
	if e.Tool == Pip {
		return "pip install " + e.RequirementFlags()
	}
	if strings.HasSuffix(command, " ") {
		command += path.Base(e.File)
	}
	return command
}

// RequirementFlags returns the requirements files as pip takes them in Root.
func (e Environment) RequirementFlags() string {
	var flags []string
	for _, file := range append([]string{e.File}, e.More...) {
		relative, err := filepath.Rel(filepath.FromSlash(e.Root), filepath.FromSlash(file))
		if err != nil {
			relative = file // both are relative to one folder
		}
		flags = append(flags, "-r "+filepath.ToSlash(relative))
	}
	return strings.Join(flags, " ")
}

// String returns the tool and the reason: "uv (uv.lock)".
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
