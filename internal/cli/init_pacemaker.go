package cli

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/rescue"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// initialisePacemaker makes the environments that the option pacemaker needs, or prints the
// commands that do.
func (p *Program) initialisePacemaker(flags initFlags) error {
	project, err := p.openValid()
	if err != nil {
		return err
	}
	ctx, stop := withSignals()
	defer stop()
	origin := p.origin(ctx, project, "")
	var client *github.Client
	if origin.Repository != "" && origin.Token != "" {
		if client, err = p.client(origin, p.Stderr, p.Stderr); err != nil {
			return &exitError{exitUsage, problem.WithHint(err, "set GITHUB_REPOSITORY to owner/name")}
		}
	}
	timers, failed := rescue.Timers(ctx, client, cmp.Or(origin.Repository, "OWNER/REPO"), workflow.PacemakerEnvironment, flags.dryRun)
	if flags.asJSON {
		err = p.printJSON(map[string]any{"environments": timers})
	} else {
		err = p.printTimers(timers, project.Rescue.Pacemaker)
	}
	return errors.Join(explainTimers(failed), err)
}

// printTimers prints the environments, the commands for those that are not made, and what is
// still to do.
func (p *Program) printTimers(timers []rescue.Timer, declared bool) error {
	t := p.table(p.Stdout, whole, whole, phrase)
	var steps []string
	for _, timer := range timers {
		state := string(timer.State)
		switch timer.State {
		case rescue.TimerPlanned:
			state = "would be made"
		case rescue.TimerNotMade:
			steps = append(steps, timer.Command)
		}
		t.Row(state, "environment "+timer.Name, "wait timer: "+problem.Count(timer.Minutes, "minute"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(steps) > 0 {
		fmt.Fprintln(p.Stdout, "\nRun these commands as somebody who may administer the repository:")
		for _, command := range steps {
			fmt.Fprintln(p.Stdout, command)
		}
	}
	if declared {
		return nil
	}
	_, err := fmt.Fprintln(p.Stdout, p.inWords("\nThen set pacemaker = \"environment\" in [tool.scheduled-actions], and run `scheduled sync`."))
	return err
}

// explainTimers gives a hint to the error of environments that GitHub did not make.
func explainTimers(err error) error {
	switch denied, ok := errors.AsType[*github.Denied](err); {
	case ok && denied.Lacks == github.Valid:
		return &exitError{exitDenied, problem.WithHint(err, rescueHints[github.Valid])}
	case ok:
		return &exitError{exitDenied, problem.WithHint(err, "run the commands above as somebody who may administer the repository, or use such a token: a fine-grained one needs Administration: write, a classic one the scope repo")}
	case github.Refused(err):
		return &exitError{exitFindings, problem.WithHint(err, "make the repository public, or use GitHub Enterprise: other plans have no wait timers in private repositories")}
	}
	return err
}
