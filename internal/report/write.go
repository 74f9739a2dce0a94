package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// The files of a report.
const (
	pageFile   = "index.html"
	dataFile   = "data.json"
	badgesDir  = "badges"
	allBadge   = "all"
	maxOurFile = 256 << 20 // bytes
)

// mark stands in the pages and pictures of a report.
const mark = "<!-- written by scheduled report -->"

// File is a file of a report.
type File struct {
	Name    string // with slashes
	Content []byte
}

// JSON returns the report as data.
func (r *Report) JSON() ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(r)
	return b.Bytes(), err
}

// Files returns the files of the report.
func (r *Report) Files() ([]File, error) {
	data, err := r.JSON()
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	if err := r.HTML(&page); err != nil {
		return nil, err
	}
	files := []File{{pageFile, page.Bytes()}, {dataFile, data}}
	add := func(name string, b Badge) {
		files = append(files, File{path.Join(badgesDir, name+".svg"), b.SVG()}, File{path.Join(badgesDir, name+".json"), b.JSON()})
	}
	add(allBadge, r.Badge())
	for i := range r.Jobs {
		add(r.Jobs[i].Slug, r.Jobs[i].Badge())
	}
	return files, nil
}

// Folder is where a report is written to. It holds what an earlier one knew.
type Folder struct{ Path string }

// Earlier returns the report that is in the folder; an empty one without any, or if it
// cannot be read, which the remark says. The error says that the folder has files that are
// not ours.
func (f Folder) Earlier() (earlier Report, remark string, err error) {
	dir, err := os.OpenRoot(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return earlier, "", nil
	}
	if err != nil {
		return earlier, "", fmt.Errorf("open folder of --output: %w", err)
	}
	defer dir.Close()
	ours, err := f.ours(dir)
	if err != nil || !ours {
		return earlier, "", err
	}
	data, err := atomic.Present(dir, dataFile, maxOurFile)
	if err != nil {
		return earlier, "", f.unfit(dataFile, err)
	}
	if wrong := json.Unmarshal(data, &earlier); wrong != nil {
		return Report{}, fmt.Sprintf("what the earlier report knew is lost: %s: %v", filepath.Join(f.Path, dataFile), wrong), nil
	}
	return earlier, "", nil
}

// ours reports whether the folder has an earlier report. The error says that it has, in the
// place of one, something else.
func (f Folder) ours(dir *os.Root) (bool, error) {
	if info, err := dir.Lstat(badgesDir); err == nil && !info.IsDir() {
		return false, f.unfit(badgesDir, errors.New("it is not a folder"))
	}
	page, err := atomic.Present(dir, pageFile, maxOurFile)
	if err != nil {
		return false, f.unfit(pageFile, err)
	}
	if page != nil {
		if !bytes.Contains(page[:min(len(page), 1000)], []byte(mark)) {
			return false, f.foreign(pageFile)
		}
		return true, nil
	}
	for _, name := range []string{dataFile, badgesDir} {
		if _, err := dir.Lstat(name); err == nil {
			return false, f.foreign(name)
		}
	}
	return false, nil
}

func (f Folder) foreign(name string) error {
	return f.unfit(name, errors.New("`scheduled report` has not written it"))
}

func (f Folder) unfit(name string, why error) error {
	return problem.New("move it away, or choose another folder for --output", "%s is not overwritten: %w", filepath.Join(f.Path, name), why)
}

// Write writes files into the folder, each whole or not at all, and makes the folder if
// there is none. It removes the badges of jobs that are gone.
func (f Folder) Write(files []File) error {
	if err := os.MkdirAll(filepath.Join(f.Path, badgesDir), 0o755); err != nil {
		return fmt.Errorf("make folder of --output: %w", err)
	}
	dir, err := os.OpenRoot(f.Path)
	if err != nil {
		return fmt.Errorf("open folder of --output: %w", err)
	}
	defer dir.Close()
	ours := map[string]bool{}
	for _, file := range files {
		ours[file.Name] = true
		if err := atomic.Write(dir, filepath.FromSlash(file.Name), file.Content, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", filepath.Join(f.Path, filepath.FromSlash(file.Name)), err)
		}
	}
	return sweep(dir, ours)
}

// sweep removes the badges that an earlier report has written, except those of this one. A
// badge that nothing updates would show for ever how the job once was.
func sweep(dir *os.Root, ours map[string]bool) error {
	entries, err := fs.ReadDir(dir.FS(), badgesDir)
	for _, entry := range entries {
		name, picture := strings.CutSuffix(entry.Name(), ".svg")
		file := path.Join(badgesDir, name)
		if !picture || ours[file+".svg"] {
			continue
		}
		content, err := atomic.Present(dir, filepath.FromSlash(file+".svg"), maxOurFile)
		if err != nil || !bytes.Contains(content, []byte(mark)) {
			continue
		}
		for _, end := range []string{".svg", ".json"} {
			if err := dir.Remove(filepath.FromSlash(file + end)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove the badge of a job that is gone: %w", err)
			}
		}
	}
	return err
}
