package main

import (
	"os"
	"path/filepath"
	"time"
)

// ledger is the history outside GitHub, in .scheduled/ of the project.
type ledger struct{}

func (ledger) cadences() []string { return []string{"minute", "hour", "day", "week", "month"} }

func (ledger) start(r request, manual bool) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	clock := r.Now.Format(time.RFC3339)
	if !r.Ends.IsZero() {
		clock += "," + r.Ends.Format(time.RFC3339)
	}
	args := []string{"run", r.Job}
	if manual {
		args = append(args, "--force")
	}
	if r.Blind {
		restore, err := hide(filepath.Join(r.Project, ".scheduled"))
		if err != nil {
			return err
		}
		defer restore()
	}
	_, err = execute(command(self, r.Project, []string{clockVariable + "=" + clock}, args...), r)
	return err
}

// hide puts a file where the ledger is, until restore is called.
func hide(folder string) (restore func(), err error) {
	aside := folder + ".aside"
	there := os.Rename(folder, aside) == nil
	return func() {
		_ = os.Remove(folder)
		if there {
			_ = os.Rename(aside, folder)
		}
	}, os.WriteFile(folder, nil, 0o600)
}
