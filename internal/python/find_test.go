package python

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/installer"
)

// executableFile makes a file that looks like an executable to this system.
func executableFile(t *testing.T, parts ...string) string {
	t.Helper()
	path := filepath.Join(parts...)
	if runtime.GOOS == "windows" && filepath.Ext(path) == "" {
		path += ".exe"
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFind(t *testing.T) {
	venv := []string{".venv", "bin", "python"}
	if runtime.GOOS == "windows" {
		venv = []string{".venv", "Scripts", "python"}
	}
	dir := t.TempDir()
	bare, project, onPath, onPath2 := filepath.Join(dir, "bare"), filepath.Join(dir, "project"), filepath.Join(dir, "bin"), filepath.Join(dir, "bin2")
	inVenv := executableFile(t, append([]string{project}, venv...)...)
	python3 := executableFile(t, onPath, "python3")
	python := executableFile(t, onPath, "python")
	python2 := executableFile(t, onPath2, "python")
	own := executableFile(t, dir, "own-python")
	t.Chdir(dir)

	for _, test := range []struct {
		explicit, dir, path string
		want                string // or a part of the error
	}{
		{"", project, onPath, inVenv},
		{"", bare, onPath, python3},
		{"", bare, onPath2, python2},
		{"", bare, onPath2 + string(filepath.ListSeparator) + onPath, python3},
		{"python", project, onPath, python},
		{own, project, onPath, own},
		{"." + string(filepath.Separator) + filepath.Base(own), project, onPath, own},
		{"no-python", project, onPath, `"no-python"`},
		{filepath.Join(dir, "no-python"), project, onPath, "no-python"},
		{"", bare, dir, "no python3 or python on PATH"},
		{"", bare, dir, ".venv"},
	} {
		environ := Environ{"PATH=" + test.path}
		l, err := Find(installer.Environment{Tool: installer.None}, test.dir, test.dir, environ)
		if test.explicit != "" {
			l, err = Named(test.explicit, test.dir, environ)
		}
		if err == nil && l.Args[0] != test.want || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q in %q: %q, %v; want %q", test.explicit, test.dir, l.Args, err, test.want)
		}
	}
}

// Another interpreter would lack the packages in the broken .venv.
func TestFindBrokenVenv(t *testing.T) {
	project := t.TempDir()
	for _, folder := range []string{"bin", "Scripts"} {
		dir := filepath.Join(project, ".venv", folder)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"python", "python.exe"} {
			if err := os.Symlink("gone", filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tool := range []installer.Tool{installer.None, installer.UV} {
		withoutUV := Environ{"PATH=" + project}
		if l, err := Find(installer.Environment{Tool: tool}, project, project, withoutUV); err == nil || !strings.Contains(err.Error(), ".venv") {
			t.Errorf("%s: got %q, %v", tool, l.Args, err)
		}
	}
}
