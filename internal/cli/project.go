package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/scheduled-actions/scheduled/internal/entrypoint"
	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// project is the project that a command works on.
type project struct {
	*pyproject.Project
	dir  string // its folder, absolute, through no symbolic link
	root string // the repository's root folder, or dir where there is no repository
	path string // of pyproject.toml, relative to root, with slashes
}

const projectFile = "pyproject.toml"

// file returns the absolute path of its pyproject.toml, whatever that is called.
func (p *project) file() string { return filepath.Join(p.root, filepath.FromSlash(p.path)) }

// open reads the project that --project names, or the nearest one upward.
// What is wrong with its content comes back as problem.Problems.
func (p *Program) open() (*project, error) {
	file, err := p.locate()
	if err != nil {
		return nil, err
	}
	dir, root, path, err := locateInRepo(file, p.getenv("GITHUB_WORKSPACE"))
	if err != nil {
		return nil, fmt.Errorf("find project: %w", err)
	}
	folder, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("find project: %w", err)
	}
	defer folder.Close()
	// A link out of the repository is no part of it.
	loaded, err := pyproject.Load(folder.FS(), path, file)
	if err != nil {
		if _, ok := errors.AsType[problem.Problems](err); !ok {
			err = &exitError{exitUsage, fmt.Errorf("read project: %w", err)}
		}
		return nil, err
	}
	return &project{Project: loaded, dir: dir, root: root, path: path}, nil
}

// locateInRepo returns the folder of a file, absolute and through no symbolic
// link, the root of its repository, and its path from there, with slashes.
// workspace is the folder of the repository in Actions, "" elsewhere.
func locateInRepo(file, workspace string) (dir, root, path string, err error) {
	dir, err = filepath.Abs(filepath.Dir(file))
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return "", "", "", err
	}
	root = cmp.Or(repositoryRoot(dir), checkoutRoot(dir, workspace), dir)
	path, err = filepath.Rel(root, filepath.Join(dir, filepath.Base(file)))
	return dir, root, filepath.ToSlash(path), err
}

// openHosted is open for the commands whose jobs run on GitHub, which cannot
// run every cadence.
func (p *Program) openHosted() (*project, error) {
	project, err := p.open()
	if err != nil {
		return nil, err
	}
	if err := project.Hosted(); err != nil {
		return nil, err
	}
	return project, nil
}

// locate returns the path of pyproject.toml, for display.
func (p *Program) locate() (string, error) {
	if p.project == "" {
		return nearest()
	}
	info, err := os.Stat(p.project)
	if err != nil {
		return "", &exitError{exitUsage, problem.New("--project names a folder or a pyproject.toml", "find project: %w", err)}
	}
	if !info.IsDir() {
		return p.project, nil
	}
	file := filepath.Join(p.project, projectFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return "", &exitError{exitUsage, problem.New("--project names a folder or a pyproject.toml", "folder %s has no %s", p.project, projectFile)}
	}
	return file, nil
}

// nearest looks for pyproject.toml in the working folder and above. Above, one of
// another user is an error: anybody may put a file into a shared folder, and it says what
// to run.
func nearest() (string, error) {
	for dir := "."; ; dir = filepath.Join(dir, "..") {
		file := filepath.Join(dir, projectFile)
		if info, err := os.Stat(file); err == nil {
			link, err := os.Lstat(file)
			if dir != "." && (err != nil || !entrypoint.Own(link) || !entrypoint.Own(info)) {
				return "", &exitError{exitUsage, problem.New("if you trust it, name it with --project", "%s belongs to another user", file)}
			}
			return file, nil
		}
		if abs, err := filepath.Abs(dir); err != nil || abs == filepath.Dir(abs) {
			return "", &exitError{exitUsage, problem.New("go to the project's folder, or name it with --project", "no %s here or in any folder above", projectFile)}
		}
	}
}

// checkoutRoot returns the workspace if that holds dir, else "". Where a container
// has no git, actions/checkout downloads the files, and there is no .git.
func checkoutRoot(dir, workspace string) string {
	workspace, err := filepath.EvalSymlinks(workspace)
	if err != nil {
		return ""
	}
	if inside, err := filepath.Rel(workspace, dir); err != nil || !filepath.IsLocal(inside) {
		return ""
	}
	return workspace
}

// repositoryRoot returns the nearest folder upward that holds .git, or "".
func repositoryRoot(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return ""
		}
	}
}

// job returns the job of that id.
func (pr *project) job(id string) (pyproject.Job, error) {
	job, nearest, found := pr.Job(id)
	if found {
		return job, nil
	}
	hint := "`scheduled list` shows the jobs"
	if nearest != "" {
		hint = fmt.Sprintf("did you mean %q? %s", nearest, hint)
	}
	return job, &exitError{exitUsage, problem.New(hint, "no job %q in %s", id, pr.path)}
}

// inRepository returns the path of pyproject.toml in the repository: what
// --project names from the working folder, which need not hold a checkout.
func (p *Program) inRepository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find project: %w", err)
	}
	root, name := cmp.Or(repositoryRoot(dir), dir), p.project
	if workspace := p.getenv("GITHUB_WORKSPACE"); workspace != "" && strings.HasPrefix(workspace, root+string(filepath.Separator)) {
		root = workspace // a runner may work in a folder of some other repository
	}
	if name == "" {
		name = root
		if file, err := nearest(); err == nil {
			name = file
		}
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	if filepath.Ext(name) != ".toml" {
		name = filepath.Join(name, projectFile)
	}
	rel, err := filepath.Rel(root, name)
	if rel = filepath.ToSlash(rel); err != nil || !fs.ValidPath(rel) {
		if p.project == "" {
			return projectFile, nil // the nearest one is no part of this repository
		}
		return "", &exitError{exitUsage, problem.New("--project names a folder of the repository, or a pyproject.toml in it", "--project %q is outside the repository", p.project)}
	}
	return rel, nil
}

// withSignals returns a context that the signals end by which a program is told to
// end, with a cause that names the signal. A SIGHUP that nohup has switched off stays
// so.
func withSignals() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		select {
		case s := <-signals:
			cancel(python.Cancelled{Signal: s, More: signals})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}

// onGitHub reports whether the history to ask is GitHub's, from within Actions
// or from anywhere else.
func (p *Program) onGitHub() bool { return p.getenv("GITHUB_REPOSITORY") != "" }

// fromRoot returns the path of a file here from the root of its repository.
func fromRoot(file string) string {
	if _, _, path, err := locateInRepo(file, ""); err == nil {
		return path
	}
	return file
}

// howToSync returns the command that updates the files, as a person would type it.
func (p *Program) howToSync() string {
	if p.project == "" || p.project == "." {
		return "scheduled sync"
	}
	return fmt.Sprintf("scheduled --project %q sync", p.project)
}

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
	return pr.Complain([]pyproject.Complaint{{Job: job, Key: failed.Option, Message: failed.Error(), Hint: problem.Hint(failed)}})
}
