package migrate

import (
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// powershell reports whether lines are for PowerShell, as on Windows without a shell.
func powershell(text string) bool {
	for line := range strings.Lines(text) {
		first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		verb, noun, ok := strings.Cut(first, "-")
		if ok && noun != "" && verb != "" && strings.Contains("|New|Get|Set|Remove|Write|Copy|Invoke|Start|Test|Move|Add|Out|Select|", "|"+verb+"|") || strings.HasPrefix(first, "$env:") || strings.HasPrefix(first, "$") && strings.Contains(line, " = ") {
			return true
		}
	}
	return false
}

var (
	psGit   = pattern.New(`\bgit (?:config|add|commit|push|pull)\b[^;}|\n]*`)
	psFlow  = pattern.New(`^(?:\$\w+ = git |if \(|\}|git |else|#|Write-)`)
	psMkdir = pattern.New(`^New-Item (?:-Force |-ItemType Directory |-Path )+([\w./-]+)(?: -Force| -ItemType Directory)*(?: \| Out-Null)?$`)
)

// fromPowershell returns lines for bash that do the same as simple ones for PowerShell:
// those that only commit and push, call programs, or make folders.
func fromPowershell(text string) (string, bool) {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		made := psMkdir.FindStringSubmatch(line)
		switch {
		case line == "":
		case made != nil:
			lines = append(lines, "mkdir -p "+made[1])
		case psFlow.MatchString(line) && (strings.Contains(line, "git ") || strings.Contains(text, "git commit")):
			for _, call := range psGit.FindAllString(line, -1) {
				lines = append(lines, strings.TrimSpace(call))
			}
		case strings.ContainsAny(line, "$`{") || powershell(line):
			return "", false
		default:
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n"), true
}
