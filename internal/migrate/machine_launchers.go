package migrate

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// unwrap leaves out the wrapper of a command.
func (m *machine) unwrap(file *syntax.File) []edit {
	for _, call := range simpleCalls(file) {
		args := valuesOf(call.Args)
		name := path.Base(args[0])
		if edits := m.inner(file, call, name); edits != nil {
			return edits
		}
		l, at := launched(args)
		if at == 0 || l.needed || name == "timeout" && !m.job.limit(m.line, args[at-1]) {
			continue
		}
		if (name == "pdm" || name == "pipenv") && !isPython(args[at]) && !slices.Contains(ofPackages, args[at]) {
			continue // it may be a script that the project declares
		}
		if l.kept != "" {
			m.job.kept(m.line, "%s", l.kept)
		}
		from, with := starts(call.Args[at]), ""
		switch {
		case name == "env": // whose variables stand before a command as they are
			if first := slices.IndexFunc(args[:at], assignment.MatchString); first > 0 {
				from = starts(call.Args[first])
			}
		case name == "uv" && strings.HasSuffix(args[at], ".py"):
			with = "python "
		}
		return []edit{{starts(call.Args[0]), from, with}}
	}
	return nil
}

// inner replaces a shell that gets a command as a string, if that is all, with the
// command.
func (m *machine) inner(file *syntax.File, call *syntax.CallExpr, name string) []edit {
	args := literals(call)
	if len(file.Stmts) != 1 || file.Stmts[0].Cmd != syntax.Command(call) || len(args) != len(call.Args) {
		return nil
	}
	switch name {
	case "bash", "sh", "dash", "ash", "flock", "su", "runuser":
	default:
		return nil
	}
	at := slices.IndexFunc(args, func(arg string) bool {
		return arg == "-c" || arg == "-lc" || arg == "-ec" || arg == "-cl" || arg == "-exc"
	})
	if at < 0 || at+1 >= len(args) || name != "su" && at+2 != len(args) {
		return nil
	}
	text := args[at+1]
	if _, err := parseShell(text); err != nil {
		return nil
	}
	if w, known := launchers[name]; known {
		m.job.kept(m.line, "%s", w.kept)
	}
	return []edit{{starts(call), ends(call), text}}
}
