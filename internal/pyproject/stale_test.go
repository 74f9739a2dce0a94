package pyproject

import "testing"

func TestCachedSources(t *testing.T) {
	const hint = " | name only the folders to keep"
	testWrong(t, []wrongDeclaration{
		{"day", `cache = ["state", "A.py"]`, `4:1: cache has "A.py", which covers "a.py" and would bring back earlier sources` + hint},
		{"day", `cache = ["*.py"]`, `4:1: cache has "*.py", which covers "a.py" and would bring back earlier sources` + hint},
		{"day", `cache = ["src"]`, `4:1: cache has "src", which covers "src/a.py" and would bring back earlier sources` + hint},
		{"project", `cache = ["src/**"]`, `5:1: cache has "src/**", which covers "src/a.py" and would bring back earlier sources` + hint},
	})
	for _, lines := range []string{`cache = ["a", "b.py", "src/state", "data/**", "*.json"]`, `cache = []`} {
		if err := wrong(load(declare("day", lines))); err != nil {
			t.Errorf("%s: %v", lines, err)
		}
	}
}
