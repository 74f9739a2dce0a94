package installer

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// sign is a file that shows which tool a project uses.
type sign struct {
	name string
	tool Tool
}

// locks pin every package.
var locks = []sign{
	{"uv.lock", UV},
	{"poetry.lock", Poetry},
	{"pdm.lock", PDM},
	{"pixi.lock", Pixi},
	{"Pipfile.lock", Pipenv},
	{"pylock.toml", Pylock},
	{"conda-lock.yml", Conda},
}

// manifests belong to tools that need no table in pyproject.toml. They name the
// packages that a project needs, but not their exact versions.
var manifests = []sign{
	{"Pipfile", Pipenv},
	{"pixi.toml", Pixi},
}

// condaFiles are the names in conda's own documentation.
var condaFiles = []sign{
	{"environment.yml", Conda},
	{"environment.yaml", Conda},
}

// Choose says how the project in the folder dir of a repository is installed. The
// first of these decides: the option requirements, the option installer, the lock nearest to the project up
// to the repository's root, the table or file of a tool, the project's requirements,
// [build-system] or the files of setuptools, [project].dependencies, and a
// requirements.txt further up. It is an error if two of the same kind are equally
// near, if the tool of the option has nothing to install from, or if a file is a
// symbolic link that leads out of the repository.
func Choose(repo fs.FS, dir string, facts Facts) (Environment, error) {
	c := &chooser{repo: repo, dir: dir, facts: facts, texts: map[string]string{}}
	env, err := c.choose()
	env.Extras, env.Groups, env.Defaults = facts.Extras, facts.Groups, facts.Defaults
	if len(facts.Groups) > 0 {
		env.Project = dir
	}
	if err == nil {
		err = c.readPython(&env)
	}
	if err == nil {
		err = c.read(&env)
	}
	if err == nil {
		env.Declares, err = c.declaredPython(&env)
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
	texts map[string]string // of the files that were read
}

func (c *chooser) choose() (Environment, error) {
	if len(c.facts.Requirements) > 0 {
		return c.byRequirementsOption()
	}
	if c.facts.Installer != "" {
		return c.byOption(Tool(c.facts.Installer))
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

// byRequirementsOption takes the files of the option requirements.
func (c *chooser) byRequirementsOption() (Environment, error) {
	files := c.facts.Requirements
	if tool := Tool(c.facts.Installer); tool != "" && tool != Pip {
		return Environment{}, problem.New(`remove one of them, or write installer = "pip"`,
			"option requirements is for pip, and option installer is %q", tool)
	}
	for _, file := range files {
		if found, err := c.has(file); err != nil {
			return Environment{}, err
		} else if !found {
			return Environment{}, problem.New("write the path of a file in the repository, relative to the project's folder",
				"option requirements names %s, which is not there", file)
		}
	}
	return Environment{Tool: Pip, Root: c.dir, File: files[0], More: files[1:], Why: "option requirements, " + strings.Join(files, ", ")}, nil
}

// needs are the files without which a tool has nothing to install from.
var needs = map[Tool]string{Pip: "requirements.txt", Conda: "environment.yml or conda-lock.yml", Pylock: "pylock.toml"}

// byOption takes the tool of the option installer, with the nearest of its files.
func (c *chooser) byOption(tool Tool) (Environment, error) {
	const why = "option installer"
	for _, folder := range c.folders() {
		at := &chooser{c.repo, folder, c.facts, c.texts}
		env, err := at.byRequirements()
		if tool != Pip {
			env, err = c.byOwnFile(tool, folder)
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
		return Environment{}, problem.New("commit the file, or remove the option: then the files in the repository decide",
			"option installer is %q, and there is no %s from the project up to the repository's root", tool, needs[tool])
	}
	return Environment{Tool: tool, Root: c.dir, Why: why}, nil
}

// byOwnFile finds a tool's own file in a folder: its lock, if there is one that
// serves the project.
func (c *chooser) byOwnFile(tool Tool, folder string) (Environment, error) {
	for _, kind := range [][]sign{locks, manifests, condaFiles} {
		ofOthers := func(s sign) bool { return s.tool != tool }
		env, err := c.among(folder, slices.DeleteFunc(slices.Clone(kind), ofOthers))
		if err != nil {
			return env, err
		}
		if env.Tool == "" {
			continue
		}
		env.Locked = slices.Contains(locks, sign{path.Base(env.File), tool})
		if ours, err := c.serves(&env); ours || err != nil {
			return env, err
		}
	}
	return Environment{}, nil
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
	var found []string
	var tools []Tool
	for _, name := range c.facts.Tables {
		header := "[tool." + name + "]"
		if Tool(name) == Hatch {
			header = "[tool.hatch.envs]"
		}
		found, tools = append(found, header), append(tools, Tool(name))
	}
	switch len(tools) {
	case 0:
		return Environment{}, nil
	case 1:
		return Environment{Tool: tools[0], Root: c.dir, Why: found[0]}, nil
	}
	return Environment{}, ambiguous(found, tools)
}

func (c *chooser) byManifest() (Environment, error)  { return c.among(c.dir, manifests) }
func (c *chooser) byCondaFile() (Environment, error) { return c.among(c.dir, condaFiles) }

// byRequirements finds the project's requirements file: requirements.txt, or the
// only other one that is not for development.
func (c *chooser) byRequirements() (Environment, error) {
	files, err := c.requirements(c.dir)
	switch {
	case err != nil || len(files) == 0:
		return Environment{}, err
	case len(files) > 1 && path.Base(files[0]) != "requirements.txt":
		return Environment{}, ambiguous(files, []Tool{Pip})
	}
	return Environment{Tool: Pip, Root: c.dir, File: files[0], Why: files[0], Others: files[1:]}, nil
}

// byBuild finds out whether pip can install the project itself.
func (c *chooser) byBuild() (Environment, error) {
	if c.facts.BuildSystem {
		return Environment{Tool: Package, Root: c.dir, Why: "[build-system]"}, nil
	}
	return c.byLegacyFile()
}

// byLegacyFile finds the file by which setuptools knows a project. "If the
// pyproject.toml file is absent, or the build-backend key is missing […] tools
// should revert to the legacy behaviour of running setup.py", and pip lets
// setuptools build a project that only has a setup.cfg. Many hold only settings of
// other tools.
// https://peps.python.org/pep-0517/#source-trees
func (c *chooser) byLegacyFile() (Environment, error) {
	setup, config := path.Join(c.dir, "setup.py"), path.Join(c.dir, "setup.cfg")
	if found, err := c.has(setup); found || err != nil {
		return Environment{Tool: Package, Root: c.dir, File: setup, Why: setup}, err
	}
	if text, err := c.text(config); err != nil || setuptools.MatchString(text) {
		return Environment{Tool: Package, Root: c.dir, File: config, Why: config}, err
	}
	return Environment{}, nil
}

// byDependencies lets uv install the project's dependencies. pip would guess how to
// build the project, and cannot build one with several packages.
func (c *chooser) byDependencies() (Environment, error) {
	if !c.facts.Dependencies {
		return Environment{}, nil
	}
	return Environment{Tool: UV, Root: c.dir, Why: "[project].dependencies"}, nil
}

// byRequirementsAbove finds the requirements that a project shares with others, if
// it declares none itself.
func (c *chooser) byRequirementsAbove() (Environment, error) {
	file, err := c.upward("requirements.txt")
	if file == "" || err != nil {
		return Environment{}, err
	}
	return Environment{Tool: Pip, Root: path.Dir(file), File: file, Why: file}, nil
}

// among finds the one of these files that is in a folder. Two of them are an error.
func (c *chooser) among(folder string, signs []sign) (Environment, error) {
	var env Environment
	var found []string
	var tools []Tool
	for _, sign := range signs {
		file := path.Join(folder, sign.name)
		there, err := c.has(file)
		if err != nil {
			return Environment{}, err
		}
		if there {
			env = Environment{Tool: sign.tool, Root: folder, File: file, Why: file}
			found, tools = append(found, file), append(tools, sign.tool)
		}
	}
	if len(found) > 1 {
		return Environment{}, ambiguous(found, tools)
	}
	return env, nil
}

// ambiguous says that several files or tables are equally good reasons to choose
// these tools.
func ambiguous(found []string, tools []Tool) error {
	var options []string
	for _, tool := range slices.Compact(slices.Clone(tools)) {
		options = append(options, fmt.Sprintf("installer = %q", tool))
	}
	hint := "write " + strings.Join(options, " or ") + " in [tool.scheduled-actions], or delete what is not in use"
	if len(options) == 1 {
		hint = "keep one of them"
		if tools[0] == Pip {
			hint = "name what to install from with the option requirements, or rename the right one to requirements.txt"
		}
	}
	return problem.New(hint, "%s are there, but only one can be used", strings.Join(found, " and "))
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

// upward returns the path of the nearest file with that name, or "".
func (c *chooser) upward(name string) (string, error) {
	for _, folder := range c.folders() {
		file := path.Join(folder, name)
		if found, err := c.has(file); found || err != nil {
			return file, err
		}
	}
	return "", nil
}

// has reports whether there is such a file, which may be a symbolic link to another
// file in the repository.
func (c *chooser) has(file string) (bool, error) {
	info, err := c.stat(file)
	return info != nil, err
}

// stat describes a file, nil if there is none.
func (c *chooser) stat(file string) (fs.FileInfo, error) {
	info, err := fs.Stat(c.repo, file)
	switch {
	case err == nil && info.Mode().IsRegular():
		return info, nil
	case err != nil && leadsOut(c.repo, file):
		return nil, problem.New("commit the file itself, or delete the link: a checkout contains only the repository",
			"%s is a symbolic link that leads out of the repository", file)
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	}
	return nil, err
}

// leadsOut reports whether a file is a symbolic link to something outside the
// repository.
func leadsOut(repo fs.FS, file string) bool {
	target, err := fs.ReadLink(repo, file)
	return err == nil && (filepath.IsAbs(target) || !filepath.IsLocal(filepath.Join(path.Dir(file), target)))
}
