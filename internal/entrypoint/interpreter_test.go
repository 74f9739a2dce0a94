package entrypoint

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// reads reports whether a Python gives an answer to a source.
func reads(i *interpreter) bool {
	_, ok := i.read([]byte("def run(): pass\n"))
	return ok
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
	i, err := startInterpreter(python[0], false)
	if err != nil {
		t.Fatal(err)
	}
	defer i.close()
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

// A Python that is not the project's refuses what no Python reads, and nothing that a
// later one may read.
func TestOtherPython(t *testing.T) {
	repo := fstest.MapFS{}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal(err)
	}
	i, err := startInterpreter(python, true)
	if err != nil {
		t.Fatal(err)
	}
	p := New(Project{Repo: repo, Dir: "."})
	p.python = i
	defer p.Close()
	if !reads(i) {
		t.Fatal("the tests need a Python 3.11 or later")
	}
	for _, test := range []struct {
		source  string
		refused bool
	}{
		{"retrun 1 2\n", true},
		{"x = = 3\n", true},
		{"return return\n", true},
		{"from x import\n", true},
		{"else:\n    pass\n", true},
		{"return 1\n", true},
		{"def f():\n    await g()\n", true},
		{"break\n", true},
		{"def f(x, x): pass\n", true},
		{"def f():\n    x = 1\n    global x\n", true},
		{"x = (1,\n     2 3)\n", true},
		{"print 'x'\n", true},
		{"x = f\"{y['a']}\"\nx y\n", true},
		{"try:\n    x = 1\nexcept A, B:\n    pass\n", false}, // 3.14
		{"x = t'{y}'\n", false},                              // 3.14
		{"x = f\"{y[\"a\"]}\"\n", false},                     // 3.12
		{"x = f'{\n    y\n}'\n", false},                      // 3.12
		{"x = f'{\"\\n\".join(y)}'\n", false},                // 3.12
		{"type X = int\n", false},                            // 3.12
		{"def f[T](x: T): pass\n", false},                    // 3.12
		{"class C[T = int]: pass\n", false},                  // 3.13
		{"lazy import json\n", false},                        // 3.15
		{"x = [*y for y in z]\n", false},                     // 3.15
		{"x = {1, *y, **z}\n", false},                        // it only looks like one
		{"try:\n    pass\nexcept* ValueError:\n    pass\nmatch x:\n    case 1: pass\n", false}, // all have it
	} {
		repo["m.py"] = &fstest.MapFile{Data: []byte(test.source + "def run(): pass\n")}
		clear(p.modules)
		clear(p.proofs)
		if v := p.Prove("m:run"); v.Problem != "" != test.refused {
			t.Errorf("%q: got %s, want it refused: %t", test.source, show(v), test.refused)
		}
	}
}
