package installer

import (
	"cmp"
	"fmt"
	"path"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// This file finds out which Python a project asks for in the files of its tools. No other
// program reads them for that: they disagree on which line counts, and on TOML.

var (
	pythonName = pattern.New(`^(?:c?python[-@]?)?(\d+(?:\.\d+){0,2})(?:[-.]?(a|b|c|rc|alpha|beta)\.?(\d+))?(t?(?:-dev)?)(?:[-+/].*)?$`)
	pypyName   = pattern.New(`^pypy-?(\d+\.\d+)(?:[-+/].*)?$`)
	rangeLine  = pattern.New(`^[<>=!~^][0-9.*,<>=!~^ ]*\d[0-9.*,<>=!~^ ]*$`)
)

// preReleases are other words for the letters of a pre-release.
// https://packaging.python.org/en/latest/specifications/version-specifiers/#pre-release-spelling
var preReleases = map[string]string{"alpha": "a", "beta": "b", "c": "rc"}

// readPython reads the nearest .python-version: the first line that names a version or a
// range. pyenv also takes the names of its own environments, which no other machine has.
func (c *chooser) readPython(env *Environment) error {
	file, err := c.upward(".python-version")
	if err != nil {
		return err
	}
	text, err := c.text(file)
	env.PythonFile = file
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		line, _, _ = strings.Cut(line, "#")
		for _, name := range namesIn(line) {
			if version := pythonNamed(name); version != "" {
				env.PythonVersion = version
				return err
			}
			env.Skipped = append(env.Skipped, name)
		}
	}
	return err
}

// namesIn returns what a line of .python-version names: one range, or several versions.
func namesIn(line string) []string {
	if line = strings.TrimSpace(line); rangeLine.MatchString(line) {
		return []string{line}
	}
	return strings.Fields(line)
}

// pythonNamed returns a version or range in the notation of the option python, "" for
// any other name.
func pythonNamed(name string) string {
	if m := pythonName.FindStringSubmatch(name); m != nil {
		return m[1] + cmp.Or(preReleases[m[2]], m[2]) + m[3] + m[4]
	}
	if m := pypyName.FindStringSubmatch(name); m != nil {
		return "pypy" + m[1]
	}
	if rangeLine.MatchString(name) {
		return name
	}
	return ""
}

// declaredPython returns the range of Python that a tool's own file in env.Root declares,
// as written; "" without one.
func (c *chooser) declaredPython(env *Environment) (string, error) {
	file := path.Join(env.Root, "pyproject.toml")
	switch env.Tool {
	case UV:
		file = ""
		if env.Locked {
			file = env.File
		}
	case Pipenv:
		file = path.Join(env.Root, "Pipfile")
	case Poetry, PDM:
	default:
		return "", nil
	}
	text, err := c.text(file)
	for _, s := range []struct{ table, key string }{
		{"", "requires-python"}, // of uv.lock: what all members of the workspace can have
		{"[project]", "requires-python"},
		{"[tool.poetry.dependencies]", "python"},
		{"[requires]", "python_full_version"},
		{"[requires]", "python_version"},
	} {
		if value := setting(text, s.table, s.key); value != "" {
			return value, err
		}
	}
	return "", err
}

// Remarks says which file was chosen among several, and what in the nearest
// .python-version does not count.
func (e Environment) Remarks() []string {
	var remarks []string
	if len(e.Others) > 0 {
		remarks = append(remarks, fmt.Sprintf("%s is installed, and %s beside it is not: if the jobs need that too, set requirements = [%q, %q]",
			e.File, strings.Join(e.Others, ", "), path.Base(e.File), path.Base(e.Others[0])))
	}
	if len(e.Skipped) > 0 {
		instead := "the range that the project declares counts, or else the newest version"
		if e.PythonVersion != "" {
			instead = fmt.Sprintf("%q counts", e.PythonVersion)
		}
		remarks = append(remarks, fmt.Sprintf("%s contains %q, which is not a version of Python that can be set up on GitHub: %s", e.PythonFile, e.Skipped[0], instead))
	}
	return remarks
}
