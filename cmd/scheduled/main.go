// Command scheduled keeps the scheduled jobs of a Python project running on
// GitHub Actions, at least once in every window.
package main

import (
	"os"
	"time"

	"github.com/scheduled-actions/scheduled/internal/cli"
)

// version is the release, set by its build.
var version = ""

func main() {
	path, _ := os.Executable()
	program := cli.Program{
		Name:    os.Args[0],
		Args:    os.Args[1:],
		Environ: os.Environ(),
		Stdin:   os.Stdin,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Now:     time.Now,
		Version: version,
		Path:    path,
	}
	os.Exit(program.Main())
}
