package migrate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// maxFile is the largest file that is read, in bytes.
const maxFile = 8 << 20

// workflowDir is where a repository has its workflows.
const workflowDir = ".github/workflows"

// Open reads what paths name: a file, - for stdin, or a folder. Of a folder it takes the
// files that look like a format, that of from if it is not "", and the workflows if it is
// a repository. Our own workflows are left out.
func Open(paths []string, from string, stdin io.Reader) ([]File, error) {
	var files []File
	for _, path := range paths {
		found, err := open(path, from, stdin)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if !slices.ContainsFunc(files, func(other File) bool { return other.Path == f.Path }) {
				files = append(files, f)
			}
		}
	}
	return files, nil
}

func open(path, from string, stdin io.Reader) ([]File, error) {
	if path == "-" {
		text, err := io.ReadAll(io.LimitReader(stdin, maxFile+1))
		if err == nil && len(text) > maxFile {
			err = fmt.Errorf("it is larger than %d MB", maxFile>>20)
		}
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		return []File{{Path: "-", Text: text}}, nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, problem.New("name a file, a folder, or - for standard input", "%s is not there", problem.Show(path))
	case err != nil:
		return nil, problem.New("make it readable, or name another file", "read %s: %w", problem.Show(path), err)
	case info.IsDir():
		return openFolder(path, from)
	}
	f, err := openFile(path)
	if err != nil {
		return nil, problem.New("name a file that can be read, or - for standard input", "read %s: %w", problem.Show(path), err)
	}
	return []File{f}, nil
}

func openFile(path string) (File, error) {
	dir := os.DirFS(filepath.Dir(path))
	text, err := atomic.Read(dir, filepath.Base(path), maxFile)
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	return File{Path: path, Text: text, Dir: dir}, err
}

func openFolder(folder, from string) ([]File, error) {
	var files []File
	for _, dir := range []string{folder, filepath.Join(folder, workflowDir)} {
		entries, err := os.ReadDir(dir)
		if err != nil && dir == folder {
			return nil, problem.New("make it readable, or name another folder", "read %s: %w", problem.Show(folder), err)
		}
		for _, entry := range entries {
			if entry.IsDir() {
				continue
			}
			f, err := openFile(filepath.Join(dir, entry.Name()))
			if err != nil || bytes.IndexByte(f.Text, 0) >= 0 || ourWorkflow.Match(f.Text) {
				continue // nothing that a person would name
			}
			if format := Guess(f); format != "" && (from == "" || from == format) {
				f.Found = true
				files = append(files, f)
			}
		}
	}
	if len(files) == 0 {
		return nil, problem.New("name the file itself, and its format with --from: "+strings.Join(Formats(), ", "),
			"no file in %s looks like scheduled jobs", problem.Show(folder))
	}
	return files, nil
}
