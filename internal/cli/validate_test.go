package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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

// TestEnvironmentOfProof looks for packages where a run would: in the environment that
// the project's tool uses.
func TestEnvironmentOfProof(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an environment looks different there")
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string]string{
		"pyproject.toml": "[project]\nname = \"x\"\ndependencies = [\"later\"]\n[tool.uv]\n[tool.scheduled.a]\nevery = \"day\"\nentrypoint = \"later:run\"\n",
		"env/pyvenv.cfg": "",
		"env/lib/python3.11/site-packages/later.py": "def run(): 'Later.'\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "env", "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(python, filepath.Join(dir, "env", "bin", "python")); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ variable, remark string }{
		{"UV_PROJECT_ENVIRONMENT=env", ""},
		{"UV_PROJECT_ENVIRONMENT=" + filepath.Join(dir, "env"), ""},
		{"UV_PROJECT_ENVIRONMENT=other", "no environment is installed"},
		{"VIRTUAL_ENV=" + filepath.Join(dir, "env"), "no environment is installed"}, // uv does not use it
	} {
		var out, talk bytes.Buffer
		p := Program{Args: []string{"--project", dir, "validate", "--entrypoints"}, Stdout: &out, Stderr: &talk, Now: time.Now,
			Environ: []string{"PATH=" + os.Getenv("PATH"), row.variable}}
		if code := p.Main(); code != 0 || (talk.Len() == 0) != (row.remark == "") || !strings.Contains(talk.String(), row.remark) {
			t.Errorf("%s: exit code %d, %s%s", row.variable, code, out.String(), talk.String())
		}
	}
}
