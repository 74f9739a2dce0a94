package execution

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// ReportFile is where `run --report` writes to. The zero value is nowhere.
type ReportFile struct {
	path   string // not a symbolic link, or of a stream
	stream bool   // a device or a pipe: it is written to, never replaced
}

// FindReport finds the file of a report and removes the report of an earlier run, which
// must not be mistaken for the report of this run. It is an error if the file is
// anything but a report, if one of the streams of this program goes there, or if no new
// report could be written: no work is lost yet.
func FindReport(name string, streams ...io.Writer) (ReportFile, error) {
	if name == "" {
		return ReportFile{}, nil
	}
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return ReportFile{name, true}, nil
	}
	if name == "-" || err == nil && slices.ContainsFunc(streams, func(w io.Writer) bool { return sameFile(info, w) }) {
		return ReportFile{}, unwritable(name, errors.New("the log goes there"), "name a separate file")
	}
	path, err := followed(name)
	if err == nil {
		err = replaceable(path)
	}
	if errors.Is(err, errNoReport) {
		return ReportFile{}, unwritable(name, err, "name a file that does not exist yet, or the report of an earlier run")
	}
	if err == nil {
		err = os.Remove(path)
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = writable(filepath.Dir(path))
	}
	if err != nil {
		return ReportFile{}, unwritable(name, err, "choose a folder that exists and can be written to")
	}
	return ReportFile{path: path}, nil
}

func unwritable(name string, err error, hint string) error {
	return problem.New(hint, "write report %q: %w", name, err)
}

var errNoReport = errors.New("the file is not a report, so it is not replaced")

// replaceable returns errNoReport unless the path is that of a report, of an empty
// file or of nothing.
func replaceable(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular() || info.Size() > 64<<20:
		return errNoReport
	case info.Size() == 0:
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var earlier map[string]json.RawMessage
	if json.Unmarshal(content, &earlier) != nil {
		return errNoReport
	}
	for _, key := range []string{"job", "window", "trigger", "status", "attempt", "attempts"} {
		if _, ok := earlier[key]; !ok {
			return errNoReport
		}
	}
	return nil
}

// sameFile reports whether a stream of this program goes to that file.
func sameFile(info fs.FileInfo, stream io.Writer) bool {
	if log, ok := stream.(interface{ Stream() io.Writer }); ok { // one of package actions
		stream = log.Stream()
	}
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	other, err := f.Stat()
	return err == nil && os.SameFile(info, other)
}

// followed returns the target of a symbolic link, which need not exist.
func followed(path string) (string, error) {
	for range 40 { // as many as Linux follows
		info, err := os.Lstat(path)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return path, nil
		}
		link, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(path), link)
		}
		path = link
	}
	return "", syscall.ELOOP
}

func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".scheduled-*.tmp")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func (f ReportFile) write(content []byte) error {
	if f.stream {
		return writeStream(f.path, content)
	}
	if err := replaceable(f.path); err != nil { // the entrypoint may have put something there
		return err
	}
	dir, err := os.OpenRoot(filepath.Dir(f.path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return atomic.Write(dir, filepath.Base(f.path), content, 0o666)
}

// writeStream writes to a device or pipe. It does not wait for a reader to open the
// other end of a pipe: the work is done.
func writeStream(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}
