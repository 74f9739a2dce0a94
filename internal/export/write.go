package export

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Written is what became of a file.
type Written struct {
	Path  string `json:"path"`
	State string `json:"state"` // "created", "updated" or "unchanged"
}

// maxFile is the size of a file that is compared with ours, in bytes.
const maxFile = 16 << 20

// Write writes the files into a folder, each whole or not at all, and makes the folder if
// there is none. If one of them is there and not ours, nothing is written. A dry run only
// says what would be written.
func (r Result) Write(folder string, dryRun bool) (written []Written, err error) {
	if !dryRun {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, fmt.Errorf("make folder of --output: %w", err)
		}
	}
	dir, err := os.OpenRoot(folder)
	if dryRun && errors.Is(err, fs.ErrNotExist) {
		for _, file := range r.Files {
			written = append(written, Written{filepath.Join(folder, file.Name), "created"})
		}
		return written, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open folder of --output: %w", err)
	}
	defer dir.Close()
	for _, file := range r.Files {
		state, err := r.compare(dir, file)
		if err != nil {
			return nil, err
		}
		written = append(written, Written{filepath.Join(folder, file.Name), state})
	}
	for i, file := range r.Files {
		if dryRun || written[i].State == "unchanged" {
			continue
		}
		if err := atomic.Write(dir, file.Name, []byte(file.Content), 0o644); err != nil {
			return nil, fmt.Errorf("write %s: %w", written[i].Path, err)
		}
	}
	return written, nil
}

// compare says what is to be done for a file, or that what is there is not ours.
func (r Result) compare(dir *os.Root, file File) (state string, err error) {
	there, err := atomic.Present(dir, file.Name, maxFile)
	switch {
	case err != nil:
		return "", fmt.Errorf("read %s: %w", filepath.Join(dir.Name(), file.Name), err)
	case there == nil:
		return "created", nil
	case string(there) == file.Content:
		return "unchanged", nil
	case !bytes.Contains(there[:min(len(there), 1000)], []byte(mark(r.Format))):
		return "", problem.New("move it away, or choose another folder for --output",
			"%s is not overwritten, because `scheduled export %s` has not written it", filepath.Join(dir.Name(), file.Name), r.Format)
	}
	return "updated", nil
}
