package pyproject

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Unfit is the error of a pyproject.toml that cannot be edited as asked.
type Unfit struct{ error }

// Unwrap returns what is in the way.
func (e *Unfit) Unwrap() error { return e.error }

// FindOrNew is Find. Where there is no pyproject.toml, it returns the place of a new one:
// in the folder that name leads to, else in the repository's root, else here.
func FindOrNew(name, workspace string) (Place, error) {
	found, err := Find(name, workspace)
	if err == nil {
		return found, nil
	}
	dir, failed := filepath.Abs(cmp.Or(name, "."))
	if info, err := os.Stat(dir); failed != nil || err != nil || !info.IsDir() {
		return Place{}, err
	}
	if _, there := findFile(name); there == nil {
		return Place{}, err // it is another user's
	}
	if name == "" {
		dir = cmp.Or(repositoryRoot(dir), checkoutRoot(dir, workspace), dir)
	}
	return placeOf(filepath.Join(dir, fileName), workspace)
}

// Change is what an edit makes of a pyproject.toml.
type Change struct {
	Before []byte // nil if there was no file
	After  []byte
}

// Write edits the pyproject.toml, or begins it: whole or not at all, through no symbolic
// link, and only if accept, which is asked before anything is written, returns no error.
// The error is an *Unfit if the file cannot be edited as asked, and problem.Problems if it
// is not TOML.
func (p Place) Write(edit func(*Edit) error, accept func(Change) error, now time.Time) error {
	dir, err := os.OpenRoot(p.Dir)
	if err != nil {
		return fmt.Errorf("open project: %w", err)
	}
	defer dir.Close()
	_ = atomic.Sweep(dir, now) // a file that cannot be removed does no harm
	refused := false
	err = atomic.Update(dir, filepath.Base(p.AbsFile()), maxFile, func(before []byte) ([]byte, error) {
		change, err := p.change(before, edit)
		if err == nil {
			err = accept(change)
		}
		refused = err != nil
		return change.After, err
	})
	switch {
	case refused:
		return err
	case errors.Is(err, atomic.ErrLink):
		return unfit("edit the linked file by hand", "%s is a symbolic link, and scheduled does not write through links", p.Path)
	case err != nil:
		return fmt.Errorf("write %s: %w", problem.Show(p.Path), err)
	}
	return nil
}

// change edits the content of the file.
func (p Place) change(before []byte, edit func(*Edit) error) (Change, error) {
	e, err := NewEdit(before, p.display)
	if err == nil {
		err = edit(e)
	}
	if err != nil {
		return Change{}, err
	}
	return Change{before, e.Bytes()}, nil
}

// Parse is Load of other content for the file.
func (p Place) Parse(data []byte) (*Project, error) { return loadText(data, p.Path, p.display) }
