package execution

import (
	"cmp"
	"slices"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
)

// outputFile is the variable that says where a step of Actions writes its outputs.
const outputFile = "GITHUB_OUTPUT"

// Restart is python.Restart for the entrypoints of several jobs, in a step of Actions or
// elsewhere. It returns the URL of each job's heartbeat, which this program keeps, as it
// keeps where to write the outputs of its step, and the values of further variables.
func Restart(program string, args, environ []string, actions bool, jobs []pyproject.Job, further ...string) (heartbeats, values map[string]string, rest []string, err error) {
	own, token, hidden := append([]string{outputFile}, further...), false, []string{}
	variable := func(job pyproject.Job) string {
		if job.Options.Heartbeat != "" && actions {
			return pyproject.HeartbeatVariable
		}
		return job.Options.Heartbeat
	}
	for _, job := range jobs {
		own, hidden, token = append(own, variable(job)), append(hidden, job.Options.Hidden()...), token || job.Options.Token
	}
	own = slices.DeleteFunc(own, func(name string) bool { return slices.Contains(hidden, name) }) // outside Actions, the entrypoint asks for it too
	taken, rest, err := python.Restart(program, args, environ, token, own...)
	if file := taken[outputFile]; file != "" { // no entrypoint gets it: see python.Scrubbed
		rest = append(rest, outputFile+"="+file)
	}
	heartbeats = make(map[string]string)
	for _, job := range jobs {
		if name := variable(job); name != "" {
			heartbeats[job.ID] = cmp.Or(taken[name], python.Environ(environ).Get(name))
		}
	}
	values = make(map[string]string)
	for _, name := range further {
		values[name] = cmp.Or(taken[name], python.Environ(environ).Get(name))
	}
	return heartbeats, values, rest, err
}
