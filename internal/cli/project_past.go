package cli

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/rescue"
	"github.com/spf13/cobra"
)

// sourcesHelp says where a history comes from.
const sourcesHelp = `The repository is $GITHUB_REPOSITORY, else that of the git remote origin. The token
is --token, $INPUT_TOKEN, $GITHUB_TOKEN, $GH_TOKEN, else that of ` + "`gh auth token`" + `; it
needs actions: read. Those of the environment are only sent to github.com, to
subdomains of ghe.com, and to the host of $GITHUB_SERVER_URL or $GITHUB_API_URL;
$GH_ENTERPRISE_TOKEN only to the host that $GH_HOST names. For any other host that a
remote names, use --token or gh. Without a repository, or without a token where there
is a local ledger, the history is that of the ledger in .scheduled/.`

func registerToken(cmd *cobra.Command, token *string) {
	cmd.Flags().StringVar(token, "token", "", "token that may read Actions")
}

// recall opens the past of a project for read, and tells people meanwhile what it is
// doing.
func (p *Program) recall(project *project, token string, doing func() string, read func(context.Context, *past.Archive) error) error {
	ctx, stop := withSignals()
	defer stop()
	defer p.progress(doing)()
	origin := p.origin(ctx, project, token)
	archive, err := p.archive(project, origin)
	if err == nil {
		err = archive.Begin(ctx)
	}
	if err == nil {
		err = read(ctx, archive)
	}
	return explainUnreadable(err, origin.Token != "")
}

// archive chooses where the past of a project comes from: GitHub, if the repository is
// known and there is a token or no ledger.
func (p *Program) archive(project *project, origin github.Origin) (*past.Archive, error) {
	local := ledger.Exists(project.AbsFile())
	if origin.Repository == "" || origin.Token == "" && local && !p.onGitHub() {
		archive := &past.Archive{Now: p.Now()}
		var err error
		if local {
			archive.Ledger, err = ledger.Open(project.AbsFile(), p.say)
		}
		return archive, err
	}
	if err := project.Hosted(); err != nil {
		return nil, err
	}
	log := &shared{w: p.Stderr}
	client, err := p.client(origin, log, log)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	archive := &past.Archive{Repository: origin.Repository, Client: client, Retention: p.retention()}
	if p.runner(p.Stderr).On() { // the token is that of the jobs' own runs
		archive.Reserve = rescue.Reserve
	}
	return archive, nil
}

// pastJob is a job as the archive takes it.
func pastJob(job pyproject.Job) past.Job {
	return past.Job{ID: job.ID, File: job.File(), Schedule: job.Schedule}
}

// retention returns for how many days GitHub keeps runs, as it tells the runs
// themselves; 0 if it does not.
func (p *Program) retention() int {
	days, _ := strconv.Atoi(p.getenv("GITHUB_RETENTION_DAYS"))
	return days
}

// note tells people what they should know beside a result.
func (p *Program) note(remarks []string) {
	for _, remark := range remarks {
		p.say("note: " + remark)
	}
}

// explainUnreadable gives the error of a token that may not read runs its exit code
// and its hint.
func explainUnreadable(err error, token bool) error {
	if _, denied := errors.AsType[*github.Denied](err); !denied {
		return err
	}
	const needs = "reading runs takes the permission `actions: read`"
	hint := "the token lacks it, or there is no such repository: " + needs + ". " +
		"Give it to GITHUB_TOKEN under `permissions:` of the workflow's job, to a fine-grained token as Actions: read; a classic token has it by the scope repo"
	if !token {
		hint = "there is no token: set GITHUB_TOKEN, or log in with `gh auth login`. " + needs
	}
	return &exitError{exitDenied, problem.WithHint(err, hint)}
}

// shared lets several goroutines write to one stream.
type shared struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *shared) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}

// progress tells people what goes on, every two seconds until stop is called.
func (p *Program) progress(what func() string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.Tick(2 * time.Second); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick:
				p.say(what())
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}
