package pyproject

import "github.com/scheduled-actions/scheduled/internal/problem"

// Complaint is a problem with the value of a job's key that pyproject.toml alone does
// not show, such as a missing entrypoint.
type Complaint struct {
	Job           Job
	Key           string
	Message, Hint string
}

// KwargKey is the Key of a Complaint about one of the arguments in kwargs.
func KwargKey(name string) string { return "kwargs." + name }

// Complain returns complaints as problems. Each is placed at the value of the deciding
// key, or at the job's table without such a key.
func (p *Project) Complain(complaints []Complaint) problem.Problems {
	findings := make([]finding, 0, len(complaints))
	for _, c := range complaints {
		findings = append(findings, finding{at: p.value(c.Job, c.Key), message: printable(problem.Cut(c.Message, mostText)), hint: printable(problem.Cut(c.Hint, mostText))})
	}
	return locate(p.File, p.text, findings)
}

// value returns the place of a job's value, or of its key if the value is not a string
// beside it.
func (p *Project) value(job Job, key string) span {
	var at span
	for _, k := range job.keys {
		if k.name == key && k.at.end > 0 {
			at = k.at
		}
	}
	start := skipAny(p.text, at.end, " \t=")
	if at.end > 0 && start < len(p.text) && (p.text[start] == '"' || p.text[start] == '\'') {
		return span{start, stringEnd(p.text, start)}
	}
	return at
}
