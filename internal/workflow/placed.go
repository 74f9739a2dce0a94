package workflow

import (
	"errors"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// Placed returns errors of the jobs' environments as problems of the configuration, at
// the options that decide them. It returns any other error as it is.
func Placed(project *pyproject.Project, err error) error {
	failures, ok := errors.AsType[EnvironmentErrors](err)
	if failed, one := errors.AsType[*EnvironmentError](err); one && !ok {
		failures = EnvironmentErrors{failed}
	}
	if len(failures) == 0 {
		return err
	}
	var complaints []pyproject.Complaint
	for _, failed := range failures {
		job, _, _ := project.Job(failed.Job)
		complaints = append(complaints, pyproject.Complaint{Job: job, Key: failed.Option, Message: failed.Error(), Hint: problem.Hint(failed)})
	}
	return project.Complain(complaints)
}
