package cli

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// exampleJob runs in every project: its callable is one of Python's own.
const exampleJob = `
# An example, to be replaced by a job of yours. Its entrypoint, "module:callable",
# is called at least once in every window.
[tool.scheduled.example]
every = "day" # hour, day, week, month
entrypoint = "builtins:credits"
`

// withExample returns the content of a pyproject.toml with the example job
// behind it, in lines that end as its own do.
func withExample(content []byte) []byte {
	job := exampleJob
	switch {
	case len(content) == 0:
		job = strings.TrimPrefix(job, "\n")
	case !bytes.HasSuffix(content, []byte("\n")):
		job = "\n" + job
	}
	if first, _, found := bytes.Cut(content, []byte("\n")); found && bytes.HasSuffix(first, []byte("\r")) {
		job = strings.ReplaceAll(job, "\n", "\r\n")
	}
	return append(bytes.Clone(content), job...)
}

// closedTable finds inline tables that no header may add to: "Inline tables are
// fully self-contained". Our TOML package lets it pass, Python's does not.
// https://toml.io/en/v1.0.0#inline-table
var closedTable = regexp.MustCompile(`(?m)^[^#\n]*\b(?:tool|scheduled)["']?[ \t]*=[ \t]*\{`)

// addExample adds the example job to pyproject.toml: at once or not at all,
// through no symbolic link, and only if the outcome is valid.
func (p *Program) addExample(project *project) error {
	dir, err := os.OpenRoot(project.dir)
	if err != nil {
		return fmt.Errorf("open project: %w", err)
	}
	defer dir.Close()
	name := path.Base(project.path)
	info, err := dir.Lstat(name)
	if err != nil {
		return fmt.Errorf("add example job: %w", err)
	}
	if !info.Mode().IsRegular() {
		return &exitError{exitUsage, problem.New("add a job to the file that it leads to, by hand", "%s is a symbolic link, and jobs are written through none", project.path)}
	}
	content, err := dir.ReadFile(name)
	if err != nil {
		return fmt.Errorf("add example job: %w", err)
	}
	sweep(dir, p.Now())
	temp := tempPrefix + rand.Text() + tempSuffix
	defer func() { _ = dir.Remove(temp) }() // which is gone once it was renamed
	if err := writeNew(dir, temp, withExample(content), info.Mode().Perm()); err != nil {
		return fmt.Errorf("add example job: %w", err)
	}
	_, err = pyproject.Load(dir.FS(), temp, project.path)
	if _, wrong := errors.AsType[problem.Problems](err); wrong || closedTable.Match(content) {
		return &exitError{exitUsage, problem.New("write the tables of tool and tool.scheduled with headers, as [tool.scheduled], not as {inline tables}", "%s cannot take the table of an example job behind its last line", project.path)}
	}
	if err == nil {
		err = dir.Rename(temp, name)
	}
	if err != nil {
		return fmt.Errorf("add example job: %w", err)
	}
	return nil
}

// writeNew writes a file that must not be there yet.
func writeNew(dir *os.Root, name string, content []byte, perm fs.FileMode) error {
	f, err := dir.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, perm)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Chmod(perm), f.Close()) // umask may have taken something from perm
}

const (
	tempPrefix = ".scheduled-"
	tempSuffix = ".tmp"
)

// sweep removes what calls that were killed have left. One at work renames its
// file within moments, so what has been there for a minute is stale. What
// cannot be removed does no harm.
func sweep(dir *os.Root, now time.Time) {
	temps, _ := fs.Glob(dir.FS(), tempPrefix+"*"+tempSuffix) // the pattern is good
	for _, temp := range temps {
		if info, err := dir.Lstat(temp); err == nil && now.Sub(info.ModTime()) > time.Minute {
			_ = dir.Remove(temp)
		}
	}
}
