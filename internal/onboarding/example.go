package onboarding

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// source is the module of the example job, which calls its function callable.
//
//go:embed tasks.py
var source []byte

const callable = "list_todos"

// modules are the names that it may get. With setuptools, neither becomes a part of the
// project's distribution by itself, so it cannot break its build.
// https://setuptools.pypa.io/en/latest/userguide/package_discovery.html#flat-layout
var modules = []string{"tasks", "example"}

// module returns the file for the module of the example job in a project's folder, and
// whether it is there already.
func module(dir fs.FS) (file string, there bool, err error) {
	for _, name := range modules {
		file = name + ".py"
		content, err := atomic.Read(dir, file, int64(len(source)))
		if there = err == nil && bytes.Equal(content, source); there || !taken(dir, name) {
			return file, there, nil
		}
	}
	return "", false, problem.New("add a job with `scheduled add`, and run `scheduled init` again",
		"there is no name for the module of an example job: %s are taken", strings.Join(modules, " and "))
}

// taken reports whether a project may import something by that name.
func taken(dir fs.FS, name string) bool {
	for _, folder := range []string{".", "src"} {
		for _, there := range []string{name, name + ".py"} {
			if _, err := fs.Lstat(dir, path.Join(folder, there)); !errors.Is(err, fs.ErrNotExist) {
				return true
			}
		}
	}
	return false
}

// writeModule writes the module of the example job, unless it is there.
func (b *Beginning) writeModule() error {
	dir, err := os.OpenRoot(b.Place.Dir)
	if err != nil {
		return fmt.Errorf("open project: %w", err)
	}
	defer dir.Close()
	file, there, err := module(dir.FS())
	if err != nil || there {
		return err
	}
	if err := atomic.Write(dir, file, source, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}

// projectName is a name that [project] can have.
// https://packaging.python.org/en/latest/specifications/name-normalization/
var projectName = pattern.New(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)
