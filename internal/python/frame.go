package python

import (
	"os"
	"path/filepath"
	"slices"
)

// Frame is a line in the repository at which an entrypoint failed.
type Frame struct {
	File string `json:"file"` // relative to the repository's root, with slashes
	Line int    `json:"line"`
}

// deepest returns the last of the places that is inside the repository, or nil.
func (e Entrypoint) deepest(places []Frame) *Frame {
	for _, place := range slices.Backward(places) {
		if file, ok := inRepository(e.Root, place.File); ok {
			return &Frame{file, place.Line}
		}
	}
	return nil
}

// inRepository returns the file's path from the root, with slashes. Both may lead
// through symbolic links.
func inRepository(root, file string) (string, bool) {
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() || !filepath.IsAbs(file) {
		return "", false // "<string>", "<frozen importlib._bootstrap>"
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return "", false
	}
	path, err := filepath.Rel(root, file)
	if err != nil || !filepath.IsLocal(path) {
		path, err = relReal(root, file)
	}
	if err != nil || !filepath.IsLocal(path) || inEnvironment(root, path) {
		return "", false
	}
	return filepath.ToSlash(path), true
}

// relReal is filepath.Rel with all symbolic links resolved.
func relReal(root, file string) (string, error) {
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		return "", err
	}
	if file, err = filepath.EvalSymlinks(file); err != nil {
		return "", err
	}
	return filepath.Rel(root, file)
}

// inEnvironment reports whether the path under root belongs to a Python
// environment, which is often inside the repository: .venv, .tox, .pixi.
func inEnvironment(root, path string) bool {
	for dir := filepath.Dir(path); dir != "."; dir = filepath.Dir(dir) {
		if name := filepath.Base(dir); name == "site-packages" || name == "dist-packages" {
			return true
		}
		for _, sign := range []string{"pyvenv.cfg", "conda-meta"} {
			if _, err := os.Stat(filepath.Join(root, dir, sign)); err == nil {
				return true
			}
		}
	}
	return false
}
