package entrypoint

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"
)

// python returns a running Python, which the tests need.
func python(t testing.TB) *interpreter {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("the tests need a Python 3: ", err)
	}
	i, err := startInterpreter(path, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.close)
	return i
}

// exercises are the parts of Python's own test suite that go through its grammar.
// Where Python has been installed without it, the library alone has to do.
var exercises = []string{"test_grammar.py", "test_patma.py", "test_fstring.py", "test_named_expressions.py", "test_type_params.py",
	"test_coroutines.py", "test_generators.py", "test_positional_only_arg.py", "test_lambda*.py", "test_string_literals.py", "test_unpack_ex.py"}

// Both readers agree on the modules of Python's own library.
func TestReadersAgree(t *testing.T) {
	out, err := exec.Command("python3", "-c", "import os; print(os.path.dirname(os.__file__))").Output()
	if err != nil {
		t.Fatal(err)
	}
	library := strings.TrimSpace(string(out))
	patterns := []string{"*.py", "asyncio/*.py", "concurrent/futures/*.py", "email/*.py", "importlib/*.py", "json/*.py", "unittest/*.py"}
	for _, name := range exercises {
		patterns = append(patterns, "test/"+name)
	}
	i := python(t)
	files, names := 0, 0
	for _, pattern := range patterns {
		paths, err := filepath.Glob(filepath.Join(library, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files++
			names += agree(t, i, path, source)
		}
	}
	if files < 150 || names < 5000 {
		t.Errorf("only %d files with %d names", files, names)
	}
}

// What Python reads, our grammar reads the same.
func FuzzReadersAgree(f *testing.F) {
	layouts, err := filepath.Glob("testdata/layouts/*.txtar")
	if err != nil || len(layouts) == 0 {
		f.Fatal("no layouts", err)
	}
	for _, file := range layouts {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, module := range archive.Files {
			f.Add(string(module.Data))
		}
	}
	i := python(f)
	f.Fuzz(func(t *testing.T, source string) {
		if !utf8.ValidString(source) || strings.Contains(source, "coding") || strings.Contains(source, `\N`) || strings.Contains(strings.ToLower(source), `\ud`) || strings.Contains(source, `\U`) {
			return // only Python knows other encodings, all names of characters, and halves of some
		}
		agree(t, i, "source", []byte(source))
	})
}

// agree compares the readers on a source and returns how many names it binds.
func agree(t *testing.T, i *interpreter, path string, source []byte) int {
	t.Helper()
	want, ok := i.read(source)
	if !ok {
		return 0
	}
	got := parse(source)
	switch {
	case got.Error != nil && want.Error == nil:
		t.Errorf("%s:%d: %s, but Python reads it", path, got.Error.Line, got.Error)
		return 0
	case want.Error != nil && got.Error == nil && isLexical(want.Error.Message):
		t.Errorf("%s:%d: %s, says Python, and our grammar reads it", path, want.Error.Line, want.Error)
		return 0
	case want.Error != nil:
		return 0 // of expressions the grammar here knows less
	case want.Dynamic && !got.Dynamic, want.Registers && !got.Registers && !got.Dynamic, want.Paths && !got.Paths:
		t.Errorf("%s: got %t, %t and %t, want %t, %t and %t", path, got.Dynamic, got.Registers, got.Paths, want.Dynamic, want.Registers, want.Paths)
	}
	for _, name := range want.Changed {
		if !slices.Contains(got.Changed, name) {
			t.Errorf("%s: %s is not changed, but Python says so", path, name)
		}
	}
	tidy(want.Names)
	tidy(got.Names)
	got.Dynamic, got.Registers, got.Paths, got.Changed = want.Dynamic, want.Registers, want.Paths, want.Changed
	if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-python +ours)\n%s", path, diff)
	}
	return len(got.Names)
}

// isLexical reports whether an error is one of tokens, brackets or blocks, which our
// grammar knows, too.
func isLexical(message string) bool {
	return slices.ContainsFunc([]string{"was never closed", "unmatched '", "does not match opening", "unterminated string", "unterminated triple",
		"unexpected indent", "unindent does not match", "expected an indented block", "null bytes", "too many levels"}, func(known string) bool {
		return strings.Contains(message, known)
	})
}

// tidy removes what does not matter: the order of names within a statement, the
// lines of what are no definitions, and escapes that only Python knows.
func tidy(names []binding) {
	for i := range names {
		if names[i].Kind != aFunction && names[i].Kind != aClass {
			names[i].Line = 0
		}
		tidy(names[i].Body)
	}
	slices.SortStableFunc(names, func(a, b binding) int { return cmp.Compare(a.Name, b.Name) })
}
