package cli

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// reportFile is where `run --report` writes to. The zero value is nowhere.
type reportFile struct {
	path   string // not a symbolic link, or of a stream
	stream bool   // a device or a pipe: it is written to, never replaced
}

// reportFile finds the file and removes the report of an earlier run, which must
// not pass for that of this one, however it ends. That there can be a new one is
// held here, while nothing has been done that would be lost.
func (p *Program) reportFile(name string) (reportFile, error) {
	if name == "" {
		return reportFile{}, nil
	}
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return reportFile{name, true}, nil
	}
	if name == "-" || err == nil && (sameFile(info, p.Stdout) || sameFile(info, p.Stderr)) {
		return reportFile{}, unwritable(name, errors.New("the log goes there"), "name a file of its own")
	}
	path, err := followed(name)
	if err == nil {
		err = os.Remove(path)
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = writable(filepath.Dir(path))
	}
	if err != nil {
		return reportFile{}, unwritable(name, err, "the report goes into a folder that exists and can be written to")
	}
	return reportFile{path: path}, nil
}

func unwritable(name string, err error, hint string) error {
	return &exitError{exitUsage, problem.New(hint, "write report %q: %w", name, err)}
}

// sameFile reports whether a stream of this program goes to that file.
func sameFile(info fs.FileInfo, stream io.Writer) bool {
	if g, guarded := stream.(*guard); guarded {
		stream = g.w
	}
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	other, err := f.Stat()
	return err == nil && os.SameFile(info, other)
}

// followed returns what a symbolic link stands for, be it there or not.
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

func (r reportFile) write(content []byte) error {
	if r.stream {
		return writeStream(r.path, content)
	}
	return replaceFile(r.path, content)
}

// writeStream writes to what is there. It does not wait for somebody to open the
// other end of a pipe: the work is done.
func writeStream(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// replaceFile writes a file under a name of its own and moves it into place, so
// that nobody ever reads a part of it.
func replaceFile(path string, content []byte) error {
	temp := filepath.Join(filepath.Dir(path), ".scheduled-"+rand.Text()+".tmp")
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
