package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// environment says how the packages of a job are installed. If they cannot be, the
// error is problem.Problems.
func (pr *project) environment(job pyproject.Job) (installer.Environment, error) {
	repo, err := os.OpenRoot(pr.root)
	if err != nil {
		return installer.Environment{}, fmt.Errorf("open repository: %w", err)
	}
	defer repo.Close()
	env, err := workflow.Target{Project: pr.Project, Path: pr.path}.Environment(repo.FS(), job)
	return env, pr.placed(err)
}

// environments is environment for all jobs.
func (pr *project) environments() ([]workflow.Installed, error) {
	repo, err := os.OpenRoot(pr.root)
	if err != nil {
		return nil, fmt.Errorf("open repository: %w", err)
	}
	defer repo.Close()
	environments, err := workflow.Target{Project: pr.Project, Path: pr.path}.Environments(repo.FS())
	return environments, pr.placed(err)
}

// placed returns an error of a job's environment as a problem of the configuration,
// at the option that decides or could. It returns any other error as it is.
func (pr *project) placed(err error) error {
	failed, ok := errors.AsType[*workflow.EnvironmentError](err)
	if !ok {
		return err
	}
	job, _, _ := pr.Job(failed.Job)
	return pr.Complain([]pyproject.Complaint{{Job: job, Key: failed.Option, Message: failed.Error(), Hint: hint(failed)}})
}
