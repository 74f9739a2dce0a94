package workflow

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"
)

// Apply makes the changes of a plan in the repository whose root folder is
// given. Each file changes at once or not at all, and no symbolic link is
// followed, whoever puts one there meanwhile. A sync that was interrupted is
// mended by the next: now is the time by which its leftovers are told from
// the files of one at work.
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
	return errors.Join(append(errs, sweep(dir, now))...)
}

func (c Change) apply(dir *os.Root) error {
	name := path.Base(c.Path)
	if c.New == nil {
		if err := dir.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("delete %s: %w", c.Path, err)
		}
		return nil
	}
	if err := replace(dir, name, c.New); err != nil {
		return fmt.Errorf("write %s: %w", c.Path, err)
	}
	return nil
}

// openDir opens the real folder of the workflow files. os.Root keeps links
// from leading out of the repository; links within it are refused here.
func openDir(repo *os.Root) (*os.Root, error) {
	github, err := openRealDir(repo, path.Dir(Dir))
	if err != nil {
		return nil, err
	}
	defer github.Close()
	return openRealDir(github, path.Base(Dir))
}

// openRealDir opens a folder, making it where there is none, and makes sure
// that it is no other folder which a link of that name leads to.
func openRealDir(parent *os.Root, name string) (*os.Root, error) {
	if err := parent.Mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make folder of the workflow files: %w", err)
	}
	dir, err := parent.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("open folder of the workflow files: %w", err)
	}
	opened, err1 := dir.Stat(".")
	named, err2 := parent.Lstat(name)
	if err := errors.Join(err1, err2); err != nil || !os.SameFile(opened, named) {
		dir.Close()
		return nil, errors.Join(fmt.Errorf("%s is a symbolic link: workflow files are written through none", name), err)
	}
	return dir, nil
}

const (
	tempPrefix = ".scheduled-"
	tempSuffix = ".tmp"
)

// replace writes a file under a name of its own and moves it into place.
func replace(dir *os.Root, name string, content []byte) error {
	temp := tempPrefix + rand.Text() + tempSuffix
	f, err := dir.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = dir.Rename(temp, name)
	}
	if err != nil {
		return errors.Join(err, dir.Remove(temp))
	}
	return nil
}

// sweep removes what syncs that were killed have left. A sync at work renames
// its file within moments, so one that has been there for a minute is stale.
func sweep(dir *os.Root, now time.Time) error {
	temps, err := fs.Glob(dir.FS(), tempPrefix+"*"+tempSuffix)
	if err != nil {
		return err
	}
	for _, temp := range temps {
		info, err := dir.Lstat(temp)
		if err == nil && now.Sub(info.ModTime()) > time.Minute {
			err = dir.Remove(temp)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove %s: %w", temp, err)
		}
	}
	return nil
}
