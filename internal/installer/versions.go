package installer

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// uvVersions matches versions of uv, as uv's own settings write them.
var uvVersions = pattern.New(`^[0-9A-Za-z.,<>=!~* +-]+$`)

// uvRequired returns the versions of uv that a settings file asks for, as written,
// or "".
func uvRequired(text, table string) string {
	required := setting(text, table, "required-version")
	if !uvVersions.MatchString(required) {
		return ""
	}
	return required
}

const clause = `(\^|~=?|[<>=!]=|[<>=])?[ \t]*(\d+(?:\.\d+)*)(\.\*)?`

var (
	poetryClause   = pattern.New(clause)
	poetryVersions = pattern.New(`^[ \t]*` + clause + `(?:[, \t]+` + clause + `)*[ \t]*$`)
)

// poetryRequired returns the versions of Poetry that a pyproject.toml asks for, in
// pip's notation, or "". Alternatives, for which pip has no notation, are ignored:
// Poetry itself complains if its version does not fit.
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
		case "~": // up to the next minor version, if it has one
			clauses = append(clauses, ">="+version, "=="+strings.Join(parts[:min(2, len(parts))], ".")+".*")
		case "==", "!=":
			clauses = append(clauses, operator+version+wild)
		default:
			clauses = append(clauses, operator+version)
		}
	}
	return strings.Join(clauses, ",")
}

// onlyPoetry1 matches versions of Poetry before 2, as poetryRequired returns them.
var onlyPoetry1 = pattern.New(`(?:^|,)(?:==1(?:\.|$)|<=1(?:\.|$)|<2(?:\.0)*(?:,|$)|<1\.)`)

// setting returns the string of a key in a table of a settings file, or "". Other
// tools may have a key of that name in their own tables.
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
