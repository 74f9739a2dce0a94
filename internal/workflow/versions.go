package workflow

import (
	"slices"
	"strconv"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// This file translates the option python, a version or a range in the notation of npm
// or pip, and what projects declare, for whatever sets Python up.

// pythonFor returns the option in the notation of a tool's set-up, or false if it has
// no such form.
func pythonFor(tool installer.Tool, version string) (string, bool) {
	switch tool {
	case installer.UV, installer.Pylock:
		return uvPython(version)
	case installer.Conda:
		return condaPython(version)
	}
	return semverPython(version)
}

var (
	lineForm  = pattern.New(`^(\d+(?:\.\d+)*)(?:\.[xX*])*$`)
	uvForm    = pattern.New(`^(?:\d+(?:\.\d+)+(?:t|(?:a|b|rc)\d+)|graalpy\d+(?:\.\d+)*)$`)
	pypyForm  = pattern.New(`^pypy-?(\d+(?:\.\d+)*)$`)
	spanForm  = pattern.New(`^(\d+(?:\.\d+)*) +- +(\d+(?:\.\d+)*)$`)
	boundForm = pattern.New(`^(>=|<=|!=|~=|==|>|<|~|\^)(\d+(?:\.\d+)*)$`)
	operator  = pattern.New(`([<>=!~^]) +`)
)

var (
	specifiers  = pattern.New(`^[0-9a-z.*,<>=!~ ]*[<>=!~][0-9a-z.*,<>=!~ ]*$`)
	preRelease  = pattern.New(`[-_.]?(?:a|b|c|rc|alpha|beta|pre|post|dev)[-_.]?\d*$`)
	anyPatch    = pattern.New(`^={2,3}(\d+(?:\.\d+)*)\.\*$`)
	exactlyForm = pattern.New(`^===`)
	clauseForm  = pattern.New(`^(?:(?:>=|<=|~=|==|>|<|~|\^)?\d+(?:\.\d+)*t?(?:\.\*)?|\*)$`)
)

// declaredFor returns a range that a project declares for its packages, in the notation
// of a tool's set-up, or false if it has none. uv knows all of them. For others, versions
// that are left out are in: the newest of a range is set up, and those are old.
// https://packaging.python.org/en/latest/specifications/version-specifiers/
func declaredFor(tool installer.Tool, version string) (string, bool) {
	if (tool == installer.UV || tool == installer.Pylock) && specifiers.MatchString(version) {
		return strings.ReplaceAll(version, " ", ""), true
	}
	alternatives := strings.Split(operator.ReplaceAllString(version, "$1"), "||")
	for i, alternative := range alternatives {
		var kept []string
		for _, part := range strings.FieldsFunc(alternative, func(r rune) bool { return r == ',' || r == ' ' }) {
			part = exactlyForm.ReplaceAllString(preRelease.ReplaceAllString(part, ""), "==")
			if m := anyPatch.FindStringSubmatch(part); m != nil {
				kept = append(kept, ">="+m[1], "<"+after(m[1], strings.Count(m[1], ".")+1))
			} else if clauseForm.MatchString(part) {
				kept = append(kept, part)
			} else if !strings.HasPrefix(part, "!=") {
				return "", false
			}
		}
		if len(kept) == 0 {
			return "", false
		}
		alternatives[i] = strings.Join(kept, ",")
	}
	return pythonFor(tool, strings.Join(alternatives, "||"))
}

// https://docs.astral.sh/uv/concepts/python-versions/#requesting-a-version
func uvPython(version string) (string, bool) {
	if m := lineForm.FindStringSubmatch(version); m != nil {
		return m[1], true // uv knows no 3.x
	}
	if m := pypyForm.FindStringSubmatch(version); m != nil {
		return "pypy" + m[1], true
	}
	all, ok := bounds(version)
	if !ok {
		return version, uvForm.MatchString(version)
	}
	return strings.Join(all, ","), true
}

// condaPython returns what follows the name of the package. That is CPython.
// https://docs.conda.io/projects/conda/en/stable/user-guide/concepts/pkg-search.html
func condaPython(version string) (string, bool) {
	if m := lineForm.FindStringSubmatch(version); m != nil {
		return "=" + m[1], true
	}
	all, ok := bounds(version)
	return strings.Join(all, ","), ok
}

var (
	word     = pattern.New(`^[A-Za-z-]{2,}$`)             // such as latest, of which npm knows no version
	firstTry = pattern.New(`^(\d+\.\d+)((?:a|b|rc)\d+)$`) // a pre-release without the third number, which npm's versions have
)

// semverPython is for setup-python, which takes npm's ranges and its own names.
// https://github.com/actions/setup-python/blob/main/docs/advanced-usage.md#using-the-python-version-input
func semverPython(version string) (string, bool) {
	if word.MatchString(version) {
		return "", false
	}
	version = firstTry.ReplaceAllString(version, "$1.0$2")
	alternatives := strings.Split(version, "||")
	for i, a := range alternatives {
		alternatives[i] = strings.TrimSpace(a)
		if all, ok := bounds(alternatives[i]); ok {
			alternatives[i] = strings.Join(all, " ")
		}
		if strings.Contains(alternatives[i], ",") || strings.Contains(alternatives[i], "!=") {
			return "", false
		}
	}
	return strings.Join(alternatives, " || "), true
}

// bounds writes a range with the operators that npm, pip and conda share, or returns
// false if it is not a range.
func bounds(version string) (all []string, ok bool) {
	if m := spanForm.FindStringSubmatch(version); m != nil {
		if strings.Count(m[2], ".") > 1 {
			return []string{">=" + m[1], "<=" + m[2]}, true
		}
		return []string{">=" + m[1], "<" + after(m[2], 3)}, true
	}
	tight := operator.ReplaceAllString(version, "$1")
	for _, part := range strings.FieldsFunc(tight, func(r rune) bool { return r == ',' || r == ' ' }) {
		m := boundForm.FindStringSubmatch(part)
		if m == nil {
			return nil, false
		}
		switch low := ">=" + m[2]; m[1] {
		case "^":
			all = append(all, low, "<"+after(m[2], 1))
		case "~":
			all = append(all, low, "<"+after(m[2], 2))
		case "~=":
			all = append(all, low, "<"+after(m[2], strings.Count(m[2], ".")))
		default:
			all = append(all, part)
		}
	}
	return all, len(all) > 0
}

// after returns the first version that does not begin with the first n numbers of
// another, or with all of them if it has fewer: for 3.11.2 and two numbers, 3.12.
func after(version string, n int) string {
	numbers := strings.Split(version, ".")
	numbers = slices.Clip(numbers[:max(1, min(n, len(numbers)))])
	last, _ := strconv.Atoi(numbers[len(numbers)-1])
	numbers[len(numbers)-1] = strconv.Itoa(last + 1)
	return strings.Join(numbers, ".")
}
