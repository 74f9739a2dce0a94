package migrate

import (
	"path"
	"slices"

	"mvdan.cc/sh/v3/syntax"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

var logName = pattern.New(`(?i)^/dev/(?:null|stdout|stderr)$|^/proc/1/fd/|\.(?:log|err|out)\b|(?:^|/)[^/]*logs?(?:/|$)|cron[^/]*\.txt$`)

// logVariable matches a name that begins with a variable, such as $LOG or $DIR/cron-log.
var logVariable = pattern.New(`(?i)^\$.*log`)

// withoutOutput drops where the output goes: GitHub keeps it as the log of the run.
func (m *machine) withoutOutput(file *syntax.File) (edits []edit) {
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Stmt:
			edits = append(edits, m.redirections(n)...)
		case *syntax.BinaryCmd:
			if n.Op != syntax.Pipe && n.Op != syntax.PipeAll {
				break
			}
			call, ok := n.Y.Cmd.(*syntax.CallExpr)
			if !ok {
				break
			}
			args := literals(call)
			if len(args) == 0 {
				break
			}
			name := path.Base(args[0])
			if name == "logger" || name == "ts" || name == "tee" && logName.MatchString(args[len(args)-1]) || name == "cat" && len(n.Y.Redirs) > 0 {
				edits = append(edits, edit{ends(n.X), ends(n.Y), ""})
				m.job.kept(m.line, "output: it is in the log of the run")
			}
			if name == "mail" || name == "mailx" || name == "sendmail" {
				edits = append(edits, edit{ends(n.X), ends(n.Y), ""})
				m.job.glue(m.line, "read the output in the log of the run, and set notify = \"issue\" to hear of failures: it was mailed")
			}
		}
		return true
	})
	return edits
}

func (m *machine) redirections(stmt *syntax.Stmt) (edits []edit) {
	logged := slices.ContainsFunc(stmt.Redirs, func(r *syntax.Redirect) bool {
		target, ok := literal(r.Word)
		return ok && r.Hdoc == nil && logName.MatchString(target)
	})
	for _, r := range stmt.Redirs {
		target, _ := literal(r.Word)
		switch r.Op {
		case syntax.RdrOut, syntax.AppOut, syntax.RdrAll, syntax.AppAll, syntax.RdrClob:
			if !logName.MatchString(target) && !logVariable.MatchString(target) {
				continue
			}
			m.job.kept(m.line, "output: it is in the log of the run")
		case syntax.DplOut:
			if !logged && len(stmt.Redirs) > 1 {
				continue
			}
		default:
			continue
		}
		begin := starts(r)
		for begin > 0 && m.text[begin-1] == ' ' {
			begin--
		}
		edits = append(edits, edit{begin, ends(r), ""})
	}
	return edits
}
