package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/scheduled-actions/scheduled/internal/entrypoint"
	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/rescue"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/spf13/cobra"
)

// onGitHub reports whether the history to ask is GitHub's, from within Actions
// or from anywhere else.
func (p *Program) onGitHub() bool { return p.getenv("GITHUB_REPOSITORY") != "" }

// origin finds the repository of a project: the environment names it, as in Actions, or
// the remote origin of the checkout does. A checkout from elsewhere has none.
func (p *Program) origin(ctx context.Context, project *project, token string) github.Origin {
	remote := ""
	if !p.onGitHub() {
		remote, _ = p.ask(ctx, project, p.Environ, "git", "-C", project.Dir, "remote", "get-url", "origin")
	}
	o := github.FindOrigin(p.getenv, remote, token)
	if o.Repository != "" && o.Token == "" {
		o.Token = p.askGH(ctx, project, o.Host)
	}
	if o.Token == "" && o.Foreign {
		return github.Origin{}
	}
	return o
}

// git returns what runs git in the repository of a project.
func (p *Program) git(project *project) func(args ...string) (string, error) {
	return func(args ...string) (string, error) {
		return p.ask(context.Background(), project, p.Environ, "git", append([]string{"-C", project.Root}, args...)...)
	}
}

// askGH returns the token that GitHub's own command line has for a host, if it is
// installed and logged in.
func (p *Program) askGH(ctx context.Context, project *project, host string) string {
	environ := slices.DeleteFunc(slices.Clone(p.Environ), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(github.TokenVariables, strings.ToUpper(name))
	})
	token, err := p.ask(ctx, project, environ, cmp.Or(p.getenv("GH_PATH"), "gh"), "auth", "token", "--hostname", host)
	if err != nil {
		return ""
	}
	return token
}

// ask returns what a program prints: see entrypoint.Output.
func (p *Program) ask(ctx context.Context, project *project, environ []string, name string, args ...string) (string, error) {
	return entrypoint.Output(ctx, project.Place, environ, name, args...)
}

// client returns a client of the repository. It writes its retries to log and, if the
// run is debugged, its requests to trace.
func (p *Program) client(o github.Origin, log, trace io.Writer) (*github.Client, error) {
	config := github.Config{
		APIURL:     o.APIURL,
		ServerURL:  p.getenv("GITHUB_SERVER_URL"),
		Repository: o.Repository,
		Token:      o.Token,
		Log:        log,
	}
	// GitHub sets the clock of its own runners. The clock of any other machine may be
	// wrong for years, and then each tick would execute the job.
	// https://docs.github.com/actions/reference/workflows-and-actions/variables
	if p.getenv("RUNNER_ENVIRONMENT") == "github-hosted" {
		config.Now = p.Now
	}
	if p.getenv("RUNNER_DEBUG") == "1" {
		config.Trace = trace
	}
	return github.New(config)
}

// sourcesHelp says where a history comes from.
const sourcesHelp = `The repository is $GITHUB_REPOSITORY, else that of the git remote origin. The token
is --token, $INPUT_TOKEN, $GITHUB_TOKEN, $GH_TOKEN, else that of ` + "`gh auth token`" + `; it
needs actions: read. Without a repository, or without a token where there is a local
ledger, the history is that of the ledger in .scheduled/.`

func registerToken(cmd *cobra.Command, token *string) {
	cmd.Flags().StringVar(token, "token", "", "token that may read Actions")
}

// recall opens the past of some projects for read, and shows what it is doing meanwhile.
func (p *Program) recall(projects []*project, token string, doing func() string, read func(context.Context, *past.Archive) error) error {
	ctx, stop := withSignals()
	defer stop()
	var sent atomic.Pointer[github.Client]
	defer p.progress(func() string {
		if client := sent.Load(); client != nil {
			return doing() + ", " + problem.Count(client.Sent(), "request")
		}
		return doing()
	})()
	origin := p.origin(ctx, projects[0], token)
	archive, err := p.archive(origin, projects...)
	if err == nil {
		sent.Store(archive.Client)
		err = archive.Begin(ctx)
	}
	if err == nil {
		err = read(ctx, archive)
	}
	return explainUnreadable(err, origin.Token != "")
}

// archive chooses where the past of some projects comes from: GitHub, if the repository is
// known and there is a token or no ledger.
func (p *Program) archive(origin github.Origin, projects ...*project) (*past.Archive, error) {
	local, hosted, unhosted := false, false, error(nil)
	archive := &past.Archive{Now: p.Now()}
	for _, project := range projects {
		book, err := p.ledger(project)
		if err != nil {
			return nil, err
		}
		local, hosted = local || book != nil, hosted || len(project.Hosted()) > 0
		unhosted = cmp.Or(unhosted, project.Problems())
		if len(projects) == 1 {
			archive.Ledger = book
		}
	}
	if origin.Repository == "" || origin.Token == "" && local && !p.onGitHub() || !hosted && unhosted == nil {
		return archive, nil
	}
	if !hosted {
		return nil, unhosted
	}
	log := &shared{w: p.Stderr}
	client, err := p.client(origin, log, log)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	archive.Repository, archive.Client, archive.Retention = origin.Repository, client, p.retention()
	if p.runner(p.Stderr).On() { // the jobs' own runs use the same token
		archive.Reserve = rescue.Reserve
	}
	return archive, nil
}

// ledger opens the ledger of a project; nil if nothing ever ran there.
func (p *Program) ledger(project *project) (*ledger.Ledger, error) {
	if !ledger.Exists(project.AbsFile()) {
		return nil, nil
	}
	return ledger.Open(project.AbsFile(), p.say)
}

// pastJob is a job as the archive takes it.
func pastJob(job pyproject.Job) past.Job {
	return past.Job{ID: job.ID, File: job.File(), Schedule: job.Schedule, Local: !job.Hosted()}
}

// retention returns for how many days GitHub keeps runs, which a run finds in its
// environment; 0 if unknown.
func (p *Program) retention() int {
	days, _ := strconv.Atoi(p.getenv("GITHUB_RETENTION_DAYS"))
	return days
}

// explainUnreadable gives an exit code and a hint to the error of a token that may not
// read runs.
func explainUnreadable(err error, token bool) error {
	denied, ok := errors.AsType[*github.Denied](err)
	if !ok {
		return err
	}
	hint := "check the name of the repository, and give the token the permission `actions: read`: " +
		"GITHUB_TOKEN under `permissions:` of the workflow's job, a fine-grained token as Actions: read, a classic token by the scope repo"
	switch {
	case token && denied.Lacks == github.Valid:
		hint = actingHints[github.Valid]
	case !token:
		hint = "set GITHUB_TOKEN, or log in with `gh auth login`: reading runs needs the permission `actions: read`"
	}
	return &exitError{exitDenied, problem.WithHint(err, hint)}
}

// pastJobs returns the jobs of a project as the archive takes them.
func (p *Program) pastJobs(project *project) (jobs []past.Job, err error) {
	for _, job := range project.Jobs {
		jobs = append(jobs, pastJob(job))
	}
	if !p.allProjects {
		return jobs, nil
	}
	book, err := p.ledger(project)
	for i := range jobs {
		jobs[i].Project, jobs[i].Ledger = project.Path, book
	}
	return jobs, err
}

// recallAll reads the history of all jobs of some projects for read. reach says how far back,
// and may tell the jobs what is known already.
func (p *Program) recallAll(projects []*project, token string, reach func([]past.Job) schedule.Reach, read func(*past.Archive, []past.History) error) error {
	var jobs []past.Job
	for _, project := range projects {
		more, err := p.pastJobs(project)
		if err != nil {
			return err
		}
		jobs = append(jobs, more...)
	}
	var done atomic.Int64
	doing := func() string { return fmt.Sprintf("read %d of %s", done.Load(), problem.Count(len(jobs), "job")) }
	return p.recall(projects, token, doing, func(ctx context.Context, archive *past.Archive) error {
		histories, err := archive.ReadAll(ctx, jobs, reach(jobs), func() { done.Add(1) })
		if err != nil {
			return err
		}
		return read(archive, histories)
	})
}
