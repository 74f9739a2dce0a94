package entrypoint

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// reads reports whether a Python gives an answer to a source.
func reads(r *Reader) bool {
	answer, err := r.ask([]byte("def run(): pass\n"))
	return err == nil && answer != nil
}

// Nothing is loaded from beside the Python, from its environment's packages, or from
// where variables say.
func TestIsolated(t *testing.T) {
	repo := t.TempDir()
	site := makeVenv(t, repo)
	python, err := filepath.Glob(filepath.Join(repo, ".venv", "*", "python*"))
	if err != nil || len(python) == 0 {
		t.Fatal("the environment has no Python", err)
	}
	sprung := filepath.Join(repo, "sprung")
	trap := []byte("open(r'" + sprung + "', 'w')\n")
	beside, path := filepath.Dir(python[0]), t.TempDir()
	for _, file := range []string{
		filepath.Join(beside, "ast.py"), filepath.Join(beside, "json.py"),
		filepath.Join(site, "sitecustomize.py"), filepath.Join(path, "sitecustomize.py"), filepath.Join(path, "base64.py"),
	} {
		if err := os.WriteFile(file, trap, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PYTHONPATH", path)
	i, err := startReader(python[0], false, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	if !reads(i) {
		t.Error("it does not read")
	}
	if _, err := os.Stat(sprung); err == nil {
		t.Error("something of the project was run")
	}
	for _, variable := range i.cmd.Env {
		if name, _, _ := strings.Cut(variable, "="); name != "PATH" && name != "LD_LIBRARY_PATH" && name != "SYSTEMROOT" {
			t.Errorf("it gets %s", name)
		}
	}
}

// What a Python refuses counts if it is at least as new as the job's, or no version
// would read it.
func TestVersions(t *testing.T) {
	reader := startPython(t)
	minor := func(more int) string { return fmt.Sprintf("3.%d", reader.version[1]+more) }
	for _, test := range []struct {
		python, source string
		refused        bool
	}{
		{minor(0), "retrun 1 2\n", true},
		{minor(0), "print 'x'\n", true},
		{minor(0), "try:\n    pass\nexcept* ValueError:\n    pass\n", reader.version[1] < 11},
		{">=3.8", "x = = 3\n", true},
		{"3.8", "x = (1,\n     2 3)\n", true},
		{"<3.99, >=" + minor(-1), "x = = 3\n", true},
		{minor(0) + ".4", "x = = 3\n", true},
		{minor(1), "x = = 3\n", false},
		{">=" + minor(1), "x = = 3\n", false},
		{minor(-1) + " || " + minor(1), "x = = 3\n", false},
		{"<3.8", "x = = 3\n", false},
		{"3.x", "x = = 3\n", false},
		{"", "x = = 3\n", false},
		{"", "return 1\n", true},
		{"", "break\n", true},
		{"", "def f(x, x): pass\n", true},
		{"", "def f():\n    x = 1\n    global x\n", true},
		{minor(1), "def f():\n    await g()\n", true},
	} {
		repo := fstest.MapFS{"m.py": {Data: []byte(test.source + "def run(): pass\n")}}
		clear(reader.modules)
		v := New(Project{Repo: repo, Dir: ".", Python: test.python}, reader).Prove("m:run", Given{})
		if v.Problem != "" != test.refused {
			t.Errorf("Python %q: %q: got %s, want it refused: %t", test.python, test.source, show(v), test.refused)
		}
	}
}

// What a Python cannot read is left open, and so is everything without one.
func TestUnread(t *testing.T) {
	repo := fstest.MapFS{
		"latin.py": {Data: []byte("# coding: latin-1\ndef run(): '\xe9t\xe9'\n")},
		"deep.py":  {Data: []byte("x = " + strings.Repeat("-", 20000) + "1\ndef run(): pass\n")},
		"good.py":  {Data: []byte("def run(): 'Good.'\n")},
	}
	project := Project{Repo: repo, Dir: "."}
	p := New(project, startPython(t))
	for _, test := range []struct{ target, want string }{
		{"latin:run", "ok\n\tat latin.py:2\n\tdoc: été"},
		{"deep:run", "unknown: "},
		{"good:run", "ok\n\tat good.py:1\n\tdoc: Good."},
	} {
		if got := strings.TrimSpace(show(p.Prove(test.target, Given{}))); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: got %s, want %q", test.target, got, test.want)
		}
	}
	stopped := startPython(t)
	stopped.kill()
	if got := New(project, stopped).Prove("good:run", Given{}); !strings.Contains(got.Unknown, "has stopped") {
		t.Errorf("when Python has stopped: got %s", show(got))
	}
	if got, want := New(project, nil).Prove("absent:run", Given{}), (Verdict{Unknown: NoReader}); got != want {
		t.Errorf("without Python: got %s, want %s", show(got), show(want))
	}
}

// With docs, a Python finds the same definitions in its own library, with the same
// docstrings, as without.
func TestDocs(t *testing.T) {
	full := startPython(t)
	docs, err := startReader(pythonPath(), true, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer docs.Close()
	out, err := exec.Command(pythonPath(), "-c", "import os; print(os.path.dirname(os.__file__))").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "*.py"))
	if err != nil || len(files) < 100 {
		t.Fatal("the library has too few modules: ", len(files), err)
	}
	var definitions func([]binding) []string
	definitions = func(names []binding) (all []string) {
		for _, b := range names {
			if b.Kind == aFunction || b.Kind == aClass || b.Kind == anImport {
				all = append(all, fmt.Sprintln(b.Name, b.Kind, b.Doc, b.From, b.Attr, definitions(b.Body)))
			}
		}
		return all
	}
	sources := [][]byte{[]byte("def a():\n    'One' ' two'\ndef b(\n    x):\n    r'''Raw.'''\n    def c():\n        'No.'\nx = '''\ndef d():\n    y'''\ndef e(): 'E.'\ndef j(x):\n    # type: (str)\n    'J.'\n    return 1\n" +
		"class F:\n    def g(self):\n        # no\n\n        \"G \\\" \"\n        return 1\n    h = 1\nasync def i():\n    return 'none'\n")}
	for i := 0; i < len(files); i += 3 {
		source, err := os.ReadFile(files[i])
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, source)
	}
	for i, source := range sources {
		want, err := full.ask(source)
		if err != nil || want == nil {
			t.Fatal(err)
		}
		got, err := docs.ask(source)
		if err != nil || got == nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(definitions(want.Names), definitions(got.Names)); diff != "" {
			t.Errorf("source %d (-full +docs)\n%s", i, diff)
		}
	}
}

// A source that is too large for a Python to read in little memory may hold anything.
func TestLargeModule(t *testing.T) {
	i := startPython(t)
	for name, lines := range map[string]int{"small": 10_000, "large": 200_000} {
		source := []byte(strings.Repeat("a = 1\n", lines))
		prover := New(Project{Repo: fstest.MapFS{name + ".py": {Data: source}}, Dir: "."}, i)
		if v := prover.Prove(name+":run", Given{}); (v.Problem == "") != (len(source) > maxFile) {
			t.Errorf("%d bytes: %+v", len(source), v)
		}
	}
}
