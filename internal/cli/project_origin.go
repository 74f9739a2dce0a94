package cli

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/entrypoint"
	"github.com/scheduled-actions/scheduled/internal/github"
)

// origin finds the repository that a project lives in: the environment names it, as in
// Actions, or the remote origin of the checkout does. A checkout of another forge has
// none.
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

// askGH returns the token that GitHub's own command line has for a host, if that is
// installed and somebody is logged in.
func (p *Program) askGH(ctx context.Context, project *project, host string) string {
	environ := slices.DeleteFunc(slices.Clone(p.Environ), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(github.TokenVariables, strings.ToUpper(name))
	})
	token, err := p.ask(ctx, project, environ, "gh", "auth", "token", "--hostname", host)
	if err != nil {
		return ""
	}
	return token
}

// ask returns what a program prints, which must not take long. What it leaves running
// may hold its end of the pipe for ever. No program that may have come with the project
// is started, neither here nor by a wrapper that looks at PATH or at the working folder.
func (p *Program) ask(ctx context.Context, project *project, environ []string, name string, args ...string) (string, error) {
	file, path, err := entrypoint.LookPath(name, project.Dir, project.Root, environ)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, file, args...)
	cmd.Env = append(slices.Clip(environ), "PATH="+path)
	cmd.Dir = filepath.Dir(file)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // the program itself ended well
	}
	return strings.TrimSpace(string(out)), err
}

// client returns a client of the repository, which writes its retries to log and,
// when the run is debugged, its requests to trace.
func (p *Program) client(o github.Origin, log, trace io.Writer) (*github.Client, error) {
	config := github.Config{
		APIURL:     o.APIURL,
		ServerURL:  p.getenv("GITHUB_SERVER_URL"),
		Repository: o.Repository,
		Token:      o.Token,
		Log:        log,
	}
	// GitHub sets the clock of its own runners. That of any other machine may be wrong
	// for years, and then each tick would execute the job.
	// https://docs.github.com/actions/reference/workflows-and-actions/variables
	if p.getenv("RUNNER_ENVIRONMENT") == "github-hosted" {
		config.Now = p.Now
	}
	if p.getenv("RUNNER_DEBUG") == "1" {
		config.Trace = trace
	}
	return github.New(config)
}
