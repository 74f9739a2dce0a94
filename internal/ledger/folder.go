package ledger

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

const (
	// folderName is the ledger's folder, beside the project file.
	folderName = ".scheduled"
	// defaultFile is the project file that an older ledger belongs to.
	defaultFile = "pyproject.toml"
	// hashSize is the number of hex digits that make a name unique.
	hashSize = 12
)

// folder opens the folder of this project file in the ledger, and creates it if it is
// missing. It follows no symbolic link, because a repository could have planted one.
func (l *Ledger) folder() (place, error) {
	path := filepath.Dir(l.file)
	project, err := os.OpenRoot(path)
	if err != nil {
		return place{}, fmt.Errorf("open ledger: %w", hintAt(err, path))
	}
	defer project.Close()
	all, err := enter(project, folderName)
	if err != nil {
		return place{}, fmt.Errorf("open ledger: %w", hintAt(err, path))
	}
	defer all.Close()
	mine, err := l.enterOwn(all)
	if err != nil {
		return place{}, fmt.Errorf("open ledger: %w", l.withHint(err))
	}
	return mine, nil
}

// Folder opens the folder .scheduled beside a project file, and creates it if it is
// missing.
func Folder(projectFile string) (*os.Root, error) {
	path := filepath.Dir(projectFile)
	project, err := os.OpenRoot(path)
	if err != nil {
		return nil, hintAt(err, path)
	}
	defer project.Close()
	all, err := enter(project, folderName)
	if err != nil {
		return nil, hintAt(err, path)
	}
	if err := ignoreInGit(all); err != nil {
		return nil, errors.Join(hintAt(err, path), all.Close())
	}
	return all, nil
}

// enterOwn opens this project file's folder in the ledger's folder.
func (l *Ledger) enterOwn(all *os.Root) (place, error) {
	if err := ignoreInGit(all); err != nil {
		return place{}, err
	}
	of, err := l.origin(all)
	if err != nil {
		return place{}, err
	}
	name := l.stem() + hash(of)
	mine, err := enter(all, name)
	if err != nil {
		return place{}, err
	}
	if filepath.Base(l.file) == defaultFile {
		err = adopt(all, name)
	}
	if err != nil {
		return place{}, errors.Join(err, mine.Close())
	}
	return place{mine, of}, nil
}

// enter opens a folder in another one, and creates it if it is missing.
func enter(parent *os.Root, name string) (dir *os.Root, err error) {
	path := filepath.Join(parent.Name(), name)
	info, err := parent.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		err = parent.Mkdir(name, 0o755)
		if err == nil {
			err = atomic.SyncDir(parent)
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		info, err = parent.Lstat(name)
	}
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, problem.New("move it away", "%q is a symbolic link or a file; it must be a folder", path)
	}
	if dir, err = parent.OpenRoot(name); err != nil {
		return nil, err
	}
	if opened, err := dir.Stat("."); err != nil || !os.SameFile(info, opened) {
		return nil, errors.Join(fmt.Errorf("%q was replaced while it was opened", path), err, dir.Close())
	}
	return dir, nil
}

// ignoreInGit makes git ignore the ledger.
func ignoreInGit(all *os.Root) error {
	const name = ".gitignore"
	if _, err := all.Lstat(name); err == nil {
		return nil
	}
	return atomic.Write(all, name, []byte("*\n"), 0o644)
}

// regularFile opens a regular file that is in the folder itself. Anything else is a
// flawError and is not opened: a link leads elsewhere, and a pipe blocks.
func regularFile(dir *os.Root, name string, flag int, most int64) (*os.File, error) {
	info, err := dir.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, flawError("not a regular file")
	}
	f, err := dir.OpenFile(name, flag|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	opened, err := f.Stat()
	switch {
	case err != nil:
	case !os.SameFile(info, opened):
		err = flawError("replaced while it was opened")
	case opened.Size() > most:
		err = flawError("too large")
	default:
		return f, nil
	}
	return nil, errors.Join(err, f.Close())
}

// readFile reads a regular file of at most that size.
func readFile(dir *os.Root, name string, most int64) ([]byte, error) {
	f, err := regularFile(dir, name, os.O_RDONLY, most)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// flawError says what is wrong with a file that should be a history.
type flawError string

func (e flawError) Error() string { return string(e) }

// slug returns the readable part of a file's name.
func slug(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '_', r == '-':
			return r
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, name[:min(len(name), 40)])
}

// hash returns the part of a file's name that makes it unique.
func hash(key string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(key)))[:hashSize]
}

// withHint adds a hint to an error of the ledger's folder.
func (l *Ledger) withHint(err error) error {
	return hintAt(err, filepath.Join(filepath.Dir(l.file), folderName))
}

// hintAt adds a hint to an error of that folder.
func hintAt(err error, folder string) error {
	switch {
	case err == nil || problem.Hint(err) != "":
		return err
	case Full(err):
		return problem.WithHint(err, fmt.Sprintf("free space on the disk of %s: a run that cannot be recorded would be repeated", folder))
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS):
		return problem.WithHint(err, fmt.Sprintf(`make the folder %s writable, so that the history can be kept; in a container, run with --user "$(id -u):$(id -g)"`, folder))
	}
	return err
}
