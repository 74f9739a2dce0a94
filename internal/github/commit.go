package github

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/google/go-github/v60/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Commit is a change to commit on top of a branch.
type Commit struct {
	Branch string
	Start  string // the branch that a new branch begins at; "" for the default branch
	// Same says that Branch is what was checked out. Then a file that somebody else has
	// changed meanwhile is a conflict, and the branch has to exist. On another branch,
	// the files replace what is there.
	Same    bool
	Files   []Changed
	Message string
}

// Committed is what Commit has done.
type Committed struct {
	ID     string   // of the commit, "" if the branch has the change already
	URL    string   // its page, "" without one
	Branch string   // another than was asked for if that was renamed
	Begun  bool     // the branch is new
	Files  []string // the paths that the commit changes, those deleted first
}

// maxCommits is how often a commit is tried when other pushes come first.
const maxCommits = 10

// Commit commits a change on top of the newest commit of a branch, and again when
// the branch has moved. It writes nothing where the branch has the change already. So
// a call that failed can be made again.
//
// ctx must have a deadline. The error is a *Denied, a *ConflictError, a *BranchError, a
// *Failure, or about a file that GitHub does not take.
func (c *Client) Commit(ctx context.Context, wanted Commit) (Committed, error) {
	for _, f := range wanted.Files {
		if err := f.fits(); err != nil {
			return Committed{}, err
		}
	}
	w := &committing{Commit: wanted, client: c}
	for try := 1; ; try++ {
		err := w.once(ctx)
		if err == nil {
			return w.done, nil
		}
		failure, _ := errors.AsType[*Failure](err)
		limited := failure != nil && failure.limited && failure.wait < 0 // else call has waited
		if !Again(err) && !limited {
			return Committed{}, err
		}
		if try == maxCommits {
			return Committed{}, fmt.Errorf("branch %s: not done in %d tries: %w", wanted.Branch, maxCommits, failure)
		}
		wait := backoff(try, limited)
		fmt.Fprintf(c.log, "%v; going again in %v\n", failure, wait.Round(time.Millisecond))
		if !pause(ctx, wait) {
			return Committed{}, failure
		}
	}
}

// backoff returns how long to wait after a try, so that those who push at once come one
// after another.
// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
// "Otherwise, wait for at least one minute before retrying."
func backoff(try int, limited bool) time.Duration {
	wait := min(100*time.Millisecond<<try, 5*time.Second)
	if limited {
		wait = time.Minute
	}
	return wait + rand.N(wait)
}

// committing is the work on a commit.
type committing struct {
	Commit
	client *Client
	sent   Committed // the last commit whose arrival at the branch is unknown
	done   Committed
}

// once commits on top of the branch as it is now.
func (w *committing) once(ctx context.Context) error {
	base, err := w.base(ctx)
	if err != nil {
		return err
	}
	w.done = Committed{Branch: base.Branch, Begun: base.Branch == ""}
	if w.done.Begun {
		w.done.Branch = w.Branch
	}
	if arrived, err := w.arrived(ctx, base); arrived || err != nil {
		return err
	}
	files, err := base.Lacks(w.Files, w.Same)
	if err != nil || len(files) == 0 {
		w.done.Begun = false
		return err
	}
	tree, err := w.client.upload.tree(ctx, base, files)
	if err != nil {
		return denied(Contents, moved(err))
	}
	id, err := w.client.writeCommit(ctx, w.Message, tree, base.Commit)
	if err != nil {
		return denied(Contents, moved(err))
	}
	w.done.ID, w.done.URL = id, w.client.page(w.client.server.JoinPath(w.client.Repository(), "commit", id).String())
	for _, f := range files {
		w.done.Files = append(w.done.Files, f.Path)
	}
	fmt.Fprintf(w.client.log, "moving branch %s to commit %s\n", w.done.Branch, Short(id))
	return w.move(ctx)
}

// base returns the content to commit on top of. Its Branch is "" if the branch is a
// new one.
func (w *committing) base(ctx context.Context) (*Snapshot, error) {
	head, err := w.client.branch(ctx, w.Branch)
	if status(err) != http.StatusNotFound {
		if err != nil {
			return nil, denied(Read, err)
		}
		return w.client.snapshot(ctx, w.renamed(head.GetName()), head)
	}
	if w.Same {
		return nil, w.client.noBranch(ctx, w.Branch, "name the branch to commit to: the one that was checked out is gone")
	}
	start := w.Start
	if start == "" {
		if start, err = w.client.mainBranch(ctx); err != nil {
			return nil, err
		}
	}
	if head, err = w.client.branch(ctx, start); status(err) == http.StatusNotFound {
		return nil, w.client.noBranch(ctx, start, "commit something to it first")
	}
	if err != nil {
		return nil, denied(Read, err)
	}
	base, err := w.client.snapshot(ctx, start, head)
	if err == nil {
		base.Branch = ""
	}
	return base, err
}

// renamed returns the name that the branch has now: reading it follows a redirect from
// an old one, and a write does not.
func (w *committing) renamed(name string) string {
	if fs.ValidPath(name) && !strings.ContainsFunc(name, unicode.IsControl) {
		return name
	}
	return w.Branch
}

// arrived reports whether a commit whose answer was lost is on the branch after all.
func (w *committing) arrived(ctx context.Context, base *Snapshot) (bool, error) {
	if w.sent.ID == "" || base.Branch == "" {
		return false, nil
	}
	if base.Commit != w.sent.ID {
		missing, err := w.client.ahead(ctx, base.Commit, w.sent.ID)
		if status(err) == http.StatusNotFound {
			return false, nil // the branch has another history now
		}
		if err != nil || missing > 0 {
			return false, denied(Read, err)
		}
	}
	w.done = w.sent
	return true, nil
}

// move puts the branch at the commit.
func (w *committing) move(ctx context.Context) (err error) {
	if w.done.Begun {
		err = w.client.createBranch(ctx, w.done.Branch, w.done.ID)
	} else {
		err = w.client.moveBranch(ctx, w.done.Branch, w.done.ID, false)
	}
	failure, ok := errors.AsType[*Failure](err)
	if !ok {
		return err
	}
	if !failure.refused() {
		w.sent = w.done
	}
	err = denied(Contents, moved(err))
	if _, is := errors.AsType[*Denied](err); is || Again(err) {
		return err
	}
	switch failure.status {
	case http.StatusConflict:
		return errors.Join(ErrMoved, failure)
	case http.StatusUnprocessableEntity:
		return w.obstructed(ctx, failure)
	}
	return err
}

// obstructed explains an update that GitHub does not make although nobody was faster: git
// keeps branches as files in folders, so x and x/y cannot both exist. Else a rule or a
// hook forbids it.
func (w *committing) obstructed(ctx context.Context, failure *Failure) error {
	if !w.done.Begun {
		return &Denied{Lacks: Rules, cause: failure}
	}
	c := w.client
	below, _, err := call(ctx, c, "read refs", func(ctx context.Context) ([]*github.Reference, *github.Response, error) {
		return c.api.Git.ListMatchingRefs(ctx, c.owner(), c.name(), &github.ReferenceListOptions{Ref: "heads/" + w.done.Branch + "/"})
	})
	taken := len(below) > 0
	for _, dir := range parents(w.done.Branch) {
		if err != nil || taken {
			break
		}
		var head string
		head, err = c.head(ctx, dir)
		taken = head != ""
	}
	switch {
	case err != nil:
		return denied(Read, err)
	case taken:
		return problem.WithHint(&BranchError{fmt.Sprintf("branch %s is taken by another branch with a name that begins the same", w.done.Branch)},
			"name another branch to commit to")
	}
	return &Denied{Lacks: Rules, cause: failure}
}
