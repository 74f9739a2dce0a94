package python

import (
	"regexp"
	"strconv"
	"strings"
)

// uvVersions matches what uv takes for versions of itself.
var uvVersions = regexp.MustCompile(`^[0-9A-Za-z.,<>=!~* +-]+$`)

// uvRequired returns the versions of uv that a file of settings asks for, as
// written, or "".
func uvRequired(text, table string) string {
	required := setting(text, table, "required-version")
	if !uvVersions.MatchString(required) {
		return ""
	}
	return required
}

var (
	poetryClause   = regexp.MustCompile(`(\^|~=?|[<>=!]=|[<>=])?[ \t]*(\d+(?:\.\d+)*)(\.\*)?`)
	poetryVersions = regexp.MustCompile(`^[ \t]*` + poetryClause.String() + `(?:[, \t]+` + poetryClause.String() + `)*[ \t]*$`)
)

// poetryRequired returns the versions of Poetry that a pyproject.toml asks for, as
// pip writes them, or "". Alternatives, which pip cannot write, count as none:
// Poetry itself says so where its version does not fit.
// https://python-poetry.org/docs/dependency-specification/#version-constraints
func poetryRequired(text string) string {
	required := setting(text, "[tool.poetry]", "requires-poetry")
	if !poetryVersions.MatchString(required) {
		return ""
	}
	var clauses []string
	for _, m := range poetryClause.FindAllStringSubmatch(required, -1) {
		operator, version, wild := m[1], m[2], m[3]
		parts := strings.Split(version, ".")
		switch operator {
		case "", "=":
			clauses = append(clauses, "=="+version+wild)
		case "^": // up to the next major version
			major, _ := strconv.Atoi(parts[0])
			clauses = append(clauses, ">="+version, "<"+strconv.Itoa(major+1))
		case "~": // up to the next minor version, if it says one
			clauses = append(clauses, ">="+version, "=="+strings.Join(parts[:min(2, len(parts))], ".")+".*")
		case "==", "!=":
			clauses = append(clauses, operator+version+wild)
		default:
			clauses = append(clauses, operator+version)
		}
	}
	return strings.Join(clauses, ",")
}

// onlyPoetry1 matches versions of Poetry, as poetryRequired returns them, before 2.
var onlyPoetry1 = regexp.MustCompile(`(?:^|,)(?:==1(?:\.|$)|<=1(?:\.|$)|<2(?:\.0)*(?:,|$)|<1\.)`)

// setting returns the string that a key has in a table of a file of settings, or
// "". The header of the table tells it from those that other tools have of that name.
func setting(text, table, key string) string {
	value := regexp.MustCompile(`^` + key + `[ \t]*=[ \t]*(?:"([^"\\]*)"|'([^']*)')`)
	at := ""
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "[") {
			at, _, _ = strings.Cut(line, "#")
			at = strings.TrimSpace(at)
		}
		if m := value.FindStringSubmatch(line); m != nil && at == table {
			return m[1] + m[2]
		}
	}
	return ""
}
