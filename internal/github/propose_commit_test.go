package github

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// bring proposes what a job has made of the files of the default branch.
func (s committed) bring(is files) (pull Pull, err error) {
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	log := s.fake.Log("main")
	for range 5 {
		base, err := s.client.Since(ctx, "main", log[len(log)-1])
		if err != nil {
			return Pull{}, err
		}
		lacking, err := base.Lacks(changed(beforeFiles, is), true)
		if err != nil {
			return Pull{}, err
		}
		pull, err = s.client.Propose(ctx, Proposal{
			Base: base, Files: lacking, Project: "pyproject.toml, job report", Branch: "scheduled/report", Needs: Contents,
			Title: "Update data", Message: "Update data\n\nby the job report", Body: "A table.\n\n" + Box,
			Words: Words{Settled: "The job has left nothing to change.", Next: "run of the job", Taken: "set branch"}, Whole: true,
		})
		if !Again(err) {
			return pull, err
		}
	}
	return Pull{}, errors.New("it starts over without an end")
}

// TestProposeFiles proposes files of all kinds, and closes the pull request when there
// is nothing left to change.
func TestProposeFiles(t *testing.T) {
	change := files{"data/a.csv": "a,2\n", "old/x": ghtest.Absent, "run": ghtest.Exec("sh\n"), "plot.png": "\xff\x00", "latest": ghtest.Link("plot.png"), "README.md": ghtest.Absent, "README.md/en": "en\n"}
	commits(t, beforeFiles, func(s committed) {
		want := beforeFiles.with(change)
		for i, row := range []struct {
			operation Operation
			requests  int
		}{{Created, 6 + 3}, {None, 3}} { // a binary file, a second tree since a file becomes a folder, and whether the base moved
			s.asked()
			pull, err := s.bring(want)
			if asked := s.asked(); len(asked) != row.requests {
				s.Errorf("%d: %d requests: %q", i, len(asked), asked)
			}
			if err != nil || pull.Operation != row.operation || pull.Number != 1 {
				s.Fatalf("%d: %+v, %v", i, pull, err)
			}
			log := s.holds("scheduled/report", want)
			if c := s.fake.GitCommit(log[0]); len(log) != 2 || !strings.HasPrefix(c.Message, "Update data\n\nby the job report\n\nScheduled-Base: ") || s.fake.Pulls()[0].Title != "Update data" {
				s.Errorf("%d commits, %q", len(log), c.Message)
			}
		}
		want["run"] = "sh\n" // another mode is another change
		if pull, err := s.bring(want); err != nil || pull.Operation != Updated {
			s.Errorf("%+v, %v", pull, err)
		}
		s.holds("scheduled/report", want)

		// Somebody else's commit is kept. That is an error once the branch lacks the change.
		theirs := s.fake.Commit("scheduled/report", files{"theirs": "t"})
		if pull, err := s.bring(want); err != nil || pull.Operation != None || pull.Number != 1 || len(pull.Remarks) != 0 {
			s.Errorf("%+v, %v", pull, err)
		}
		want["data/a.csv"] = "a,3\n"
		pull, err := s.bring(want)
		if err == nil || !strings.HasPrefix(err.Error(), "#1 has commits that `scheduled` did not make, so the change is not on its branch") || !strings.Contains(problem.Hint(err), "tick the box") {
			s.Errorf("%+v, %v", pull, err)
		}
		if comments := s.fake.Pulls()[0].Comments; len(comments) != 1 || !strings.Contains(comments[0], "the next run of the job then rebuilds the branch") || s.fake.Head("scheduled/report") != theirs {
			s.Errorf("%q", comments)
		}
		s.fake.EditPull(1, func(p *ghtest.Pull) { p.Body = strings.Replace(p.Body, "- [ ]", "- [x]", 1) })
		if pull, err := s.bring(want); err != nil || pull.Operation != Updated {
			s.Errorf("%+v, %v", pull, err)
		}
		s.holds("scheduled/report", want)

		if pull, err := s.bring(beforeFiles); err != nil || pull.Operation != Closed {
			s.Errorf("%+v, %v", pull, err)
		}
		if comments := s.fake.Pulls()[0].Comments; len(comments) != 2 || !strings.HasPrefix(comments[1], "The job has left nothing to change.\n") {
			s.Errorf("%q", comments)
		}
		if branches := s.fake.Branches(); !slices.Equal(branches, []string{"main"}) {
			s.Errorf("%q", branches)
		}
	})
}

// TestProposeOnTheirs opens no pull request for a branch of somebody else.
func TestProposeOnTheirs(t *testing.T) {
	commits(t, beforeFiles, func(s committed) {
		theirs := s.fake.Commit("scheduled/report", beforeFiles.with(files{"theirs": "t"}))
		_, err := s.bring(beforeFiles.with(files{"data/a.csv": "a,2\n"}))
		if err == nil || !strings.HasPrefix(err.Error(), "branch scheduled/report has commits that `scheduled` did not make") || problem.Hint(err) != "set branch" {
			s.Errorf("%v", err)
		}
		if len(s.fake.Pulls()) > 0 || s.fake.Head("scheduled/report") != theirs {
			s.Errorf("%+v", s.fake.Pulls())
		}
	})
}

// TestProposeAgain sends a file once, however often it has to start over.
func TestProposeAgain(t *testing.T) {
	commits(t, beforeFiles, func(s committed) {
		pushes := 0
		s.fake.On(6, func() { // before the base is read again
			pushes++
			s.fake.Commit("main", files{"theirs": "t"})
		})
		if pull, err := s.bring(beforeFiles.with(files{"plot.png": "\xff\x00"})); err != nil || pull.Operation != Created {
			s.Fatalf("%+v, %v", pull, err)
		}
		asked := s.asked()
		blobs := len(slices.DeleteFunc(slices.Clone(asked), func(r string) bool { return r != "POST/git/blobs" }))
		if trees := strings.Count(strings.Join(asked, " "), "POST/git/trees"); pushes != 1 || trees != 2 || blobs != 1 {
			s.Errorf("%d blobs, %d trees: %q", blobs, trees, asked)
		}
	})
}

// TestProposeRenamed sends a file that got another name not again.
func TestProposeRenamed(t *testing.T) {
	commits(t, beforeFiles, func(s committed) {
		want := beforeFiles.with(files{"logo.png": ghtest.Absent, "img/logo.png": beforeFiles["logo.png"]})
		if pull, err := s.bring(want); err != nil || pull.Operation != Created {
			s.Fatalf("%+v, %v", pull, err)
		}
		if asked := s.asked(); slices.Contains(asked, "POST/git/blobs") {
			s.Errorf("%q", asked)
		}
		s.holds("scheduled/report", want)
	})
}

// TestProposeMoved has somebody push to the base before each request.
func TestProposeMoved(t *testing.T) {
	want := beforeFiles.with(files{"data/a.csv": "a,2\n", "plot.png": "\xff\x00", "old/x": ghtest.Absent})
	for n, last := 1, false; !last; n++ {
		commits(t, beforeFiles, func(s committed) {
			s.fake.On(n, func() { s.fake.Commit("main", files{"theirs": "t", "old/x": ghtest.Absent}) })
			if pull, err := s.bring(want); err != nil || pull.Operation != Created {
				s.Fatalf("request %d: %+v, %v", n, pull, err)
			}
			last = len(s.fake.Requests()) < n
			if pull, err := s.bring(want); err != nil {
				s.Fatalf("request %d: %+v, %v", n, pull, err)
			}
			got := s.fake.Files("scheduled/report")
			if got["data/a.csv"] != "a,2\n" || got["plot.png"] != "\xff\x00" {
				s.Errorf("request %d: %q", n, got)
			}
		})
	}
}

// TestProposeDenied says which right a job lacks.
func TestProposeDenied(t *testing.T) {
	for _, row := range []struct {
		rights ghtest.Rights
		lacks  Right
	}{
		{ghtest.Rights{ReadOnly: true}, Contents},
		{ghtest.Rights{NoPulls: true}, PullRequests},
		{ghtest.Rights{NoOpenedPull: true}, Opening},
		{ghtest.Rights{Archived: true}, Other},
	} {
		commits(t, beforeFiles, func(s committed) {
			s.fake.SetRights(row.rights)
			_, err := s.bring(beforeFiles.with(files{"plot.png": "\xff\x00"}))
			if denied, ok := errors.AsType[*Denied](err); !ok || denied.Lacks != row.lacks {
				s.Errorf("%v, want %q", err, row.lacks)
			}
		})
	}
}
