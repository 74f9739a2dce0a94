package migrate

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// delivery is what the lines of a job commit and push.
type delivery struct {
	paths       []string
	message     string
	branch      string // "" for that of the run
	ref         string // that is checked out by the lines; "" for none
	made        bool   // the lines make the branch
	pullRequest bool
	commits     bool // there is a git commit, so the job makes none by itself
	pushes      bool
	line        int // of the first commit or push, from 0; -1 for none

	kept, glue []lineNote
	strange    string // why it cannot be one of ours; "" if it can

	literals map[string][]*syntax.Word // values of variables
	trimmed  bool                      // the message leaves out what bash expands in it
}

// lineNote is a note about a line, from 0.
type lineNote struct {
	line int
	what string
}

func newDelivery() *delivery {
	return &delivery{line: -1, literals: map[string][]*syntax.Word{}}
}

// read reads a unit of class gitting or asking, or a neutral one among them.
func (d *delivery) read(u unit) {
	if u.node == nil {
		return
	}
	syntax.Walk(u.node, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			if n.Name != nil && n.Value != nil {
				d.literals[n.Name.Value] = []*syntax.Word{n.Value}
			}
		case *syntax.ForClause:
			if loop, ok := n.Loop.(*syntax.WordIter); ok {
				d.literals[loop.Name.Value] = loop.Items
			}
		case *syntax.IfClause:
			d.condition(n)
		case *syntax.CallExpr:
			if i := slices.IndexFunc(u.calls, func(c call) bool { return len(c.args) > 0 && slices.Contains(n.Args, c.args[0]) }); i >= 0 {
				d.call(u.calls[i])
			}
		}
		return true
	})
}

// condition notes what a commit depends on besides its changes.
func (d *delivery) condition(n *syntax.IfClause) {
	commits := false
	for _, stmt := range n.Then {
		for _, c := range callsIn(stmt) {
			commits = commits || c.git() == "commit"
		}
	}
	if !commits || len(n.Cond) == 0 {
		return
	}
	text := printed(n.Cond[0])
	known := strings.Contains(text, "GITHUB_REF") || strings.Contains(text, "GITHUB_EVENT_NAME") || strings.Contains(text, "git ") || strings.Contains(text, "$?") || strings.Contains(text, "-f ") || strings.Contains(text, "-d ") || strings.Contains(text, "-e ") || strings.Contains(text, "-s ")
	for name, values := range d.literals {
		known = known || strings.Contains(text, name) && slices.ContainsFunc(values, func(w *syntax.Word) bool { return strings.Contains(printed(w), "git ") })
	}
	if !known {
		d.glue = append(d.glue, lineNote{int(n.Pos().Line()) - 1, "check that a commit is right whenever a file changed, not only if " + text})
	}
}

// git returns the subcommand of git, "" for another program.
func (c call) git() string {
	if c.argv[0] != "git" {
		return ""
	}
	_, rest := c.gitArgs()
	if len(rest) == 0 {
		return ""
	}
	return rest[0]
}

// gitArgs returns the folder of git, and its arguments from the subcommand on.
func (c call) gitArgs() (dir string, rest []string) {
	dir, rest = c.dir, c.argv[1:]
	for len(rest) > 1 && (rest[0] == "-C" || rest[0] == "-c") {
		if rest[0] == "-C" {
			dir = moved(dir, rest[1:2])
		}
		rest = rest[2:]
	}
	return dir, rest
}

// call reads a command of git or gh.
func (d *delivery) call(c call) {
	if c.argv[0] == "gh" {
		d.hub(c)
		return
	}
	dir, argv := c.gitArgs()
	if c.argv[0] != "git" || len(argv) == 0 {
		return
	}
	args := c.args[len(c.args)-len(argv)+1:]
	if dir == "?" && slices.Contains([]string{"add", "commit", "push"}, argv[0]) {
		d.strange = "git in a folder that only a run knows"
	}
	switch argv[0] {
	case "config":
		if !d.commits {
			return
		}
		d.kept = append(d.kept, lineNote{c.line, "git " + strings.Join(argv, " ") + ": GitHub signs the commit"})
	case "add", "rm", "mv":
		d.add(c, dir, args)
	case "commit":
		d.commit(c, dir, args)
	case "push":
		d.push(c, argv[1:])
	case "checkout", "switch":
		d.checkout(argv[1:])
	case "tag", "merge", "cherry-pick", "update-ref", "commit-tree":
		d.strange = "git " + argv[0]
	}
}

func (d *delivery) hub(c call) {
	if len(c.argv) < 3 || c.argv[1] != "pr" {
		return
	}
	switch c.argv[2] {
	case "create":
		d.pullRequest = true
		for i, a := range c.argv[:len(c.argv)-1] {
			switch a {
			case "--title", "-t":
				if d.message == "" {
					d.message = d.constant(c.args[i+1])
				}
			case "--base", "-B":
				if base := c.argv[i+1]; base != "main" && base != "master" && !strings.Contains(base, "$") {
					d.glue = append(d.glue, lineNote{c.line, "set ref = \"" + base + "\" in checkout: the pull request was for it"})
				}
			case "--body", "-b", "--body-file", "-F", "--label", "-l", "--reviewer", "-r":
				d.glue = append(d.glue, lineNote{c.line, "do without " + a + " of the pull request: its description says what changed"})
			}
		}
	case "merge":
		d.glue = append(d.glue, lineNote{c.line, "leave out pull-request to commit without one: the old one was merged at once"})
	}
}

// begin notes where the delivery begins.
func (d *delivery) begin(line int) {
	if d.line < 0 {
		d.line = line
	}
}

// add reads the paths of git add.
func (d *delivery) add(c call, dir string, args []*syntax.Word) {
	d.begin(c.line)
	all, options, named := false, true, false
	for _, w := range args {
		text, _ := literal(w)
		switch {
		case options && text == "--":
			options = false
		case options && (text == "-f" || text == "--force"):
			d.glue = append(d.glue, lineNote{c.line, "take the files of git add --force out of .gitignore: what git ignores is not committed"})
		case options && (text == "-A" || text == "--all" || text == "-u" || text == "--update" || text == "-Av" || text == "-vA"):
			all = true
			if strings.HasPrefix(text, "-u") || text == "--update" {
				d.glue = append(d.glue, lineNote{c.line, trackedOnly})
			}
		case options && strings.HasPrefix(text, "-"):
		default:
			named = true
			d.paths = append(d.paths, d.pathsOf(c, dir, w)...)
		}
	}
	if all && !named {
		d.paths = append(d.paths, ".")
	}
}

// trackedOnly is about a commit of all files that git knows.
const trackedOnly = "name the paths in commit, or let git ignore new files: these lines take changed files only, and . takes new ones too"

// pathsOf returns what a word of git add names.
func (d *delivery) pathsOf(c call, dir string, w *syntax.Word) []string {
	var paths []string
	for _, choice := range braces(w) {
		for _, text := range d.valuesOf(choice) {
			path, why := pathspec(dir, text, quotedStar(choice))
			if why != "" {
				d.glue = append(d.glue, lineNote{c.line, "check git add " + printed(w) + ": " + why})
			}
			if path != "" {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

var oneOfSet = pattern.New(`\[[^\]]*\]`)

// pathspec returns one of our paths for one of git's, and why it is another one.
func pathspec(dir, text string, quoted bool) (path, why string) {
	switch {
	case strings.HasPrefix(text, ":!") || strings.HasPrefix(text, ":^") || strings.HasPrefix(text, ":(exclude)"):
		return "", "paths cannot be excluded here"
	case strings.HasPrefix(text, ":/"):
		dir, text = "", strings.TrimPrefix(text, ":/")
	}
	if rest, ok := fromRoot(text); ok {
		dir, text = "", rest
	}
	switch {
	case dir == "?" || strings.ContainsAny(text, "$`"):
		return ".", "it is known only in a run, so all paths are taken"
	case strings.HasPrefix(text, "/") || strings.HasPrefix(text, "~"):
		return "", "it is not in the repository"
	}
	if strings.ContainsAny(text, "?[") {
		text, why = oneOfSet.ReplaceAllString(strings.ReplaceAll(text, "?", "*"), "*"), "* is the only wildcard here"
	}
	if quoted && strings.Contains(text, "*") && !strings.Contains(text, "**") {
		at := strings.LastIndex(text, "/") + 1
		text = text[:at] + "**/" + text[at:]
	}
	parts := strings.Split(text, "/")
	for i, part := range parts {
		if part != "**" {
			parts[i] = strings.ReplaceAll(part, "**", "*")
		}
	}
	path = joinPath(dir, strings.Join(parts, "/"))
	switch lower := strings.ToLower(path); {
	case path == "":
		return ".", why
	case strings.HasPrefix(path, "../") || path == "..":
		return "", "it is not in the repository"
	case lower == ".git" || strings.HasPrefix(lower, ".git/") || strings.HasPrefix(lower, ".github/workflows"):
		return "", "workflows are changed by hand only"
	}
	return path, why
}

// quotedStar reports whether git expands the patterns of a word, and not bash: git's *
// goes through folders too.
func quotedStar(w *syntax.Word) bool {
	for _, part := range w.Parts {
		switch part.(type) {
		case *syntax.SglQuoted, *syntax.DblQuoted:
			if strings.Contains(printed(part), "*") {
				return true
			}
		}
	}
	return false
}

// valuesOf returns the values of a word, with those of the variables that the lines set.
func (d *delivery) valuesOf(w *syntax.Word) []string {
	if len(w.Parts) == 1 {
		part := w.Parts[0]
		if quoted, ok := part.(*syntax.DblQuoted); ok && len(quoted.Parts) == 1 {
			part = quoted.Parts[0]
		}
		if p, ok := part.(*syntax.ParamExp); ok && p.Param != nil && p.Exp == nil && d.literals[p.Param.Value] != nil {
			var all []string
			for _, value := range d.literals[p.Param.Value] {
				text, _ := literal(value)
				all = append(all, text)
			}
			return all
		}
	}
	text, _ := literal(w)
	return []string{text}
}

// commit reads the message of git commit, and the paths that it names.
func (d *delivery) commit(c call, dir string, args []*syntax.Word) {
	d.begin(c.line)
	d.commits = true
	var messages []string
	for i := 0; i < len(args); i++ {
		text, _ := literal(args[i])
		name, _, glued := strings.Cut(text, "=")
		short := strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "--")
		switch {
		case text == "--amend":
			d.strange = "git commit --amend"
		case text == "--all" || short && strings.Contains(strings.TrimRight(text, "m"), "a") && len(text) <= 4:
			if !slices.Contains(d.paths, ".") {
				d.glue = append(d.glue, lineNote{c.line, trackedOnly})
			}
			d.paths = append(d.paths, ".")
			if strings.HasSuffix(text, "m") && i+1 < len(args) {
				i++
				messages = append(messages, d.constant(args[i]))
			}
		case name == "--message" && glued:
			messages = append(messages, strings.TrimPrefix(d.constant(args[i]), "--message="))
		case (text == "--message" || short && strings.HasSuffix(text, "m")) && i+1 < len(args):
			i++
			messages = append(messages, d.constant(args[i]))
		case text == "--allow-empty":
			d.kept = append(d.kept, lineNote{c.line, "git commit --allow-empty: a run that changed nothing commits nothing"})
		case text == "--author" || text == "-F" || text == "--file" || text == "-C" || text == "--date":
			i++
		case text == "--" || strings.HasPrefix(text, "-"):
			if strings.HasPrefix(text, "-m") { // -m"message"
				messages = append(messages, strings.TrimPrefix(d.constant(args[i]), "-m"))
			}
		default:
			d.paths = append(d.paths, d.pathsOf(c, dir, args[i])...)
		}
	}
	if d.message == "" {
		d.message = strings.TrimSpace(strings.Join(messages, "\n\n"))
		if d.message == "" {
			d.glue = append(d.glue, lineNote{c.line, "write a commit message: it was known only in a run"})
		}
	}
}

// push reads where git push pushes to.
func (d *delivery) push(c call, argv []string) {
	d.begin(c.line)
	d.pushes = true
	var plain []string
	for i := 0; i < len(argv); i++ {
		switch a := argv[i]; {
		case a == "--tags" || a == "--follow-tags" || a == "--delete" || a == "-d" || a == "--mirror":
			d.strange = "git push " + a
		case a == "-f" || a == "--force" || strings.HasPrefix(a, "--force-with-lease"):
			d.kept = append(d.kept, lineNote{c.line, "git push " + a + ": the commit goes on top of the branch"})
		case a == "-o" || a == "--push-option":
			i++
		case !strings.HasPrefix(a, "-"):
			plain = append(plain, a)
		}
	}
	if len(plain) > 0 && plain[0] != "origin" && !strings.Contains(plain[0], "github.com") && !strings.ContainsAny(plain[0], "$") {
		d.strange = "git push " + plain[0]
	}
	if len(plain) < 2 {
		return
	}
	target := strings.TrimPrefix(plain[1], "+")
	if _, to, ok := strings.Cut(target, ":"); ok && !strings.Contains(target, "${") || ok && strings.HasPrefix(target, "HEAD:") {
		target = to
	}
	d.to(target)
}

// to sets the branch, unless it is the one that the run is on.
func (d *delivery) to(branch string) {
	branch = strings.TrimPrefix(branch, "refs/heads/")
	if values := d.literals[strings.Trim(branch, "${}")]; strings.HasPrefix(branch, "$") && len(values) == 1 {
		branch, _ = literal(values[0])
	}
	switch {
	case branch == "HEAD" || branch == "main" || branch == "master" || branch == "" || strings.ContainsAny(branch, "$`"):
	case strings.Contains(branch, ":") || strings.Contains(branch, "tags/"):
		d.strange = "git push " + branch
	default:
		d.branch = branch
	}
}

func (d *delivery) checkout(argv []string) {
	for i, a := range argv {
		switch a {
		case "--orphan":
			d.strange = "git checkout --orphan"
			return
		case "--", ".":
			return
		case "-b", "-B", "-c", "-C":
			if i+1 < len(argv) {
				d.to(argv[i+1])
				d.made = true
			}
			return
		}
	}
	if len(argv) == 1 && !strings.HasPrefix(argv[0], "-") && !strings.Contains(argv[0], ".") {
		d.to(argv[0])
		d.ref = d.branch
	}
}

// braces returns the words that {a,b} stands for.
func braces(w *syntax.Word) []*syntax.Word {
	split := *w
	split.Parts = slices.Clone(w.Parts)
	if !syntax.SplitBraces(&split) {
		return []*syntax.Word{w}
	}
	var all []*syntax.Word
	for word, err := range expand.BracesSeq(nil, &split) {
		if err != nil || len(all) == mostBraces {
			return []*syntax.Word{w}
		}
		all = append(all, word)
	}
	return all
}

// mostBraces is how many words {1..9} may stand for.
const mostBraces = 100
