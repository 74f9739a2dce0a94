package pyproject

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// exampleJob runs in every project: its callable is one of Python's own.
const exampleJob = `
# An example: replace it with your own job. Its entrypoint, "module:callable",
# is called at least once in every window.
[tool.scheduled.example]
every = "day" # hour, day, week, month
entrypoint = "builtins:credits"
`

// withExample returns the content of a pyproject.toml with the example job
// after it, in lines that end as its own do.
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

// closedTable finds inline tables, to which no header may add: "Inline tables are fully
// self-contained". Our TOML package accepts that, Python's does not.
// https://toml.io/en/v1.0.0#inline-table
var closedTable = regexp.MustCompile(`(?m)^[^#\n]*\b(?:tool|scheduled)["']?[ \t]*=[ \t]*\{`)

// Unfit is the error of a pyproject.toml to which no example job can be added.
type Unfit struct{ error }

// Unwrap returns what is in the way.
func (e *Unfit) Unwrap() error { return e.error }

// AddExample adds an example job to a pyproject.toml of a folder: whole or not at all,
// through no symbolic link, and only if the result is valid. Messages name the file as
// display. The error is an *Unfit if the file itself is the problem.
func AddExample(dir *os.Root, name, display string, now time.Time) error {
	info, err := dir.Lstat(name)
	if err != nil {
		return fmt.Errorf("add example job: %w", err)
	}
	if !info.Mode().IsRegular() {
		return &Unfit{problem.New("add a job to the linked file by hand", "%s is a symbolic link, and scheduled does not write through links", display)}
	}
	content, err := dir.ReadFile(name)
	if err != nil {
		return fmt.Errorf("add example job: %w", err)
	}
	added := withExample(content)
	if _, err := loadText(added, name, display); err != nil || closedTable.Match(content) {
		return &Unfit{problem.New("write tool and tool.scheduled as tables with headers, such as [tool.scheduled], not as {inline tables}",
			"%s cannot take the table of an example job after its last line", display)}
	}
	_ = atomic.Sweep(dir, now) // a file that cannot be removed does no harm
	if err = atomic.Write(dir, name, added, info.Mode().Perm()); err == nil {
		err = dir.Chmod(name, info.Mode().Perm()) // umask may have removed a permission
	}
	if err != nil {
		return fmt.Errorf("add example job: %w", err)
	}
	return nil
}
