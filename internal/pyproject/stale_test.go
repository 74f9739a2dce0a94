package pyproject

import "testing"

func TestCachedSources(t *testing.T) {
	const hint = " | name only the folders to keep"
	testWrong(t, []wrongDeclaration{
		{"day", `cache = ["state", "A.py"]`, `4:1: cache takes "A.py" with "a.py", which would put earlier sources over those of the checkout` + hint},
		{"day", `cache = ["*.py"]`, `4:1: cache takes "*.py" with "a.py", which would put earlier sources over those of the checkout` + hint},
		{"day", `cache = ["src"]`, `4:1: cache takes "src" with "src/a.py", which would put earlier sources over those of the checkout` + hint},
		{"project", `cache = ["src/**"]`, `5:1: cache takes "src/**" with "src/a.py", which would put earlier sources over those of the checkout` + hint},
	})
	for _, lines := range []string{`cache = ["a", "b.py", "src/state", "data/**", "*.json"]`, `cache = []`} {
		if err := wrong(load(declare("day", lines))); err != nil {
			t.Errorf("%s: %v", lines, err)
		}
	}
}
