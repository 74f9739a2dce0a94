package delivery

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Checkout is the folder in which a job has run, and the git to ask about it.
type Checkout struct {
	Root    string   // of the repository, absolute
	Git     string   // the program, absolute
	Environ []string // as os.Environ has it, of which git gets little
}

// view is a repository of our own with the objects and the files of a checkout. The job
// could write anything into the checkout's configuration, and git starts programs that a
// configuration names; so what we ask it about the files, it answers by ours. What git
// stores goes here too, and leaves no trace in the checkout.
type view struct {
	Checkout
	gitDir  string   // of the checkout
	dir     string   // GIT_DIR of the view
	head    string   // the commit that is checked out
	remarks []string // for people
	filters []string // of the checkout's configuration: "lfs" for filter.lfs.clean
}

// given are the variables that git gets as they are. None of them can be a credential.
var given = []string{"PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR"}

// environ returns the environment of git.
func (c Checkout) environ(more ...string) []string {
	environ := []string{"LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1"}
	for _, variable := range c.Environ {
		if name, _, _ := strings.Cut(variable, "="); slices.Contains(given, strings.ToUpper(name)) {
			environ = append(environ, variable)
		}
	}
	return append(environ, more...)
}

// ask asks about the checkout by its own configuration, and that of the user. It must be
// about nothing for which git starts a program.
func (v *view) ask(ctx context.Context, args ...string) (string, error) {
	environ := v.environ("GIT_DIR=" + v.gitDir)
	for _, variable := range v.Environ {
		if name, _, _ := strings.Cut(variable, "="); name == "HOME" || strings.EqualFold(name, "USERPROFILE") {
			environ = append(environ, variable)
		}
	}
	out, _, err := v.run(ctx, environ, nil, args...)
	return strings.TrimSuffix(string(out), "\n"), err
}

// git asks about the files.
func (v *view) git(ctx context.Context, stdin io.Reader, args ...string) ([]byte, error) {
	out, _, err := v.run(ctx, v.environment(), stdin, args...)
	return out, err
}

func (v *view) environment() []string {
	return v.environ("GIT_DIR="+v.dir, "GIT_WORK_TREE="+v.Root, "HOME="+v.dir, "USERPROFILE="+v.dir,
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_ATTR_NOSYSTEM=1")
}

// patience is how long one call of git may take.
const patience = 5 * time.Minute

// linkedIgnore matches what git says about a .gitignore that is a symbolic link: "Git does
// not follow symbolic links when accessing a .gitignore file in the working tree."
// https://git-scm.com/docs/gitignore#_notes
var linkedIgnore = pattern.New(`^warning: unable to access '.*\.gitignore': Too many levels of symbolic links$`)

// run runs git in the root of the repository. said is the first line that it writes for
// people, but for that about a link.
func (c Checkout) run(ctx context.Context, environ []string, stdin io.Reader, args ...string) (out []byte, said string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("not done within %v", patience))
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := c.command(ctx, environ, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &stdout, &stderr
	if err = cmd.Run(); ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(stderr.String()), "\n") {
		if said = line; !linkedIgnore.MatchString(line) {
			break
		}
		said = ""
	}
	switch {
	case err != nil && said != "":
		err = fmt.Errorf("git %s: %w: %s", args[0], err, problem.Quote(said))
	case err != nil:
		err = fmt.Errorf("git %s: %w", args[0], err)
	}
	return stdout.Bytes(), said, err
}

func (c Checkout) command(ctx context.Context, environ []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.Git, args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = c.Root, environ, time.Second
	return cmd
}

// open returns a view of the checkout, to be closed.
func (c Checkout) open(ctx context.Context) (_ *view, err error) {
	v := &view{Checkout: c}
	gitDir, common, err := folders(c.Root)
	if err != nil {
		return nil, problem.WithHint(fmt.Errorf("find repository: %w", err), "let the step Checkout make one: in a container that takes git, installed in its image")
	}
	v.gitDir = gitDir
	if v.dir, err = os.MkdirTemp("", "scheduled-commit-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			v.close()
		}
	}()
	if v.head, err = v.ask(ctx, "rev-parse", "--verify", "--quiet", "HEAD"); err != nil {
		return nil, problem.WithHint(fmt.Errorf("read commit of the checkout: %w", err), "let the job leave the checkout at a commit, as the step Checkout does")
	}
	config, err := v.configuration(ctx)
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(filepath.Join(v.dir, "refs"), 0o700); err != nil {
		return nil, err
	}
	for name, content := range map[string]string{
		"HEAD":                    v.head + "\n",
		"config":                  config,
		"objects/info/alternates": filepath.Join(common, "objects") + "\n",
	} {
		if err := write(filepath.Join(v.dir, filepath.FromSlash(name)), strings.NewReader(content)); err != nil {
			return nil, err
		}
	}
	if err := v.takeIndex(); err != nil {
		return nil, err
	}
	for _, name := range []string{"shallow", "info/exclude", "info/attributes"} {
		if err := take(common, v.dir, filepath.FromSlash(name)); err != nil {
			return nil, err
		}
	}
	exclude := filepath.Join(v.dir, "info", "exclude")
	own, err := os.ReadFile(exclude)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return v, write(exclude, strings.NewReader(string(own)+"\n"+leftovers+strings.Join(locks, "\n")+"\n"))
}

// takeIndex copies the index, which can have its older part in a second file.
// https://git-scm.com/docs/git-update-index#_split_index
func (v *view) takeIndex() error {
	files, err := os.ReadDir(v.gitDir)
	for _, f := range files {
		if f.Name() == "index" || strings.HasPrefix(f.Name(), "sharedindex.") {
			err = cmp.Or(err, take(v.gitDir, v.dir, f.Name()))
		}
	}
	return err
}

// leftovers are what Python and the set-up of its environment leave in a project, in the
// form of a .gitignore. They are no results, and a project that runs only here may have no
// .gitignore for them. One that has can take them back.
const leftovers = `__pycache__/
.ipynb_checkpoints/
.venv/
.scheduled/
.pdm-python
*.egg-info/
build/lib/
build/bdist.*/
build/temp.*/
`

// locks are the files that a set-up writes in a project that has none. They are leftovers
// too.
var locks = []string{"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pixi.lock"}

// commitForm matches the id of a commit.
var commitForm = pattern.New(`^[0-9a-f]{40}(?:[0-9a-f]{24})?$`)

// begin returns the commit that the job began with, and its branch, "" if it is not of a
// branch. ref is what the step Checkout was told to check out, and sha the commit of the
// run, for a checkout that does not know its remote. The job may have made commits of its
// own: they are part of what it changed.
func (v *view) begin(ctx context.Context, ref, sha string) (commit, branch string) {
	name, isBranch := strings.CutPrefix(ref, "refs/heads/")
	tag, isTag := strings.CutPrefix(ref, "refs/tags/")
	known := func(ref string) bool {
		id, err := v.ask(ctx, "rev-parse", "--verify", "--quiet", ref)
		commit = id
		return err == nil
	}
	switch {
	case !isTag && known("refs/remotes/origin/"+name):
		branch = name
	case !isBranch && known("refs/tags/"+tag), commitForm.MatchString(ref):
		commit = cmp.Or(commit, ref)
	case !strings.HasPrefix(name, "refs/"):
		commit, branch = sha, name
	}
	if !commitForm.MatchString(commit) {
		return v.head, branch
	}
	if base, err := v.git(ctx, nil, "merge-base", commit, v.head); err == nil { // the same, unless it moved meanwhile
		return strings.TrimSpace(string(base)), branch
	}
	if commit != sha {
		v.remarks = append(v.remarks, "the commit that the job began with is no longer below the one that is checked out: commits that the job itself made are left out")
	}
	return v.head, branch
}

func (v *view) close() { os.RemoveAll(v.dir) }

// folders returns the folder of a worktree's repository, and that of its objects.
// https://git-scm.com/docs/gitrepository-layout
func folders(root string) (gitDir, common string, err error) {
	gitDir = filepath.Join(root, ".git")
	info, err := os.Stat(gitDir)
	if err != nil || info.IsDir() {
		return gitDir, gitDir, err
	}
	named := func(file, prefix, from string) (string, error) {
		content, err := os.ReadFile(file)
		to := strings.TrimSpace(strings.TrimPrefix(string(content), prefix))
		if !filepath.IsAbs(to) {
			to = filepath.Join(from, to)
		}
		return to, err
	}
	if gitDir, err = named(gitDir, "gitdir:", root); err != nil {
		return "", "", err
	}
	common, err = named(filepath.Join(gitDir, "commondir"), "", gitDir)
	if errors.Is(err, fs.ErrNotExist) {
		return gitDir, gitDir, nil
	}
	return gitDir, common, err
}

// harmless are the keys of a configuration that say how files become contents, and cannot
// name a program; and what their values look like.
var harmless, harmlessValue = []string{"core.autocrlf", "core.eol", "core.filemode", "core.ignorecase", "core.longpaths", "core.precomposeunicode", "core.symlinks"},
	pattern.New(`^[A-Za-z]+$`)

// configuration returns that of the view: what is harmless in that of the checkout. It
// notes the filters there.
func (v *view) configuration(ctx context.Context) (string, error) {
	said, err := v.ask(ctx, "config", "--null", "--get-regexp", `^(core\.[a-z]+|filter\..*\.(clean|process))$`)
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 1) { // 1: there is none
		return "", fmt.Errorf("read configuration of the checkout: %w", err)
	}
	values := map[string]string{}
	for setting := range strings.SplitSeq(said, "\x00") {
		key, value, set := strings.Cut(setting, "\n")
		if !set {
			value = "true"
		}
		if driver, ok := strings.CutPrefix(key, "filter."); ok {
			v.filters = append(v.filters, driver[:strings.LastIndexByte(driver, '.')])
		} else if slices.Contains(harmless, key) && harmlessValue.MatchString(value) {
			values[key] = value
		}
	}
	// With sparseCheckout, files that are there count wherever they are. The format is
	// what names a hash other than SHA-1.
	config := "[core]\n\trepositoryformatversion = 1\n\tbare = false\n\tsparseCheckout = true\n\tuntrackedCache = false\n\tsplitIndex = false\n\tquotePath = false\n"
	if runtime.GOOS == "windows" {
		config += "\tfileMode = false\n\tsymlinks = false\n"
	}
	for key, value := range values {
		config += "\t" + strings.TrimPrefix(key, "core.") + " = " + value + "\n"
	}
	if len(v.head) == 64 {
		config += "[extensions]\n\tobjectFormat = sha256\n"
	}
	return config, nil
}

// write writes a file and the folders it is in.
func write(name string, content io.Reader) error {
	err := os.MkdirAll(filepath.Dir(name), 0o700)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return cmp.Or(err, file.Close())
}

// take copies a file with its time, by which git knows whether what it has noted about
// files can be trusted. Not every file has to be there.
// https://git-scm.com/docs/racy-git
func take(from, to, name string) error {
	info, err := os.Stat(filepath.Join(from, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || !info.Mode().IsRegular() {
		return cmp.Or(err, fmt.Errorf("%s of the repository is not a file", name))
	}
	file, err := os.Open(filepath.Join(from, name))
	if err != nil {
		return err
	}
	defer file.Close()
	if err := write(filepath.Join(to, name), file); err != nil {
		return err
	}
	return os.Chtimes(filepath.Join(to, name), time.Time{}, info.ModTime())
}
