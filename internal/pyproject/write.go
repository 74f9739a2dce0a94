package pyproject

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/aymanbagabas/go-udiff"
	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Unfit is the error of a pyproject.toml that cannot be edited as asked.
type Unfit struct{ error }

// Unwrap returns what is in the way.
func (e *Unfit) Unwrap() error { return e.error }

// Unwritten is the error of a pyproject.toml, or another file, that could not be written.
type Unwritten struct{ Cause error }

func (e *Unwritten) Error() string { return e.Cause.Error() }

// Unwrap returns why.
func (e *Unwritten) Unwrap() error { return e.Cause }

// FindOrNew is Find. Where there is no pyproject.toml, it returns the place of a new one:
// in the folder that name leads to, else in the repository's root, else here.
func FindOrNew(name, workspace string) (Place, error) {
	found, err := Find(name, workspace)
	if err == nil {
		return found, nil
	}
	dir, missing := filepath.Abs(cmp.Or(name, "."))
	if info, failed := os.Stat(dir); missing != nil || failed != nil || !info.IsDir() {
		return Place{}, err
	}
	if name == "" {
		dir = cmp.Or(repositoryRoot(dir), checkoutRoot(dir, workspace), dir)
	}
	file := filepath.Join(dir, fileName)
	if _, missing := os.Lstat(file); missing == nil {
		return Place{}, err // it is another user's
	}
	return placeOf(file, workspace)
}

// Change is what an edit makes of a pyproject.toml.
type Change struct {
	Before []byte // nil if there was no file
	After  []byte
}

// Changed reports whether it is another content.
func (c Change) Changed() bool { return !bytes.Equal(c.Before, c.After) }

// Diff writes the change of a file with that path as a unified diff.
func (c Change) Diff(path string) string {
	before := "a/" + path
	if c.Before == nil {
		before = "/dev/null"
	}
	return udiff.Unified(before, "b/"+path, string(c.Before), string(c.After))
}

// Write edits the pyproject.toml, or begins it: whole or not at all, through no symbolic
// link, and only if accept, which is asked before anything is written, returns no error.
// The error is an *Unfit if the file cannot be edited as asked, problem.Problems if it is
// not TOML, and *Unwritten if it could not be written.
func (p Place) Write(edit func(*Edit) error, accept func(Change) error, now time.Time) error {
	dir, err := os.OpenRoot(p.Dir)
	if err != nil {
		return fmt.Errorf("open project: %w", err)
	}
	defer dir.Close()
	if _, err := p.present(dir); err != nil {
		return err
	}
	_ = atomic.Sweep(dir, now) // a file that cannot be removed does no harm
	refused := false
	err = atomic.Update(dir, p.base(), maxFile, func(before []byte) ([]byte, error) {
		after, err := p.change(before, edit, accept)
		refused = err != nil
		return after, err
	})
	if refused || err == nil {
		return err
	}
	return p.unwritten(err)
}

// Preview is Write without writing.
func (p Place) Preview(edit func(*Edit) error, accept func(Change) error) error {
	dir, err := os.OpenRoot(p.Dir)
	if err != nil {
		return fmt.Errorf("open project: %w", err)
	}
	defer dir.Close()
	before, err := p.present(dir)
	if err != nil {
		return err
	}
	_, err = p.change(before, edit, accept)
	return err
}

func (p Place) base() string { return path.Base(p.Path) }

// present returns the content of the file, nil if there is none.
func (p Place) present(dir *os.Root) ([]byte, error) {
	content, err := atomic.Present(dir, p.base(), maxFile)
	switch {
	case errors.Is(err, atomic.ErrLink):
		err = unfit("edit the linked file by hand", "%s is a symbolic link, and scheduled does not write through links", p.Path)
	case err != nil:
		err = fmt.Errorf("read %q: %w", p.Path, err)
	}
	return content, err
}

// unwritten returns the error of a file that cannot be written.
func (p Place) unwritten(err error) error {
	err = fmt.Errorf("write %q: %w", p.Path, err)
	if errors.Is(err, atomic.ErrBusy) {
		err = problem.WithHint(err, "try again in a minute")
	}
	return &Unwritten{err}
}

// change edits the content of the file.
func (p Place) change(before []byte, edit func(*Edit) error, accept func(Change) error) (after []byte, err error) {
	e, err := NewEdit(before, p.display)
	if err == nil {
		err = edit(e)
	}
	if err != nil {
		return nil, err
	}
	after = e.Bytes()
	return after, accept(Change{before, after})
}

// Parse is Load of other content for the file.
func (p Place) Parse(data []byte) (*Project, error) { return loadText(data, p.Path, p.display) }
