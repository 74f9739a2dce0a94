package entrypoint

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"
)

// A call is judged as inspect.signature judges it.
func TestBind(t *testing.T) {
	reader := startPython(t)
	for i, row := range []struct {
		parameters string
		given      Given
		key, want  string // the key that is to blame, and a part of the problem
	}{
		{"a", Given{1, nil}, "", ""},
		{"a", Given{0, []string{"a"}}, "", ""},
		{"a, b=1", Given{1, []string{"b"}}, "", ""},
		{"*a", Given{9, nil}, "", ""},
		{"**k", Given{0, []string{"x", "y"}}, "", ""},
		{"a, *b, c, **k", Given{3, []string{"c", "d"}}, "", ""},
		{"a, /, **k", Given{1, []string{"a"}}, "", ""},
		{"*, a", Given{0, []string{"a"}}, "", ""},

		{"", Given{1, nil}, "args", "takes at most 0 positional arguments, not 1"},
		{"a, *, b=1", Given{2, nil}, "args", "takes at most 1 positional argument, not 2"},
		{"a", Given{1, []string{"a"}}, "kwargs.a", `gets "a" in both args and kwargs`},
		{"a, *b", Given{2, []string{"a"}}, "kwargs.a", `gets "a" in both args and kwargs`},
		{"days=7", Given{0, []string{"day"}}, "kwargs.day", `takes no argument "day"; did you mean "days"?`},
		{"a=1, /", Given{0, []string{"a"}}, "kwargs.a", `takes no argument "a"`},
		{"a, b", Given{1, nil}, "args", "takes required arguments: b"},
		{"a, *, b", Given{0, []string{"a"}}, "kwargs", "takes required arguments: b"},
		{"a, /, **k", Given{0, []string{"a"}}, "kwargs", "takes required arguments: a"},
	} {
		name := fmt.Sprintf("m%d", i)
		repo := fstest.MapFS{name + ".py": {Data: []byte("def f(" + row.parameters + "): pass\n")}}
		v := New(Project{Repo: repo, Dir: "."}, reader).Prove(name+":f", row.given)
		if v.Key != row.key || !strings.Contains(v.Problem, row.want) || (v.Problem == "") != (row.want == "") || v.Unknown != "" {
			t.Errorf("f(%s) with %+v: %+v", row.parameters, row.given, v)
		}
		if i%3 == 0 || !testing.Short() {
			names, _ := json.Marshal(append([]string{}, row.given.Named...))
			script := fmt.Sprintf("import inspect\ndef f(%s): pass\ninspect.signature(f).bind(*[0] * %d, **dict.fromkeys(%s))", row.parameters, row.given.Positional, names)
			if err := exec.Command(pythonPath(), "-c", script).Run(); (err == nil) != (row.want == "") {
				t.Errorf("f(%s) with %+v: Python says %v", row.parameters, row.given, err)
			}
		}
	}
	methods := fstest.MapFS{"c.py": {Data: []byte("class C:\n @classmethod\n def f(cls, a): pass\n @staticmethod\n def g(a): pass\n def h(self): pass\n")}}
	for target, want := range map[string]bool{"c:C.f": true, "c:C.g": true, "c:C.h": false} {
		if v := New(Project{Repo: methods, Dir: "."}, reader).Prove(target, Given{1, nil}); (v.Problem == "") != want {
			t.Errorf("%s: %+v", target, v)
		}
	}
}
