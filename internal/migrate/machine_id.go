package migrate

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// aboutOf returns what a command is about, for an id.
func aboutOf(command string) string {
	file, err := parseShell(command)
	if err != nil {
		return ""
	}
	all := simpleCalls(file)
	slices.SortStableFunc(all, func(a, b *syntax.CallExpr) int { return rankOf(a) - rankOf(b) })
	for _, call := range all {
		args := literals(call)
		if len(args) == 0 {
			continue
		}
		switch name := path.Base(args[0]); {
		case name == "cd" || name == "source" || name == "." || name == "export" || name == "set" || name == "test" || name == "[" || name == "sleep" || name == "mkdir" || name == "echo":
			continue
		case len(args) > 2 && name == "python" && args[1] == "-m":
			return strings.ReplaceAll(args[2], ".", " ")
		}
		for i, arg := range args {
			base := path.Base(arg)
			if base == "manage.py" && i+1 < len(args) {
				return args[i+1]
			}
			if stem := strings.TrimSuffix(base, path.Ext(base)); scriptName.MatchString(base) && stem != "" {
				return stem
			}
		}
		name := path.Base(args[0])
		if len(args) > 1 && identifier(args[1]) == args[1] {
			name += " " + args[1]
		}
		return name
	}
	return ""
}

// rankOf returns 0 for a call that runs Python or a script, and more for others.
func rankOf(call *syntax.CallExpr) int {
	args := literals(call)
	switch {
	case slices.Contains(args, "manage.py"):
		return 0
	case len(args) > 1 && args[0] == "python":
		return 0
	case slices.ContainsFunc(args, scriptName.MatchString):
		return 1
	}
	return 2
}
