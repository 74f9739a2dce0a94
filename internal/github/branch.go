package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
)

// discards reports whether a person ticked the box that discards the commits of
// others.
func (w *proposing) discards() bool { return w.open != nil && ticked.MatchString(w.open.GetBody()) }

// untouchable reports whether the branch has other people's commits, which are kept.
func (w *proposing) untouchable() bool { return w.foreign && !w.discards() }

// assume takes the state of the branch from the note in the last pull request, if
// it has one. Nothing is written without a look at the branch itself.
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

// look reads the state of the branch, if it changed.
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
	return w.client.upload.tree(ctx, w.Base, w.Files)
}

// pushed is the error of a branch that somebody else has moved.
func (w *proposing) pushed(branch string) error {
	return fmt.Errorf("%w: another push to %s came first", ErrMoved, branch)
}

// stays reports whether the branch can stay at its commit: that has the right tree,
// and cannot conflict with the base. Either it is on top of the base, or the base
// has not changed the files of the open pull request.
func (w *proposing) stays(tree string) bool {
	return w.headTree == tree && !w.foreign &&
		(w.headBase == w.Base.Commit || w.open != nil && w.was.Head == w.head && w.was.From == w.note.From)
}

// settle puts the branch at one commit with the tree, on top of the base.
func (w *proposing) settle(ctx context.Context, tree string) (err error) {
	message := signed(cmp.Or(w.Message, w.Title), w.Base.Commit, tree)
	commit, stays := w.head, w.stays(tree)
	w.note.Base = w.headBase
	if !stays {
		if commit, err = w.client.writeCommit(ctx, message, tree, w.Base.Commit); err != nil {
			return denied(w.Needs, err)
		}
		if err := w.unmoved(ctx); err != nil {
			return err
		}
		w.note.Base = w.Base.Commit
	}
	if w.head != "" { // GitHub creates no branch that exists, but moves any
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
			err = denied(w.Needs, w.obstructed(moved(err)))
			if w.head == "" && errors.Is(err, ErrMoved) && w.look(ctx) == nil && w.head != "" { // it exists
				return w.settle(ctx, tree)
			}
			return err
		}
		w.pull.Operation = Updated
	}
	w.pull.Head, w.foreign = commit, false
	w.head, w.note.Head, w.note.Tree = commit, commit, tree
	return nil
}

// obstructed explains an error by another branch with a conflicting name: git keeps
// branches as files in folders, so x and x/y cannot both exist.
func (w *proposing) obstructed(err error) error {
	failure, ok := errors.AsType[*Failure](err)
	if ok && w.head == "" && strings.Contains(strings.ToLower(failure.said), "reference update failed") {
		return w.occupied("another branch with a name that begins the same")
	}
	return err
}

// unmoved makes sure that the base is still at the same commit. A push to it may
// need other changes.
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

// move moves the branch to a commit, or to one with the same content.
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

// forward is for a branch whose rules forbid force pushes: it adds a commit on top.
// The pull request still shows the change and nothing else.
func (w *proposing) forward(ctx context.Context, message, tree string) (string, error) {
	commit, err := w.client.writeCommit(ctx, message, tree, w.Base.Commit, w.head)
	if err != nil {
		return "", err
	}
	return commit, w.client.moveBranch(ctx, w.Branch, commit, false)
}
