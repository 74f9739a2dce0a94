package cli

import (
	"cmp"
	"errors"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/report"
	"github.com/scheduled-actions/scheduled/internal/serve"
	"github.com/spf13/cobra"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	local             bool
	listen, logFormat string
	tokenFile, token  string
	workers           int
	drain             time.Duration
}

func (p *Program) serveCommand() *cobra.Command {
	var flags serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Start jobs on time, from this machine",
		Long: `serve runs until you stop it. It starts each job at its slot, within seconds: a job with
executor = "serve" on this machine, with its history in .scheduled/; any other on GitHub,
by workflow_dispatch. With --local it runs all of them here, and needs no GitHub.

It reads pyproject.toml again when its content changes, or on SIGHUP. On SIGTERM or
Ctrl-C it starts no more jobs, gives running ones the time of --drain, and then stops them.
A second serve of the same project waits, and takes over when the first one ends.

--listen is where it answers: /healthz, /readyz, /metrics for Prometheus, and a page that
shows the jobs. An address that others can reach needs --token-file.`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return p.serve(flags) },
	}
	cmd.Flags().BoolVar(&flags.local, "local", false, "run all jobs here, without GitHub")
	cmd.Flags().StringVar(&flags.listen, "listen", "127.0.0.1:8484", "address for health, metrics and the page; empty for none")
	cmd.Flags().IntVar(&flags.workers, "workers", runtime.NumCPU(), "maximum number of jobs that run here at once")
	cmd.Flags().DurationVar(&flags.drain, "drain", 30*time.Second, "time that running jobs get to end by themselves")
	cmd.Flags().StringVar(&flags.tokenFile, "token-file", "", "file with a token of your choice, which requests to --listen must send")
	cmd.Flags().StringVar(&flags.logFormat, "log-format", "text", "format of the log: text or json")
	cmd.Flags().StringVar(&flags.token, "token", "", "token for GitHub that may write Actions (default: $INPUT_TOKEN, then $GITHUB_TOKEN)")
	return cmd
}

// gcPercent has the garbage collector keep less room than usual: the loop waits most of the
// time, and what it has of thousands of jobs hardly changes.
const gcPercent = 10

func (p *Program) serve(flags serveFlags) error {
	if !slices.Contains(serve.Formats, flags.logFormat) {
		return &exitError{exitUsage, problem.New("give "+strings.Join(serve.Formats, " or "), "--log-format %q is not a format of the log", flags.logFormat)}
	}
	if flags.workers < 1 {
		return &exitError{exitUsage, problem.New("give 1 or more, or leave it out for one per core", "--workers %d is too few: no job could run", flags.workers)}
	}
	if flags.drain < 0 {
		return &exitError{exitUsage, problem.New("give 0s to stop running jobs at once", "--drain %v is negative", flags.drain)}
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // jobs outlive the reader of the log
	project, err := p.open()
	if err != nil {
		return err
	}
	own := webhooks(project.Jobs)
	if !flags.local {
		own = append(own, github.TokenVariables...)
	}
	urls, kept := p.restartWith(project.Jobs, own...)
	stdout, stderr := p.relay(p.Stdout), p.relay(p.Stderr)
	p.Stderr = stderr
	log, flush := serve.NewLog(stderr, flags.logFormat)
	defer flush()
	web, err := flags.web(func(remark string) { log.Warn(remark) })
	if err != nil {
		return &exitError{exitUsage, err}
	}
	server := &serve.Server{
		Clock: serve.Wall{},
		Log:   log,
		File:  project.AbsFile(),
		Drain: flags.drain,
		Local: &serve.Local{
			Workers: flags.workers, Output: serve.NewLines(stdout),
			Webhooks:   func(name string) string { return cmp.Or(kept[name], p.getenv(name)) },
			Repository: p.getenv("GITHUB_REPOSITORY"), Path: project.Path,
		},
		Web:    web,
		Notify: notify,
	}
	ctx, kill, stop := serveSignals(server.Reload)
	defer stop()
	server.Kill = kill
	if !flags.local {
		if server.GitHub, err = p.withTokens(kept).dispatcher(ctx, project, flags.token, log); err != nil {
			return err
		}
	}
	server.Load = func() (*serve.Project, error) {
		served, err := p.served(urls, kept)
		if err == nil && !flags.local {
			err = split(served, server.GitHub != nil, log)
		}
		return served, err
	}
	debug.SetGCPercent(gcPercent)
	whole, err := server.Run(ctx)
	if _, busy := errors.AsType[serve.ListenError](err); busy {
		return &exitError{exitUsage, err}
	}
	if err == nil && !whole {
		err = &exitError{exitFindings, problem.New("give them more time with --drain. The next `scheduled serve` runs them again", "jobs were stopped before they ended")}
	}
	return err
}

// relay returns a relay to a stream. What is pending when the program ends gets a second.
func (p *Program) relay(w io.Writer) *serve.Relay {
	r := serve.NewRelay(w)
	p.closing = append(p.closing, func() { r.Close(time.Second) })
	return r
}

// jobToken is the variable with the token that a job can ask for.
const jobToken = "GITHUB_TOKEN"

// withTokens returns the program with the tokens in its environment that entrypoints do not
// get.
func (p *Program) withTokens(kept map[string]string) *Program {
	own := *p
	for _, name := range github.TokenVariables {
		if kept[name] != "" {
			own.Environ = append(slices.Clip(own.Environ), name+"="+kept[name])
		}
	}
	return &own
}

// webhooks returns the variables with the URLs of the webhooks of jobs.
func webhooks(jobs []pyproject.Job) (names []string) {
	for _, job := range jobs {
		if name := job.Options.Webhook; name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// served reads the project for the loop.
func (p *Program) served(urls, kept map[string]string) (*serve.Project, error) {
	project, err := p.read()
	if err != nil {
		return nil, err
	}
	return &serve.Project{
		Title:  report.Title(project.Project),
		Jobs:   project.Jobs,
		Broken: project.Broken,
		Engine: func(job pyproject.Job) execution.Job {
			engine := p.execution(project, job, installer.Environment{})
			if token := kept[jobToken]; job.Options.Token && token != "" {
				engine.Environ = append(slices.Clip(engine.Environ), jobToken+"="+token)
			}
			return engine
		},
		Install: func(engine *execution.Job) (err error) {
			var untold error
			engine.Monitor, untold = execution.Monitor(engine.Job, urls[engine.ID])
			engine.Warn(untold)
			engine.Environment, err = project.environment(engine.Job)
			return err
		},
	}, nil
}
