package migrate

import (
	"path"

	"mvdan.cc/sh/v3/syntax"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// monitors match the addresses that a job calls to say that it has run.
var monitors = pattern.New(`https?://(?:hc-ping\.com|[\w.-]*healthchecks\.io|cronitor\.link|[\w.-]*betterstack\.com/api/v1/heartbeat|betteruptime\.com/api/v1/heartbeat|nosnch\.in|deadmanssnitch\.com|cronhub\.io/ping|heartbeat\.uptimerobot\.com|status\.[\w.-]+/api/push)/[^\s'"|;&)]+`)

// pingKind matches what such an address ends in to say what happened.
var pingKind = pattern.New(`/(?:start|fail|log|\d+)?$`)

// pinged returns the address that a statement calls, "" if it is about more.
func (m *machine) pinged(stmt *syntax.Stmt) string {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) < 2 {
		return ""
	}
	if name, _ := literal(call.Args[0]); path.Base(name) != "curl" && path.Base(name) != "wget" {
		return ""
	}
	return monitors.FindString(m.text[starts(stmt):ends(stmt)])
}

// heartbeat leaves out the calls to a monitor: the job does them itself.
func (m *machine) heartbeat(file *syntax.File) (edits []edit) {
	url := ""
	for i, stmt := range file.Stmts {
		if found := m.pinged(stmt); found != "" && len(file.Stmts) > 1 {
			url = found
			if i+1 < len(file.Stmts) {
				edits = append(edits, edit{starts(stmt), starts(file.Stmts[i+1]), ""})
			} else {
				edits = append(edits, edit{ends(file.Stmts[i-1]), uint(len(m.text)), ""})
			}
		}
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		chain, ok := n.(*syntax.BinaryCmd)
		if !ok || chain.Op != syntax.AndStmt && chain.Op != syntax.OrStmt {
			return true
		}
		if found := m.pinged(chain.Y); found != "" {
			url = found
			edits = append(edits, edit{ends(chain.X), ends(chain.Y), ""})
		} else if found := m.pinged(chain.X); found != "" && chain.Op == syntax.AndStmt {
			url = found
			edits = append(edits, edit{starts(chain.X), starts(chain.Y), ""})
		}
		return true
	})
	if url == "" {
		return nil
	}
	url = pingKind.ReplaceAllString(url, "")
	name := m.reader.named("HEARTBEAT_URL", url)
	m.job.set("heartbeat", name)
	m.job.glue(m.line, "set the secret %s to the address of the monitor: it is not copied", name)
	return edits
}
