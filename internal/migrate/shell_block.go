package migrate

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// block is the lines of a step for bash, as statements.
type block struct {
	text  string
	dir   string // in which it begins, from the project's folder; "" for that
	units []unit
}

// unit is a statement of a block, or a part of a chain with &&.
type unit struct {
	text  string // as written, with the comments above it
	line  int    // of the block, from 0
	dir   string // in which it runs, from the project's folder; "?" if unknown
	calls []call
	class class
	node  syntax.Node
}

// call is a command in a unit, at any depth.
type call struct {
	argv   []string // without what starts another command, as sudo does; see literal
	args   []*syntax.Word
	dir    string
	line   int
	bare   bool // its output goes nowhere else, and nothing is put into its input
	writes bool // its output goes into a file
}

// readBlock reads lines that begin in a folder. Unreadable lines are one unit of class work.
func readBlock(text, dir string) block {
	b := block{text: text, dir: dir}
	file, err := parseShell(text)
	if err != nil {
		b.units = []unit{{text: text, dir: dir, class: work}}
		if strings.Contains(text, "git push") {
			b.units[0].class = mixed
		}
		return b
	}
	for _, stmt := range file.Stmts {
		b.split(stmt)
	}
	for i := range b.units {
		end := len(text)
		if i+1 < len(b.units) {
			end = start(b.units[i+1].node)
		}
		u := &b.units[i]
		u.text = strings.TrimRight(text[start(u.node):end], " \t\r\n;")
		if i+1 < len(b.units) {
			u.text = strings.TrimRight(strings.TrimSuffix(u.text, "&&"), " \t\r\n\\")
		}
	}
	b.where()
	for i := range b.units {
		b.units[i].class = classOf(b.units[i].calls)
		switch u := &b.units[i]; {
		case strings.Contains(u.text, ".git/"):
			u.class = asking // such as to remove a lock
		case strings.Contains(u.text, "install.python-poetry.org") || strings.Contains(u.text, "astral.sh/uv"):
			u.class = venv
		case u.class == neutral && (strings.Contains(u.text, "GITHUB_ENV") || strings.Contains(u.text, "GITHUB_PATH")):
			u.class = other // for the next steps
			if strings.Contains(u.text, "/.local/bin") || strings.Contains(u.text, "/.poetry/bin") {
				u.class = venv // where those installers put programs
			}
		}
	}
	return b
}

// split adds a statement. The parts of a chain with && are units of their own where only
// some of them are of a class that can leave the block.
func (b *block) split(stmt *syntax.Stmt) {
	chain, ok := stmt.Cmd.(*syntax.BinaryCmd)
	if ok && chain.Op == syntax.AndStmt && !stmt.Negated && !stmt.Background && len(stmt.Redirs) == 0 && !heredoc(stmt) && b.joint(chain) {
		chain.X.Comments = append(stmt.Comments, chain.X.Comments...)
		b.split(chain.X)
		b.split(chain.Y)
		return
	}
	u := unit{line: int(stmt.Pos().Line()) - 1, node: stmt, calls: callsIn(stmt)}
	if last := len(b.units) - 1; last >= 0 && int(b.units[last].node.Pos().Line()) == int(stmt.Pos().Line()) && heredoc(b.units[last].node) {
		b.units[last].calls = append(b.units[last].calls, u.calls...) // both read the lines below
		return
	}
	b.units = append(b.units, u)
}

// joint reports whether nothing but && is between the parts of a chain.
func (b *block) joint(chain *syntax.BinaryCmd) bool {
	from, to := int(chain.X.End().Offset()), int(chain.Y.Pos().Offset())
	return from <= to && to <= len(b.text) && strings.Trim(b.text[from:to], " \t\n\\&") == ""
}

// start is where a unit begins, in bytes: with the comments above it.
func start(node syntax.Node) int {
	at := node.Pos()
	if stmt, ok := node.(*syntax.Stmt); ok {
		for _, c := range stmt.Comments {
			if at.After(c.Pos()) {
				at = c.Pos()
			}
		}
	}
	return int(at.Offset())
}

// heredoc reports whether a node reads lines below it.
func heredoc(node syntax.Node) bool {
	found := false
	syntax.Walk(node, func(n syntax.Node) bool {
		r, ok := n.(*syntax.Redirect)
		found = found || ok && r.Hdoc != nil
		return !found
	})
	return found
}

// callsIn returns the commands of a node in their order.
func callsIn(node syntax.Node) []call {
	var calls []call
	syntax.Walk(node, func(n syntax.Node) bool {
		stmt, ok := n.(*syntax.Stmt)
		if !ok {
			return true
		}
		found := call{line: int(stmt.Pos().Line()) - 1, bare: len(stmt.Redirs) == 0, writes: writes(stmt.Redirs)}
		switch c := stmt.Cmd.(type) {
		case *syntax.CallExpr:
			if len(c.Args) == 0 {
				found.argv = []string{"="}
			} else {
				found.argv, found.args = unwrapped(valuesOf(c.Args), c.Args)
			}
		case *syntax.DeclClause:
			found.argv = []string{"="}
		case *syntax.TestClause, *syntax.ArithmCmd, *syntax.LetClause:
			found.argv = []string{"test"}
		default:
			if !found.writes {
				return true
			}
			found.argv = []string{"{"}
		}
		calls = append(calls, found)
		return found.argv[0] != "git" && found.argv[0] != "gh" // whose message may ask commands
	})
	return calls
}

// writes reports whether something goes into a file, other than what GitHub reads.
func writes(redirs []*syntax.Redirect) bool {
	return slices.ContainsFunc(redirs, func(r *syntax.Redirect) bool {
		to := ""
		if r.Word != nil {
			to, _ = literal(r.Word)
		}
		switch r.Op {
		case syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.RdrAll, syntax.AppAll:
			return to != "/dev/null" && to != "/dev/stderr" && !strings.HasPrefix(strings.Trim(to, "${}"), "GITHUB_")
		}
		return false
	})
}

// where follows cd through the units, so that each call has its folder.
func (b *block) where() {
	dir := b.dir
	for i := range b.units {
		u := &b.units[i]
		u.dir = dir
		inner := dir
		for k := range u.calls {
			c := &u.calls[k]
			c.dir = inner
			if c.argv[0] == "cd" || c.argv[0] == "pushd" {
				inner = moved(inner, c.argv[1:])
			}
		}
		if stmt, ok := u.node.(*syntax.Stmt); ok && !scoped(stmt) {
			dir = inner
		}
	}
}

// scoped reports whether a cd in a statement ends with it.
func scoped(stmt *syntax.Stmt) bool {
	_, sub := stmt.Cmd.(*syntax.Subshell)
	return sub
}

// moved returns the folder that cd leads to.
func moved(dir string, argv []string) string {
	argv = slices.DeleteFunc(slices.Clone(argv), func(a string) bool { return a == "--" || a == "-P" || a == "-L" })
	if len(argv) != 1 {
		return "?"
	}
	to := argv[0]
	if rest, ok := fromRoot(to); ok {
		dir, to = "", rest
	}
	if to == "-" || strings.ContainsAny(to, "$~`*") || strings.HasPrefix(to, "/") {
		return "?"
	}
	return joinPath(dir, to)
}

// workspace matches the folder of the checkout where a path begins with it.
var workspace = pattern.New(`^(?:\$\{\{\s*github\.workspace\s*\}\}|\$GITHUB_WORKSPACE|\$\{GITHUB_WORKSPACE\})(?:/|$)`)

// fromRoot returns a path that begins with the folder of the checkout as one in it, and
// whether it does.
func fromRoot(path string) (string, bool) {
	root := workspace.FindString(path)
	if root == path && path != "" {
		return ".", true
	}
	return path[len(root):], root != ""
}

// joinPath joins a folder and a path in it, both from the project's folder; "?" if that is
// unknown.
func joinPath(dir, name string) string {
	if dir == "?" {
		return "?"
	}
	var parts []string
	for part := range strings.SplitSeq(dir+"/"+name, "/") {
		switch last := len(parts) - 1; {
		case part == "" || part == ".":
		case part == ".." && last >= 0 && parts[last] != "..":
			parts = parts[:last]
		default:
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "/")
}
