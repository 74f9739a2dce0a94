package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
)

// discards reports whether somebody asked for the commits of others to be
// discarded.
func (w *proposing) discards() bool { return w.open != nil && ticked.MatchString(w.open.GetBody()) }

// untouchable reports whether the branch holds commits of others that are to be
// kept.
func (w *proposing) untouchable() bool { return w.foreign && !w.discards() }

// assume takes what the branch holds from the last pull request, if that tells.
// Nothing is written on the ground of it: whoever writes has a look before.
func (w *proposing) assume() bool {
	last := cmp.Or(w.open, w.closed)
	if last == nil {
		return false
	}
	was := readNote(last.GetBody())
	if was.Head == "" || was.Head != last.GetHead().GetSHA() {
		return false
	}
	w.head, w.headTree, w.headBase = was.Head, was.Tree, was.Base
	return true
}

// look finds out what the branch holds, unless it still is what it was.
func (w *proposing) look(ctx context.Context) error {
	head, err := w.client.head(ctx, w.Branch)
	if err != nil || head == w.head {
		return denied(Read, err)
	}
	w.head, w.headTree, w.headBase, w.foreign = head, "", "", false
	if head == "" || w.closed != nil && !w.closed.GetMergedAt().IsZero() && w.closed.GetHead().GetSHA() == head {
		return nil
	}
	commit, err := w.client.commit(ctx, head)
	if err != nil {
		return denied(Read, err)
	}
	w.headTree = commit.GetTree().GetSHA()
	if ours(commit) {
		w.headBase = commit.Parents[0].GetSHA()
		return nil
	}
	if head == w.Base.Commit {
		return nil
	}
	ahead, err := w.client.ahead(ctx, w.Base.Commit, head)
	w.foreign = ahead > 0
	return denied(Read, err)
}

// tree returns the wanted tree.
func (w *proposing) tree(ctx context.Context) (string, error) {
	if w.was.Base == w.Base.Commit && w.was.Change == w.note.Change && w.was.Tree != "" {
		return w.was.Tree, nil // there already
	}
	return w.client.writeTree(ctx, w.Base.root, w.Files)
}

// pushed is the error of a branch that is not any more where it was.
func (w *proposing) pushed(branch string) error {
	return fmt.Errorf("%w: somebody pushed to %s", ErrMoved, branch)
}

// stays reports whether the commit that the branch is at will do: it has the tree,
// and cannot conflict with the base, on top of which it is or whose files are
// those that the open pull request changes.
func (w *proposing) stays(tree string) bool {
	return w.headTree == tree && !w.foreign &&
		(w.headBase == w.Base.Commit || w.open != nil && w.was.Head == w.head && w.was.From == w.note.From)
}

// settle puts the branch at one commit with the tree, on top of the base.
func (w *proposing) settle(ctx context.Context, tree string) (err error) {
	message := signed(w.Title, w.Base.Commit, tree)
	commit, stays := w.head, w.stays(tree)
	w.note.Base = w.headBase
	if !stays {
		if commit, err = w.client.writeCommit(ctx, message, tree, w.Base.Commit); err != nil {
			return denied(Workflows, err)
		}
		if err := w.unmoved(ctx); err != nil {
			return err
		}
		w.note.Base = w.Base.Commit
	}
	if w.head != "" { // creating a branch asks for there to be none, moving one for nothing
		if err := w.look(ctx); err != nil || w.untouchable() {
			return err
		}
	}
	if w.head != commit {
		if w.head != "" && stays {
			return w.pushed(w.Branch)
		}
		w.step("moving branch %s to commit %s", w.Branch, Short(commit))
		if commit, err = w.move(ctx, commit, message, tree); err != nil {
			return denied(Workflows, w.obstructed(moved(err)))
		}
		w.pull.Operation = Updated
	}
	w.pull.Head, w.foreign = commit, false
	w.head, w.note.Head, w.note.Tree = commit, commit, tree
	return nil
}

// obstructed tells of a branch whose name cannot be because of another's: git
// keeps branches as files in folders.
func (w *proposing) obstructed(err error) error {
	failure, ok := errors.AsType[*Failure](err)
	if ok && w.head == "" && strings.Contains(strings.ToLower(failure.said), "reference update failed") {
		return occupied(w.Branch, "another branch, of which it would be a folder or a file")
	}
	return err
}

// unmoved makes sure that nobody has pushed to the base meanwhile, which may
// have been another change to bring.
func (w *proposing) unmoved(ctx context.Context) error {
	if w.IgnoreBaseMoves {
		return nil
	}
	base, err := w.client.head(ctx, w.Base.Branch)
	if err == nil && base != w.Base.Commit {
		err = w.pushed(w.Base.Branch)
	}
	return denied(Read, err)
}

// move moves the branch to a commit, or to one that brings the same.
func (w *proposing) move(ctx context.Context, commit, message, tree string) (string, error) {
	if w.head == "" {
		return commit, w.client.createBranch(ctx, w.Branch, commit)
	}
	err := w.client.moveBranch(ctx, w.Branch, commit, true)
	if ruledOut(err) {
		return w.forward(ctx, message, tree)
	}
	return commit, err
}

// forward is for a branch whose rules forbid to replace its commits: it adds one
// on top, which still brings to the base nothing but the change.
func (w *proposing) forward(ctx context.Context, message, tree string) (string, error) {
	commit, err := w.client.writeCommit(ctx, message, tree, w.Base.Commit, w.head)
	if err != nil {
		return "", err
	}
	return commit, w.client.moveBranch(ctx, w.Branch, commit, false)
}
