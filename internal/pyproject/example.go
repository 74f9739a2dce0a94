package pyproject

import (
	"fmt"
	"strconv"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// exampleJob is a job for a project that has none yet.
const exampleJob = `# An example: replace it with a job of your own. Its entrypoint, "module:callable",
# is called at least once in every window.
[tool.scheduled.list-todos]
every = "day" # hour, day, week, month
entrypoint = %s
`

// AddExample adds an example job that calls an entrypoint.
func (e *Edit) AddExample(entrypoint string) error {
	if err := e.Append(fmt.Sprintf(exampleJob, strconv.Quote(entrypoint))); err != nil {
		return unfit(problem.Hint(err), "%s cannot take the table of an example job: %w", e.display, err)
	}
	return nil
}

// Begin gives an empty file the name of its project.
func (e *Edit) Begin(name string) error {
	return e.insertTables(nil, "[project]\nname = "+strconv.Quote(name)+"\nversion = \"0.1.0\"\n")
}
