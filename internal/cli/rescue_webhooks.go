package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/rescue"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/webhook"
)

// rescueJob returns what a rescue has to know about a job.
func rescueJob(job pyproject.Job) rescue.Job {
	o := job.Options
	return rescue.Job{
		ID: job.ID, File: job.File(), Schedule: job.Schedule, Patience: o.Patience, Needs: o.Needs, Parallel: o.MaxInstances > 1 || o.Cancel,
		Tells:   schedule.Telling{On: o.NotifyOn, After: o.NotifyAfter, PauseAfter: o.PauseAfter},
		Webhook: o.Webhook, Group: o.Group, Description: o.Description,
	}
}

// webhooks gives a rescue of projects the hooks of their jobs, whose URLs are in the
// environment, and the memories of what was posted. Those without a URL are named in one
// warning.
func (p *Program) webhooks(projects []*project, engine *rescue.Rescue) {
	hooks := map[string]*webhook.Hook{}
	var wrong []error
	var unset []string
	for i, known := range engine.Projects {
		for _, job := range known.Jobs {
			name := job.Webhook
			if _, read := hooks[name]; read || name == "" || slices.Contains(unset, name) {
				continue
			}
			url := p.getenv(name)
			if strings.TrimSpace(url) == "" {
				unset = append(unset, name)
				continue
			}
			hook, err := webhook.New(url)
			if err != nil {
				wrong = append(wrong, problem.New(problem.Hint(err), "nothing is posted to the webhook %s: %w", name, err))
			}
			hooks[name] = hook // nil if it is wrong
		}
		known.Hooks = hooks
		posts := func(job rescue.Job) bool { _, read := hooks[job.Webhook]; return read }
		if slices.ContainsFunc(known.Jobs, posts) {
			known.Memory = memory(projects[i].AbsFile(), engine.DryRun)
		}
	}
	if len(unset) > 0 {
		wrong = append(wrong, problem.New("store the URL of the webhook in it", "nothing is posted to %s: not set, or empty",
			problem.Some(unset, func(name string) string { return "the webhook " + name })))
	}
	p.warn(p.runner(p.Stderr), errors.Join(wrong...))
}

// memory returns what remembers the posts for the project of a file.
func memory(file string, dryRun bool) *webhook.Memory {
	return &webhook.Memory{Folder: func() (*os.Root, error) {
		if dryRun {
			dir, err := os.OpenRoot(filepath.Join(filepath.Dir(file), ".scheduled"))
			if errors.Is(err, fs.ErrNotExist) {
				err = nil // it is not created
			}
			return dir, err
		}
		return ledger.Folder(file)
	}}
}
