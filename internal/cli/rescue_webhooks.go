package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/scheduled-actions/scheduled/internal/ledger"
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
