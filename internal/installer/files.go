package installer

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// This file reads single lines of the tools' files instead of whole formats: the
// tools write these lines themselves, always in the same form.

// serves reports whether a lock is for this project. The lock of a uv workspace
// names its projects, and uv installs no others from it.
func (c *chooser) serves(env *Environment) (bool, error) {
	if env.Tool != UV || env.Root == c.dir {
		return true, nil
	}
	lock, err := c.text(env.File)
	if err != nil {
		return false, err
	}
	folder := c.dir
	if env.Root != "." {
		folder = strings.TrimPrefix(c.dir, env.Root+"/")
	}
	env.Member = member(lock, folder)
	return env.Member != "" || !c.facts.Dependencies && !c.facts.BuildSystem, nil
}

// memberName is a normalised name, without special meaning in a shell.
// https://packaging.python.org/en/latest/specifications/name-normalization/
var memberName = pattern.New(`^[a-z0-9]+(?:-[a-z0-9]+)*$`)

// inWorkspace are the kinds of sources that are projects of the repository.
var inWorkspace = []string{"editable", "virtual", "directory"}

// member returns the name of the workspace member in a folder, or "".
func member(lock, folder string) string {
	name := ""
	for line := range strings.Lines(lock) {
		line = strings.TrimSpace(line)
		if value, found := strings.CutPrefix(line, "name = "); found {
			name = strings.Trim(value, `"`)
		}
		source, found := strings.CutPrefix(line, "source = { ")
		if !found || !strings.HasSuffix(source, ` = "`+folder+`" }`) || !memberName.MatchString(name) {
			continue
		}
		if kind, _, _ := strings.Cut(source, " "); slices.Contains(inWorkspace, kind) {
			return name
		}
	}
	return ""
}

var (
	oldPoetry   = pattern.New(`(?m)^lock-version = "1\.|^lock-version = "2\.0"|^# .* by Poetry 1\.`)
	otherGroups = pattern.New(`(?m)#.*|^\[tool\.poetry\.group\..*`)
	requirement = pattern.New(`(?m)^[ \t]*(?:[^-\s#]|-e|--editable)`)
	hash        = pattern.New(`(?m)^[^#\n]*--hash[= ]`)
	includes    = pattern.New(`(?m)^[ \t]*(?:-r[ \t=]*|--requirement[ \t=]+)([^\s#]+)`)
	setuptools  = pattern.New(`(?m)^\[(?:metadata|options)\]`)
)

// read completes an environment with the contents of the files in its root.
func (c *chooser) read(env *Environment) error {
	switch env.Tool {
	case UV, Pylock:
		return c.readUV(env)
	case Poetry:
		return c.readPoetry(env)
	case Pixi:
		env.Manifest = path.Join(env.Root, "pixi.toml")
		found, err := c.has(env.Manifest)
		if !found {
			env.Manifest = path.Join(env.Root, "pyproject.toml")
		}
		return err
	case Pip:
		return c.readPip(env)
	}
	return nil
}

// readPip looks for hashes, in the file and in those that it includes: if one
// package has a hash, pip requires hashes for all of them.
// https://pip.pypa.io/en/stable/topics/secure-installs/#hash-checking-mode
func (c *chooser) readPip(env *Environment) error {
	env.Instead = c.facts.Requires
	env.Empty = true
	files := append([]string{env.File}, env.More...)
	for i := 0; i < len(files) && !env.Hashes; i++ {
		requirements, err := c.text(files[i])
		if err != nil {
			return err
		}
		env.Hashes = hash.MatchString(requirements)
		env.Empty = env.Empty && !requirement.MatchString(requirements)
		for _, m := range includes.FindAllStringSubmatch(requirements, -1) {
			file := path.Join(path.Dir(files[i]), m[1])
			if !path.IsAbs(m[1]) && fs.ValidPath(file) && !slices.Contains(files, file) {
				files = append(files, file)
			}
		}
	}
	env.Locked = env.Hashes
	env.Others = slices.DeleteFunc(slices.Clone(env.Others), func(file string) bool { return slices.Contains(files, file) })
	return nil
}

// readPoetry finds the generation of the lock, the versions of Poetry that the
// project asks for, and whether there is a group main.
func (c *chooser) readPoetry(env *Environment) error {
	lock, err := c.text(env.File)
	if err != nil {
		return err
	}
	project, err := c.text(path.Join(env.Root, "pyproject.toml"))
	env.Requires = poetryRequired(project)
	env.Old = oldPoetry.MatchString(lock) || onlyPoetry1.MatchString(env.Requires)
	env.Bare = project != "" && !strings.Contains(otherGroups.ReplaceAllString(project, ""), "dependencies")
	return err
}

// readUV finds the versions of uv itself that the project asks for. A uv.toml
// replaces [tool.uv].
// https://docs.astral.sh/uv/concepts/configuration-files/
func (c *chooser) readUV(env *Environment) error {
	for _, settings := range []struct{ file, table string }{{"uv.toml", ""}, {"pyproject.toml", "[tool.uv]"}} {
		text, err := c.text(path.Join(env.Root, settings.file))
		if text != "" || err != nil {
			env.Requires = uvRequired(text, settings.table)
			return err
		}
	}
	return nil
}

// largest is the size of a file in bytes up to which GitHub accepts it.
// https://docs.github.com/en/repositories/working-with-files/managing-large-files/about-large-files-on-github
const largest = 100 << 20

// text returns the content of a file, "" if there is none or its name is "".
func (c *chooser) text(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	if text, known := c.texts[file]; known {
		return text, nil
	}
	info, err := c.stat(file)
	if info == nil || err != nil {
		return "", err
	}
	if info.Size() > largest {
		return "", fmt.Errorf("%s is larger than 100 MiB, which GitHub does not accept", file)
	}
	content, err := fs.ReadFile(c.repo, file)
	if err == nil {
		c.texts[file] = string(content)
	}
	return string(content), err
}

// requirements returns the requirements files in a folder that are not for development,
// with requirements.txt first.
func (c *chooser) requirements(folder string) ([]string, error) {
	entries, err := fs.ReadDir(c.repo, folder)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, entry := range entries {
		name := entry.Name()
		switch {
		case !requirementsName.MatchString(name) || entry.IsDir():
		case name == "requirements.txt":
			files = append([]string{path.Join(folder, name)}, files...)
		case !forDevelopment(name):
			files = append(files, path.Join(folder, name))
		}
	}
	return files, nil
}

// requirementsName leaves out names with a special meaning in a shell.
var requirementsName = pattern.New(`^requirements[A-Za-z0-9._-]*\.txt$`)

// notForJobs are words in the names of files that only developers need.
var notForJobs = []string{"dev", "develop", "development", "test", "tests", "testing", "doc", "docs", "lint", "ci", "build", "optional"}

func forDevelopment(name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' })
	return slices.ContainsFunc(words, func(word string) bool { return slices.Contains(notForJobs, word) })
}
