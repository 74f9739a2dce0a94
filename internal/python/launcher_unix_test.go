//go:build unix

package python

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/installer"
)

// A tool's file that does not end is not read.
func TestFindEndlessFiles(t *testing.T) {
	for tool, files := range map[installer.Tool][]string{
		installer.Poetry: {"poetry.toml"},
		installer.PDM:    {".pdm-python", "pyproject.toml"},
	} {
		for _, name := range files {
			for kind, make := range map[string]func(string) error{
				"pipe": func(file string) error { return syscall.Mkfifo(file, 0o644) },
				"zero": func(file string) error { return os.Symlink("/dev/zero", file) },
				"huge": func(file string) error { return errors.Join(os.WriteFile(file, nil, 0o644), os.Truncate(file, 1<<40)) },
			} {
				repo, bin := repository(t, ".venv .pdm-python:{repo}/.venv/bin/python")
				executableFile(t, bin, string(tool))
				file := filepath.Join(repo, name)
				os.Remove(file)
				if err := make(file); err != nil {
					t.Fatal(err)
				}
				if _, err := Find(installer.Environment{Tool: tool}, repo, repo, Environ{"PATH=" + bin}); err != nil {
					t.Errorf("%s, %s as %s: %v", tool, name, kind, err)
				}
			}
		}
	}
}
