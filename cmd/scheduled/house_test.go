package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/scheduled-actions/scheduled/"

// leaves are the packages that every other may import, except those that import nothing
// of ours. All but internal/schedule may import internal/pattern.
var leaves = []string{"internal/problem", "internal/atomic", "internal/markdown", "internal/table"}

// only are the libraries that no package imports but the named ones.
var only = map[string]string{
	"github.com/BurntSushi/toml":            "internal/pyproject",
	"github.com/google/go-github/":          "internal/github",
	"github.com/sethvargo/go-githubactions": "internal/actions",
	"github.com/spf13/cobra":                "internal/cli",
	"gopkg.in/yaml.v3":                      "internal/workflow internal/migrate",
	"mvdan.cc/sh/v3":                        "internal/migrate",
	"github.com/go-json-experiment/json":    "internal/github",
	"github.com/agext/levenshtein":          "internal/pyproject",
	"github.com/gofrs/flock":                "internal/ledger",
	"golang.org/x/term":                     "internal/table",
	"github.com/prometheus/":                "internal/serve",
	"github.com/coreos/go-systemd/":         "internal/cli",

	// They call methods by name, so the linker keeps all of them: 4 MiB of go-github.
	"html/template": "",
	"text/template": "",
}

// room is a row of the table in docs/architecture.md.
type room struct {
	packages []string
	may      []string // packages without "internal/"; "all below"
}

var row = regexp.MustCompile("(?m)^\\| (`.*`) \\| .* \\| (.*) \\|$")

func rooms(t *testing.T) (rooms []room) {
	t.Helper()
	page, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range row.FindAllStringSubmatch(string(page), -1) {
		packages := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(m[1], -1)
		r := room{may: strings.FieldsFunc(strings.ReplaceAll(m[2], "`", ""), func(c rune) bool { return c == ',' })}
		for i := range r.may {
			r.may[i] = strings.TrimSpace(r.may[i])
		}
		for _, p := range packages {
			r.packages = append(r.packages, p[1])
		}
		rooms = append(rooms, r)
	}
	return rooms
}

// imports returns what each package imports, by its path in the module.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	list := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	list.Dir = "../.."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		all[strings.TrimPrefix(fields[0], module)] = fields[1:]
	}
	return all
}

// TestImports compares the imports with the table in docs/architecture.md: a package
// imports what the table says, and only packages in rows below its own.
func TestImports(t *testing.T) {
	all, rooms := imports(t), rooms(t)
	var seen []string
	for i, r := range rooms {
		var below []string
		for _, lower := range rooms[i+1:] {
			below = append(below, lower.packages...)
		}
		seen = append(seen, r.packages...)
		for _, name := range r.packages {
			if all[name] == nil {
				t.Errorf("docs/architecture.md has %s, which is no package", name)
			}
			for _, imported := range all[name] {
				ours, ok := strings.CutPrefix(imported, module)
				if !ok || ours == "testdata" {
					continue
				}
				inTable := ours == "internal/pattern" && name != "internal/schedule" || slices.Contains(r.may, strings.TrimPrefix(ours, "internal/")) || slices.Contains(r.may, "all below")
				leaf := slices.Contains(leaves, ours) && !slices.Contains(r.may, "nothing of ours") && !slices.Contains(r.may, "the standard library")
				if !inTable && !leaf || !slices.Contains(below, ours) {
					t.Errorf("%s imports %s: the table in docs/architecture.md does not allow it", name, ours)
				}
			}
			if slices.Contains(r.may, "the standard library") {
				for _, imported := range all[name] {
					if strings.Contains(imported, ".") && !strings.HasPrefix(imported, module) {
						t.Errorf("%s imports %s, which is not of the standard library", name, imported)
					}
				}
			}
		}
	}
	for name, imported := range all {
		test := name == "testdata" || name == "internal/e2e" || strings.HasPrefix(name, "conformance/") || strings.HasSuffix(name, "test")
		if !test && !slices.Contains(seen, name) {
			t.Errorf("docs/architecture.md lacks %s", name)
		}
		for library, owner := range only {
			uses := slices.ContainsFunc(imported, func(path string) bool { return strings.HasPrefix(path, library) })
			if uses && !slices.Contains(strings.Fields(owner), name) && !test {
				t.Errorf("%s imports %s, which only %s may", name, library, owner)
			}
		}
	}
}

// The sizes that a newcomer reads, in lines.
const (
	maxFile = 500
	maxCLI  = 6500 // all of internal/cli
)

// TestSizes keeps files readable in one sitting, and the engines out of cli. Every
// package has one doc comment.
func TestSizes(t *testing.T) {
	cli, docs := 0, map[string]int{}
	err := filepath.WalkDir("../..", func(path string, entry os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == ".tools"):
			return filepath.SkipDir
		case filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		lines := bytes.Count(content, []byte("\n"))
		if lines > maxFile {
			t.Errorf("%s has %d lines, more than %d", path, lines, maxFile)
		}
		if filepath.Base(filepath.Dir(path)) == "cli" {
			cli += lines
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, content, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		if docs[filepath.Dir(path)] += 0; parsed.Doc != nil {
			docs[filepath.Dir(path)]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if cli > maxCLI {
		t.Errorf("internal/cli has %d lines, more than %d: move an engine out", cli, maxCLI)
	}
	for dir, n := range docs {
		if n != 1 {
			t.Errorf("%s has %d package comments, want 1", dir, n)
		}
	}
}

// TestCallsGoDown reads the calls between the files of internal/cli. cli.go calls the
// commands; the file of a command calls its own further files, which begin with its
// name, and the shared files; of these project.go calls errors.go, and both output.go.
func TestCallsGoDown(t *testing.T) {
	const dir = "../../internal/cli"
	shared := map[string]int{"project": 10, "errors": 11, "output": 12}
	// place returns the command that a file belongs to, or the shared file that it
	// continues, and how far down it stands.
	place := func(file string) (of string, depth int) {
		of, _, further := strings.Cut(strings.TrimSuffix(file, ".go"), "_")
		switch depth, isShared := shared[of]; {
		case file == "cli.go":
			return "", 0
		case of == "cli", isShared && !further:
			return of, max(depth, 1)
		case isShared:
			return of, depth
		case further:
			return of, 2
		}
		return of, 1
	}
	files := map[string]*ast.File{}
	declared := map[string][]string{} // the files that declare a name
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		if files[name], err = parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, 0); err != nil {
			t.Fatal(err)
		}
		for _, decl := range files[name].Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				declared[f.Name.Name] = append(declared[f.Name.Name], name)
			}
		}
	}
	calls := 0
	for from, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			name := ""
			switch f := call.Fun.(type) {
			case *ast.Ident:
				if f.Obj == nil || f.Obj.Kind == ast.Fun {
					name = f.Name
				}
			case *ast.SelectorExpr:
				if x, ok := f.X.(*ast.Ident); ok && x.Obj == nil && imported(file, x.Name) {
					return true
				}
				name = f.Sel.Name
			}
			if name == "Error" || len(declared[name]) != 1 || declared[name][0] == from {
				return true
			}
			calls++
			to := declared[name][0]
			caller, above := place(from)
			callee, below := place(to)
			_, isShared := shared[callee]
			if from != "cli.go" && (below < above || below == above && caller != callee || !isShared && caller != callee) {
				t.Errorf("%s calls %s in %s, which does not stand below it", from, name, to)
			}
			return true
		})
	}
	if calls < 100 {
		t.Errorf("found only %d calls between files", calls)
	}
}

// imported reports whether a name is that of a package that a file imports.
func imported(file *ast.File, name string) bool {
	return slices.ContainsFunc(file.Imports, func(spec *ast.ImportSpec) bool {
		return strings.HasSuffix(strings.Trim(spec.Path.Value, `"`), "/"+name) || strings.Trim(spec.Path.Value, `"`) == name
	})
}

// TestPatterns compiles every pattern, which the program does only when it needs one, and
// finds regular expressions that are compiled at each start.
func TestPatterns(t *testing.T) {
	files, err := filepath.Glob("../../internal/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	packages := map[string][]*ast.File{}
	for _, file := range files {
		if dir := filepath.Dir(file); !strings.HasSuffix(file, "_test.go") {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			packages[dir] = append(packages[dir], parsed)
		}
	}
	compiled := 0
	for dir, files := range packages {
		constants := map[string]ast.Expr{}
		for _, spec := range valuesOf(files, token.CONST) {
			for i, value := range spec.Values {
				constants[spec.Names[i].Name] = value
			}
		}
		for _, spec := range valuesOf(files, token.VAR) {
			for _, value := range spec.Values {
				ast.Inspect(value, func(n ast.Node) bool {
					if call, ok := n.(*ast.CallExpr); ok && strings.HasPrefix(callee(call), "regexp.") {
						t.Errorf("%s: %s compiles a regular expression at each start: use pattern.New", dir, spec.Names[0])
					}
					_, later := n.(*ast.FuncLit)
					return !later
				})
			}
		}
		for _, file := range files {
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || callee(call) != "pattern.New" {
					return true
				}
				compiled++
				if text, ok := constant(call.Args[0], constants); !ok {
					t.Errorf("%s: the text of a pattern is not constant", dir)
				} else if _, err := regexp.Compile(text); err != nil {
					t.Errorf("%s: %v", dir, err)
				}
				return true
			})
		}
	}
	if compiled < 100 {
		t.Errorf("found only %d patterns", compiled)
	}
}

// valuesOf returns the variables or constants that the files of a package declare.
func valuesOf(files []*ast.File, kind token.Token) (specs []*ast.ValueSpec) {
	for _, file := range files {
		for _, decl := range file.Decls {
			if d, ok := decl.(*ast.GenDecl); ok && d.Tok == kind {
				for _, spec := range d.Specs {
					specs = append(specs, spec.(*ast.ValueSpec))
				}
			}
		}
	}
	return specs
}

// callee returns what a call names, as in "regexp.MustCompile", or "".
func callee(call *ast.CallExpr) string {
	if f, ok := call.Fun.(*ast.SelectorExpr); ok {
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
	}
	return ""
}

// constant returns the string that an expression of literals and constants stands for.
func constant(e ast.Expr, constants map[string]ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.Ident:
		return constant(constants[e.Name], constants)
	case *ast.BinaryExpr:
		left, ok := constant(e.X, constants)
		right, also := constant(e.Y, constants)
		return left + right, ok && also
	}
	return "", false
}

// maxStart is how often our packages may allocate before main begins. The program starts
// at each tick, and once more beside each execution. What a table costs to compute belongs
// in a sync.OnceValue.
const maxStart = 1000

// TestStart counts what our packages allocate when the program starts. This test is linked
// with all of them.
func TestStart(t *testing.T) {
	start := exec.Command(os.Args[0], "-test.run=^$")
	start.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := start.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	all, lines := 0, ""
	for _, m := range started.FindAllStringSubmatch(string(out), -1) {
		n, _ := strconv.Atoi(m[1])
		all += n
		lines += m[0] + "\n"
	}
	if all == 0 || all > maxStart {
		t.Errorf("our packages allocate %d times at the start, want 1 to %d:\n%s", all, maxStart, lines)
	}
}

// https://pkg.go.dev/runtime#hdr-Environment_Variables
var started = regexp.MustCompile(`(?m)^init ` + regexp.QuoteMeta(module) + `.* (\d+) allocs$`)

// TestLoop compares the files of serve with their table in docs/architecture.md.
func TestLoop(t *testing.T) {
	page, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## The loop\n")
	section, _, _ = strings.Cut(section, "\n## ")
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z_]+\\.(go|css))`").FindAllStringSubmatch(section, -1) {
		named[m[1]] = true
	}
	files, err := filepath.Glob("../../internal/serve/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		special := slices.ContainsFunc([]string{"_test.go", "_unix.go", "_windows.go"}, func(end string) bool { return strings.HasSuffix(name, end) })
		if !special && !named[name] {
			t.Errorf("docs/architecture.md lacks internal/serve/%s", name)
		}
		delete(named, name)
	}
	for name := range named {
		t.Errorf("docs/architecture.md has internal/serve/%s, which is no file", name)
	}
}
