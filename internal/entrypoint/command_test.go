package entrypoint

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// What a command runs fails where nothing brings what it imports.
func TestCommands(t *testing.T) {
	const missing = `"requests", which neither the project nor a dependency that it declares provides`
	commands := [][2]string{
		{"python jobs/report.py --daily", `jobs/report.py:3 imports ` + missing},
		{"python3 -u jobs/report.py", `jobs/report.py:3 imports ` + missing},
		{"echo a && TZ=UTC exec python a.py | tee x", `own.py:1 imports ` + missing},
		{"python -m jobs.report", `jobs/report.py:2 imports "beside", but the folder of jobs/beside.py is not on Python's path`},
		{"python -m tool", `tool/__main__.py:1 imports ` + missing},
		{"python -m own", `own.py:1 imports ` + missing},
		{"python -m papermill a.ipynb", `command runs "papermill", which neither`},
		{"papermill a.ipynb b.ipynb -p days 7", `command runs "papermill", which neither`},
		{"python -m json.tool x", ""},
		{"echo python a.py", ""},
		{"python never.py; python ../a.py", ""},
		{"python jobs/found.py", ""},
		{"pip install requests\npython a.py", ""},
		{"uv run --with requests python a.py", ""},
		{"uv run a.py && papermill x y", ""},
		{"cd x && python a.py", ""},
		{"python -c 'import requests'", ""},
	}
	files := map[string]string{
		"a.py":             "if __name__ == '__main__':\n    import own\n",
		"own.py":           "import requests\n",
		"tool/__init__.py": "",
		"tool/__main__.py": "from requests import get\n",
		"jobs/report.py":   "def main():\n    import beside\n    import requests\nif __name__ == '__main__':\n    main()\n",
		"jobs/beside.py":   "",
		"jobs/found.py":    "import beside, json\n",
		"jobs/needs.txt":   "requests\n",
	}
	for options, silent := range map[string]bool{
		"":                                  false,
		"requirements = ['jobs/needs.txt']": true,
		"before = ['make']":                 true,
		"runs-on = ['self-hosted']":         true,
	} {
		files["pyproject.toml"] = "[project]\nname = 'a'\n"
		for i, row := range commands {
			files["pyproject.toml"] += fmt.Sprintf("[tool.scheduled-actions.jobs.j%d]\nevery = 'day'\ncommand = %q\n%s\n", i, row[0], options)
		}
		remarks := remarksOn(t, files)
		for i, row := range commands {
			want, got := row[1], remarks[fmt.Sprintf("j%d", i)]
			if silent {
				want = ""
			}
			if !strings.Contains(got, want) || (got == "") != (want == "") {
				t.Errorf("%s, %s: %s\nwant %s", row[0], options, got, want)
			}
		}
	}
}

// remarksOn returns the remarks on the jobs of a project with those files, by their ids.
func remarksOn(t *testing.T, files map[string]string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	place, err := pyproject.Find(dir, dir)
	if err != nil {
		t.Fatal(err)
	}
	project, err := pyproject.Load(os.DirFS(dir), "pyproject.toml", "pyproject.toml")
	if err != nil {
		t.Fatal(err)
	}
	proof, err := Jobs{Project: project, Place: place, Environ: os.Environ()}.Prove()
	if err != nil {
		t.Fatal(err)
	}
	remarks := map[string]string{}
	for _, remark := range proof.Remarks {
		id, text, _ := strings.Cut(remark, ": ")
		remarks[id] += text + "\n"
	}
	return remarks
}
