package pyproject

import "github.com/scheduled-actions/scheduled/internal/problem"

// exampleJob runs in every project: its callable is one of Python's own.
const exampleJob = `# An example: replace it with your own job. Its entrypoint, "module:callable",
# is called at least once in every window.
[tool.scheduled.example]
every = "day" # hour, day, week, month
entrypoint = "builtins:credits"
`

// AddExample adds an example job.
func (e *Edit) AddExample() error {
	if err := e.Append(exampleJob); err != nil {
		return unfit(problem.Hint(err), "%s cannot take the table of an example job: %w", e.display, err)
	}
	return nil
}
