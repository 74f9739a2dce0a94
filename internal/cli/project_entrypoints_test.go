package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestWithoutPython leaves entrypoints open where the environment that was handed in has
// no Python, says so once, and shows no docstrings.
func TestWithoutPython(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"pyproject.toml": "[tool.scheduled.a]\nevery = \"day\"\nentrypoint = \"app:run\"\n[tool.scheduled.b]\nevery = \"day\"\nentrypoint = \"nowhere:run\"\n",
		"app.py":         "def run(): 'Run.'\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	call := func(path string, args ...string) (stdout, stderr string, code int) {
		var out, talk bytes.Buffer
		p := Program{Args: append([]string{"--project", dir}, args...), Stdout: &out, Stderr: &talk, Now: time.Now, Environ: []string{"PATH=" + path}}
		code = p.Main()
		return out.String(), talk.String(), code
	}
	if _, stderr, code := call("", "validate", "--entrypoints"); code != 0 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "not proven") {
		t.Errorf("validate exits with %d and says %q", code, stderr)
	}
	if stdout, _, code := call("", "validate", "--entrypoints", "--json"); code != 0 || strings.Count(stdout, `"reason": "there is no Python`) != 2 {
		t.Errorf("validate --json exits with %d and prints %s", code, stdout)
	}
	if stdout, stderr, code := call("", "list"); code != 0 || stderr != "" || strings.Contains(stdout, "DOES") {
		t.Errorf("list exits with %d and prints %s%s", code, stdout, stderr)
	}
	if stdout, _, code := call(os.Getenv("PATH"), "list"); code != 0 || !strings.Contains(stdout, "Run.") {
		t.Errorf("with a Python, list exits with %d and prints %s", code, stdout)
	}
}
