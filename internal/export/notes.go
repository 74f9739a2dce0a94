package export

import (
	"slices"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// notes are what people should know about an export: each text once, with the jobs that
// it is about.
type notes struct {
	texts []string
	of    map[string][]pyproject.Job
}

// add notes a text about jobs, or about all of the export where there are none.
func (n *notes) add(text string, jobs ...pyproject.Job) {
	if !slices.Contains(n.texts, text) {
		n.texts = append(n.texts, text)
	}
	n.of[text] = append(n.of[text], jobs...)
}

// lines returns a line for each text: "clean-files, report: left out, because …".
func (n *notes) lines() []string {
	lines := []string{}
	for _, text := range n.texts {
		if jobs := n.of[text]; len(jobs) > 0 {
			text = show(jobs) + ": " + text
		}
		lines = append(lines, text)
	}
	return lines
}
