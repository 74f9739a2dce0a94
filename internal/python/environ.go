package python

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Environ is the environment of a process, in the form of os.Environ. To find a Python,
// this package reads only the one that is passed to it.
type Environ []string

// Get returns the value of a variable, "" if it is not set. The last one counts. On
// Windows, upper and lower case are the same.
func (e Environ) Get(name string) string {
	for i := len(e) - 1; i >= 0; i-- {
		key, value, _ := strings.Cut(e[i], "=")
		if key == name || runtime.GOOS == "windows" && strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// LookPath returns the absolute path of an executable: of a path, or of a name on PATH.
// Relative paths and relative folders on PATH are relative to the working folder, so the
// result may be the project's own file.
func (e Environ) LookPath(name string) (string, error) {
	folders := []string{"."}
	if filepath.Base(name) == name {
		folders = filepath.SplitList(e.Get("PATH"))
	} else if filepath.IsAbs(name) {
		folders = []string{""}
	}
	err := fmt.Errorf("%q is not on PATH", name)
	for _, folder := range folders {
		for _, extension := range e.extensions(name) {
			file, failed := filepath.Abs(filepath.Join(folder, name+extension))
			if failed == nil {
				file, failed = exec.LookPath(file) // is it executable?
			}
			if failed == nil {
				return file, nil
			}
			if filepath.Base(name) != name {
				err = failed
			}
		}
	}
	return "", fmt.Errorf("find interpreter: %w", err)
}

// extensions returns what to add to the name of an executable, in the order in which
// Windows tries them.
func (e Environ) extensions(name string) []string {
	if runtime.GOOS != "windows" {
		return []string{""}
	}
	known := strings.ToLower(e.Get("PATHEXT"))
	if known == "" {
		known = ".com;.exe;.bat;.cmd"
	}
	extensions := strings.Split(known, ";")
	if extension := strings.ToLower(filepath.Ext(name)); extension != "" && strings.Contains(";"+known+";", ";"+extension+";") {
		extensions = append([]string{""}, extensions...)
	}
	return extensions
}
