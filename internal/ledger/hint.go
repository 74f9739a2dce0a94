package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"
)

// unwritableError is the error of a folder that this process may not write to.
type unwritableError struct {
	error
	folder string
}

func (e unwritableError) Unwrap() error { return e.error }

// Hint names the way out.
func (e unwritableError) Hint() string {
	return fmt.Sprintf(`the folder %s must be writable for the history to be kept; in a container, run with --user "$(id -u):$(id -g)"`, e.folder)
}

// withHint gives err a Hint if it is about a folder that this process may not
// write to.
func withHint(err error) error {
	path, ok := errors.AsType[*fs.PathError](err)
	if ok && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)) {
		return unwritableError{err, filepath.Dir(path.Path)}
	}
	return err
}
