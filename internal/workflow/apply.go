package workflow

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Apply makes the changes of a plan in a repository, given its root folder. Each file
// changes as a whole or not at all, and no symbolic link is followed, not even one that
// appears meanwhile. The next sync cleans up after one that was interrupted; now
// distinguishes its leftovers from the files of a running sync.
func (p Plan) Apply(repo *os.Root, now time.Time) error {
	changes := p.Changes()
	if len(changes) == 0 && len(p.Unchanged) == 0 {
		return nil
	}
	dir, err := openDir(repo)
	if err != nil {
		return err
	}
	defer dir.Close()
	errs := make([]error, len(changes))
	parallel(len(changes), func(i int) {
		errs[i] = changes[i].apply(dir)
	})
	return errors.Join(append(errs, atomic.Sweep(dir, now))...)
}

// apply makes one change, unless somebody else has changed the file since it was
// planned: another sync may have written it for a newer pyproject.toml.
func (c Change) apply(dir *os.Root) error {
	name := path.Base(c.Path)
	there, err := atomic.Read(dir.FS(), name, maxRead)
	switch {
	case errors.Is(err, fs.ErrNotExist) && (c.Old == nil || c.New == nil):
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("read %s: %w", c.Path, err)
	case err == nil && bytes.Equal(there, c.New) && c.New != nil:
		return nil // done by another sync
	case err != nil || c.Old == nil || !bytes.Equal(there, c.Old):
		return problem.New("run it again", "write %s: another program changed the file meanwhile", c.Path)
	}
	if c.New != nil {
		if err := atomic.Write(dir, name, c.New, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", c.Path, err)
		}
	} else if err := dir.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete %s: %w", c.Path, err)
	}
	return nil
}

// openDir opens the real folder of the workflow files. os.Root follows no link out of
// the repository; links inside are refused here.
func openDir(repo *os.Root) (*os.Root, error) {
	github, err := openRealDir(repo, path.Dir(Dir))
	if err != nil {
		return nil, err
	}
	defer github.Close()
	return openRealDir(github, path.Base(Dir))
}

// openRealDir opens a folder, creates it if it is missing, and makes sure that the name
// is not a link to another folder.
func openRealDir(parent *os.Root, name string) (*os.Root, error) {
	if err := parent.Mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("create folder of the workflow files: %w", err)
	}
	dir, err := parent.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("open folder of the workflow files: %w", err)
	}
	opened, err1 := dir.Stat(".")
	named, err2 := parent.Lstat(name)
	if err := errors.Join(err1, err2); err != nil || !os.SameFile(opened, named) {
		dir.Close()
		return nil, errors.Join(fmt.Errorf("%s is a symbolic link: scheduled does not write through links", name), err)
	}
	return dir, nil
}
