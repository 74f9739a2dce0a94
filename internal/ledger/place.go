package ledger

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/atomic"
)

// place is the folder of a project file in the ledger. All names and checksums in there
// contain of: the name of the project file, without its folder, so that the history stays
// with a folder that is moved, copied, or mounted elsewhere.
//
// Older programs used the path of the project file. Their folder is taken over as it is,
// so nothing can be lost on the way, and an older program that is still in use has the same
// history and the same locks. Beside it stands a file with that path, for the day when the
// project is elsewhere.
type place struct {
	*os.Root
	of string
}

// tookOver ends the name of the file that says of which path a ledger is.
const tookOver = ".of"

// maxPath is how long that file can be, in bytes.
const maxPath = 64 << 10

// stem is the readable part of the name of the project file's folder.
func (l *Ledger) stem() string {
	return slug(strings.TrimSuffix(filepath.Base(l.file), ".toml")) + "-"
}

// origin returns what the names in this project file's folder contain.
func (l *Ledger) origin(all *os.Root) (of string, err error) {
	name := filepath.Base(l.file)
	mine := l.stem() + hash(name)
	content, err := readFile(all, mine+tookOver, maxPath)
	if _, odd := errors.AsType[flawError](err); err != nil && !odd && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if of, err := strconv.Unquote(strings.TrimSpace(string(content))); err == nil && of != "" {
		return of, nil
	}
	if _, err := all.Lstat(mine); err == nil {
		return name, nil
	}
	former := l.former(all)
	if former == "" {
		return name, nil
	}
	// Where this fails, the folder is found in the same way the next time.
	_ = atomic.WriteDurably(all, mine+tookOver, []byte(strconv.Quote(former)+"\n"), 0o644)
	return former, nil
}

// former returns the path whose folder of an older program is to be taken over: the one of
// this project file, else the one that was written to last. It is "" if there is none.
func (l *Ledger) former(all *os.Root) (path string) {
	folders, _ := fs.Glob(all.FS(), l.stem()+"*") // the pattern is valid
	var newest time.Time
	var left []string
	for _, folder := range folders {
		of, written := l.madeFor(all, folder)
		switch {
		case of == "":
			continue
		case path == "", of == l.file, path != l.file && written.After(newest):
			path, newest = of, written
		}
		left = append(left, folder)
	}
	for _, folder := range left {
		if folder != l.stem()+hash(path) {
			l.warn(fmt.Sprintf("the ledger has histories of several places of the project: the runs in %s do not count any more, so jobs may run once more",
				filepath.Join(folderName, folder)))
		}
	}
	return path
}

// madeFor returns the path of the project file that an older program made a folder for, and
// when one of its histories was written to. The path is in the first line of a history, and
// the name of the folder confirms it. It is "" for any other folder.
func (l *Ledger) madeFor(all *os.Root, folder string) (of string, written time.Time) {
	info, err := all.Lstat(folder)
	if err != nil || !info.IsDir() {
		return "", written
	}
	if folder == l.stem()+hash(l.file) {
		return l.file, info.ModTime()
	}
	dir, err := all.OpenRoot(folder)
	if err != nil {
		return "", written
	}
	defer dir.Close()
	histories, _ := fs.Glob(dir.FS(), "*.log")
	for _, name := range histories {
		of := headerPath(dir, name)
		at := strings.LastIndexAny(of, `/\`) // of another system, perhaps
		if at < 0 || of[at+1:] != filepath.Base(l.file) || folder != l.stem()+hash(of) {
			continue
		}
		if info, err := dir.Lstat(name); err == nil {
			return of, info.ModTime()
		}
	}
	return "", written
}

// headerPath returns the path in the first line of a history, "" if there is none.
func headerPath(dir *os.Root, name string) string {
	f, err := regularFile(dir, name, os.O_RDONLY, maxSize)
	if err != nil {
		return ""
	}
	defer f.Close()
	begin, err := io.ReadAll(io.LimitReader(f, maxPath))
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(begin), "\n")
	at := strings.LastIndex(line, ` of "`)
	if at < 0 {
		return ""
	}
	path, err := strconv.Unquote(strings.TrimSpace(line[at+len(" of "):]))
	if err != nil {
		return ""
	}
	return path
}
