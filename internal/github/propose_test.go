package github

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

const (
	workflowA = ".github/workflows/scheduled-a.yml"
	workflowB = ".github/workflows/scheduled-b.yml"
)

// mainFiles are on the default branch when a test begins.
var mainFiles = map[string]string{
	"README.md":                "hello\n",
	"pyproject.toml":           "[project]\n",
	".github/workflows/ci.yml": "on: push\n",
	workflowA:                  "a: 1\n",
}

// scene is a repository and what is wanted of it.
type scene struct {
	*testing.T
	fake   *ghtest.Server
	client *Client
	wishes Proposal // what is asked for apart from the files
	twins  bool     // two syncs run, and can make the same comment in the same moment
}

// play calls f with a new repository and a new clock.
func play(t *testing.T, f func(s *scene)) {
	inBubble(t, func(t *testing.T, fake *ghtest.Server, client *Client) {
		fake.Commit("main", mainFiles)
		f(&scene{T: t, fake: fake, client: client})
	})
}

// content is a file to write, or with "" to delete.
type contents map[string]string

// once proposes the files.
func (s *scene) once(ctx context.Context, want contents) (Pull, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	branch, err := s.client.DefaultBranch(ctx)
	if err != nil {
		return Pull{}, err
	}
	base, err := s.client.Snapshot(ctx, branch)
	if err != nil {
		return Pull{}, err
	}
	p := s.wishes
	p.Base, p.Project, p.Branch, p.Title = base, "pyproject.toml", "scheduled/sync", "Keep in step"
	p.Needs = Workflows
	p.Body = "A table.\n\n- [ ] " + Discard + "discard other commits and regenerate\n"
	for _, name := range slices.Sorted(maps.Keys(want)) {
		file := File(name, []byte(want[name]))
		if want[name] == "" {
			file = File(name, nil)
		}
		if there, err := base.ReadFile(name); string(there) == want[name] && (err == nil) == !file.deleted() {
			continue // as a plan leaves out what is right already
		}
		p.Files = append(p.Files, file)
	}
	return s.client.Propose(ctx, p)
}

// propose proposes the files, starting over as the program does.
func (s *scene) propose(want contents) Pull {
	s.Helper()
	for range 5 {
		pull, err := s.once(s.Context(), want)
		if err == nil {
			return pull
		}
		if !Again(err) {
			s.Fatal(err)
		}
	}
	s.Fatal("it starts over without an end")
	return Pull{}
}

// operation proposes the files and checks what becomes of the pull request.
func (s *scene) operation(want contents, operation Operation, number int) Pull {
	s.Helper()
	pull := s.propose(want)
	if pull.Operation != operation || pull.Number != number {
		s.Errorf("want #%d %s, got #%d %s", number, operation, pull.Number, pull.Operation)
	}
	return pull
}

// right checks that the one open pull request brings the files, in one commit on
// top of main, and nothing else.
func (s *scene) right(want contents) ghtest.Pull {
	s.Helper()
	var open []ghtest.Pull
	for _, p := range s.fake.Pulls() {
		if p.State == "open" {
			open = append(open, p)
		}
	}
	if len(open) != 1 {
		s.Fatalf("%d open pull requests", len(open))
	}
	files := s.fake.Files("main")
	for name, content := range want {
		files[name] = content
		if content == "" {
			delete(files, name)
		}
	}
	head := s.fake.Head("scheduled/sync")
	if diff := cmp.Diff(files, s.fake.Files(head)); diff != "" {
		s.Errorf("files (-want +got):\n%s", diff)
	}
	if commit := s.fake.GitCommit(head); !slices.Equal(commit.Parents, []string{s.fake.Head("main")}) {
		s.Errorf("parents %v, main is at %s", commit.Parents, s.fake.Head("main"))
	}
	p := open[0]
	if n := readNote(p.Body); n.Head != head || p.HeadSHA != head || p.Base != "main" || ticked.MatchString(p.Body) {
		s.Errorf("pull request does not tell of %s: %+v", head, p)
	}
	return p
}

// none checks that no pull request is open and no branch is left.
func (s *scene) none() {
	s.Helper()
	for _, p := range s.fake.Pulls() {
		if p.State == "open" {
			s.Errorf("#%d is open", p.Number)
		}
	}
	if head := s.fake.Head("scheduled/sync"); head != "" {
		s.Errorf("branch is still at %s", head)
	}
}

// writes checks which requests so far were to write.
func (s *scene) writes(want ...string) {
	s.Helper()
	var got []string
	for _, r := range s.fake.Requests() {
		if r.Method != "GET" {
			got = append(got, r.Method+" "+strings.TrimPrefix(r.Path, "/repos/octo/app/"))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("writes (-want +got):\n%s", diff)
	}
}

var (
	change1 = contents{workflowA: "a: 2\n", workflowB: "b: 1\n"}
	change2 = contents{workflowA: "", workflowB: "b: 2\n"}
)

// TestPropose plays the life of pull requests.
func TestPropose(t *testing.T) {
	rows := []struct {
		name string
		play func(s *scene)
	}{
		{"nothing to change", func(s *scene) {
			s.operation(nil, None, 0)
			s.writes()
			s.none()
		}},
		{"created, left alone, updated, closed", func(s *scene) {
			created := s.operation(change1, Created, 1)
			s.writes("POST git/trees", "POST git/commits", "POST git/refs", "POST pulls")
			p := s.right(change1)
			if created.URL == "" || created.Head != p.HeadSHA || p.Title != "Keep in step" || p.Draft {
				s.Errorf("%+v of %+v", created, p)
			}
			s.operation(change1, None, 1)
			s.writes()
			s.operation(change2, Updated, 1)
			s.writes("POST git/trees", "POST git/commits", "PATCH git/refs/heads/scheduled/sync", "PATCH pulls/1")
			s.right(change2)
			s.operation(nil, Closed, 1)
			s.writes("POST issues/1/comments", "PATCH pulls/1", "DELETE git/refs/heads/scheduled/sync")
			s.none()
			s.operation(nil, None, 0)
			s.writes()
			s.operation(change2, Created, 2) // wanted again, and not refused
			s.right(change2)
		}},
		{"merged", func(s *scene) {
			s.operation(change1, Created, 1)
			s.fake.Merge(1)
			s.operation(nil, None, 0)
			s.operation(change2, Created, 2) // the branch is still there
			s.right(change2)
		}},
		{"main moved on", func(s *scene) {
			s.operation(change1, Created, 1)
			s.fake.Commit("main", contents{"README.md": "more\n"})
			s.operation(change1, Updated, 1)
			s.right(change1)
			s.operation(change1, None, 1)
		}},
		{"main moved on, and brings the same tree", func(s *scene) {
			s.operation(change1, Created, 1)
			head := s.fake.Head("scheduled/sync")
			s.fake.Commit("main", nil)
			s.fake.Requests()
			s.operation(change1, None, 1)
			s.writes("POST git/trees")
			if got := s.fake.Head("scheduled/sync"); got != head {
				s.Errorf("a new commit %s of the same tree as %s", got, head)
			}
		}},
		{"main changed the same file", func(s *scene) {
			s.operation(change1, Created, 1)
			s.fake.Commit("main", contents{workflowA: "a: 3\n"})
			s.operation(change1, Updated, 1) // the same tree, but it would not merge
			s.right(change1)
			s.operation(change1, None, 1)
		}},
		{"wanted again on a main that moved", func(s *scene) {
			s.operation(change1, Created, 1)
			s.fake.Commit("main", contents{"README.md": "more\n"})
			s.operation(nil, Closed, 1)
			s.fake.Commit("main", contents{"README.md": mainFiles["README.md"]})
			s.operation(change1, Created, 2)
			s.right(change1)
		}},
		{"merged with commits of others", func(s *scene) {
			s.operation(change1, Created, 1)
			s.fake.Commit("scheduled/sync", contents{"README.md": "theirs\n"})
			s.fake.Merge(1)
			s.operation(change2, Created, 2)
			s.right(change2)
		}},
		{"others have committed, and the description is another", func(s *scene) {
			s.operation(change1, Created, 1)
			s.fake.Commit("scheduled/sync", contents{"README.md": "theirs\n"})
			s.fake.EditPull(1, func(p *ghtest.Pull) { p.Body = "Theirs" })
			s.operation(change2, None, 1)
			if p := s.fake.Pulls()[0]; !strings.HasPrefix(p.Body, "Theirs\n\n- [ ] "+Discard) {
				s.Errorf("description %q", p.Body)
			}
			s.operation(change2, None, 1)
			s.tick(1)
			s.operation(change2, Updated, 1)
			s.right(change2)
		}},
		{"others have committed, and comments are forbidden", func(s *scene) {
			s.operation(change1, Created, 1)
			s.fake.Commit("scheduled/sync", contents{"README.md": "theirs\n"})
			s.fake.Break(ghtest.Fault{Path: "/comments", Status: 403, Body: `{"message":"Unable to create comment because issue is locked."}`})
			if pull := s.operation(change2, None, 1); len(pull.Remarks) != 2 {
				s.Errorf("remarks %q", pull.Remarks)
			}
		}},
		{"a branch that would be a folder", func(s *scene) {
			s.fake.SetBranch("scheduled", s.fake.Head("main"))
			_, err := s.once(s.Context(), change1)
			if _, ok := errors.AsType[*BranchError](err); !ok {
				s.Errorf("got %v", err)
			}
		}},
		{"another base", func(s *scene) {
			s.operation(change1, Created, 1)
			s.fake.Commit("release", contents{"SECRET.md": "s\n"})
			s.fake.EditPull(1, func(p *ghtest.Pull) { p.Base = "release" })
			_, err := s.once(s.Context(), change2)
			if other, ok := errors.AsType[*BranchError](err); !ok || other.message != "branch scheduled/sync is taken by pull request #1 into release" {
				s.Errorf("got %v", err)
			}
		}},
		{"a main that moves on and on", func(s *scene) {
			for n := 1; n < 200; n += 2 {
				s.fake.On(n, func() { s.fake.Commit("main", contents{"README.md": fmt.Sprint(n)}) })
			}
			if _, err := s.once(s.Context(), change1); !errors.Is(err, ErrMoved) {
				s.Errorf("got %v", err)
			}
			s.wishes.IgnoreBaseMoves = true
			s.operation(change1, Created, 1)
		}},
		{"others have committed", func(s *scene) {
			s.operation(change1, Created, 1)
			theirs := s.fake.Commit("scheduled/sync", contents{"README.md": "theirs\n"})
			for _, change := range []contents{change1, change2, change1, nil} {
				s.operation(change, None, 1)
				if got := s.fake.Head("scheduled/sync"); got != theirs {
					s.Fatalf("branch moved from %s to %s", theirs, got)
				}
			}
			if p := s.fake.Pulls()[0]; len(p.Comments) != 1 || p.State != "open" {
				s.Errorf("%+v", p)
			}
			s.tick(1)
			s.operation(change2, Updated, 1)
			s.right(change2)
			s.operation(change2, None, 1)
		}},
		{"others have committed the very change", func(s *scene) {
			s.operation(change1, Created, 1)
			s.fake.Commit("main", contents{"README.md": "more\n"})
			s.fake.Commit("scheduled/sync", contents{"README.md": "more\n"})
			s.operation(change1, None, 1)
			s.operation(change1, None, 1)
			theirs := s.fake.Commit("scheduled/sync", contents{"README.md": "theirs\n"})
			s.operation(change1, None, 1)
			if p := s.fake.Pulls()[0]; len(p.Comments) != 1 || s.fake.Head("scheduled/sync") != theirs {
				s.Errorf("%+v", p)
			}
		}},
		{"others have committed on a branch without a pull request", func(s *scene) {
			s.fake.SetBranch("scheduled/sync", s.fake.Head("main"))
			theirs := s.fake.Commit("scheduled/sync", contents{"README.md": "theirs\n"})
			s.operation(change1, Created, 1)
			s.operation(change1, None, 1)
			if p := s.fake.Pulls()[0]; len(p.Comments) != 1 || s.fake.Head("scheduled/sync") != theirs || strings.Contains(p.Body, "A table.") {
				s.Errorf("%+v", p)
			}
			s.tick(1)
			s.operation(change1, Updated, 1)
			s.right(change1)
		}},
		{"ticked without need", func(s *scene) {
			s.operation(change1, Created, 1)
			s.tick(1)
			s.operation(change1, Updated, 1)
			s.right(change1)
		}},
		{"a branch at an old commit of main", func(s *scene) {
			s.fake.SetBranch("scheduled/sync", s.fake.Head("main"))
			s.fake.Commit("main", contents{"README.md": "more\n"})
			s.operation(change1, Created, 1)
			s.right(change1)
		}},
		{"a branch at main", func(s *scene) {
			s.fake.SetBranch("scheduled/sync", s.fake.Head("main"))
			s.operation(change1, Created, 1)
			s.right(change1)
		}},
		{"closed by a person", func(s *scene) {
			s.operation(change1, Created, 1)
			s.fake.EditPull(1, func(p *ghtest.Pull) { p.State = "closed" })
			pull := s.operation(change1, None, 1)
			if len(pull.Remarks) != 1 {
				s.Errorf("remarks %q", pull.Remarks)
			}
			s.fake.Commit("main", contents{"README.md": "more\n"})
			s.operation(change1, None, 1)
			s.operation(nil, None, 0)
			s.operation(change2, Created, 2)
			s.right(change2)
		}},
		{"closed by a person, and reopened", func(s *scene) {
			s.operation(change1, Created, 1)
			s.fake.EditPull(1, func(p *ghtest.Pull) { p.State = "closed" })
			s.operation(change1, None, 1)
			s.fake.EditPull(1, func(p *ghtest.Pull) { p.State = "open" })
			s.operation(change2, Updated, 1)
			s.right(change2)
		}},
		{"closed by deleting its branch", func(s *scene) {
			s.operation(change1, Created, 1)
			s.fake.DeleteBranch("scheduled/sync")
			s.operation(change1, None, 1)
			s.operation(change2, Created, 2)
			s.right(change2)
		}},
		{"a title of a person's own", func(s *scene) {
			s.operation(change1, Created, 1)
			s.fake.EditPull(1, func(p *ghtest.Pull) { p.Title = "Theirs" })
			s.operation(change2, Updated, 1)
			if p := s.right(change2); p.Title != "Theirs" {
				s.Errorf("title %q", p.Title)
			}
		}},
		{"a description of a person's own", func(s *scene) {
			s.operation(change1, Created, 1)
			s.fake.EditPull(1, func(p *ghtest.Pull) { p.Body = "Theirs" })
			s.operation(change1, Updated, 1)
			s.right(change1)
		}},
		{"labels and people", func(s *scene) {
			s.wishes = Proposal{Labels: []string{"one", "two"}, Reviewers: []string{"ann", "octo/team"}, Assignees: []string{"bob"}, Draft: true}
			s.operation(change1, Created, 1)
			p := s.right(change1)
			if !slices.Equal(p.Labels, []string{"one", "two"}) || !slices.Equal(p.Assignees, []string{"bob"}) || len(p.Reviewers) != 2 || !p.Draft {
				s.Errorf("%+v", p)
			}
			s.fake.EditPull(1, func(p *ghtest.Pull) { p.Labels, p.Reviewers = nil, nil })
			s.operation(change2, Updated, 1)
			if p := s.right(change2); len(p.Labels)+len(p.Reviewers) > 0 {
				s.Errorf("asked for again: %+v", p)
			}
		}},
		{"labels, and a branch of others", func(s *scene) {
			s.wishes = Proposal{Labels: []string{"one"}}
			s.fake.SetBranch("scheduled/sync", s.fake.Head("main"))
			s.fake.Commit("scheduled/sync", contents{"README.md": "theirs\n"})
			s.operation(change1, Created, 1)
			if p := s.fake.Pulls()[0]; len(p.Labels) != 1 || strings.Contains(p.Body, "A table.") || !strings.Contains(p.Body, Box) {
				s.Errorf("%+v", p)
			}
		}},
		{"somebody pushes at the same moment", func(s *scene) {
			s.operation(change1, Created, 1)
			s.fake.Break(ghtest.Fault{Path: "/git/refs/heads/scheduled", Status: 422, Body: `{"message":"Reference cannot be updated"}`, Once: true})
			s.operation(change2, Updated, 1)
			s.right(change2)
		}},
		{"a rule forbids replacing commits of the branch", func(s *scene) {
			s.fake.SetRules(ghtest.Rules{Prefix: "scheduled/", NoForce: true})
			s.operation(change1, Created, 1)
			s.operation(change2, Updated, 1)
			s.fake.Commit("main", contents{"README.md": "more\n"})
			s.operation(change1, Updated, 1)
			files := s.fake.Files("main")
			maps.Copy(files, change1)
			if diff := cmp.Diff(files, s.fake.Files("scheduled/sync")); diff != "" {
				s.Error(diff)
			}
			s.operation(change1, None, 1)
		}},
		{"a rule forbids deleting the branch", func(s *scene) {
			s.fake.SetRules(ghtest.Rules{Prefix: "scheduled/", NoDeletion: true})
			s.operation(change1, Created, 1)
			s.operation(nil, Closed, 1)
			s.operation(nil, None, 0)
			s.operation(change2, Created, 2)
			s.right(change2)
		}},
		{"another project's", func(s *scene) {
			s.operation(change1, Created, 1)
			s.fake.EditPull(1, func(p *ghtest.Pull) {
				p.Body = strings.Replace(p.Body, `"pyproject.toml"`, `"api/pyproject.toml"`, 1)
			})
			_, err := s.once(s.Context(), change2)
			if other, ok := errors.AsType[*BranchError](err); !ok || other.message != "branch scheduled/sync is taken by the open pull request with the files of api/pyproject.toml" {
				s.Errorf("got %v", err)
			}
		}},
		{"a thousand files", func(s *scene) {
			want := contents{}
			for i := range 1000 {
				want[fmt.Sprintf(".github/workflows/scheduled-%d.yml", i)] = fmt.Sprintf("n: %d\n", i)
			}
			s.operation(want, Created, 1)
			s.right(want)
			if n := len(s.fake.Requests()); n > 15 {
				s.Errorf("%d requests", n)
			}
		}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) { play(t, row.play) })
	}
}

// tick ticks the box in a description.
func (s *scene) tick(number int) {
	s.fake.EditPull(number, func(p *ghtest.Pull) {
		p.Body = strings.Replace(p.Body, "- [ ]", "- [x]", 1)
	})
}

// stories are what a sync can find, and what it has to leave behind.
var stories = []struct {
	name   string
	before func(s *scene)
	want   contents
}{
	{"create", func(*scene) {}, change1},
	{"create with wishes", func(s *scene) {
		s.wishes = Proposal{Labels: []string{"one"}, Reviewers: []string{"ann"}, Assignees: []string{"bob"}}
	}, change1},
	{"update", func(s *scene) { s.propose(change1) }, change2},
	{"update on a main that moved", func(s *scene) {
		s.propose(change1)
		s.fake.Commit("main", contents{"README.md": "more\n"})
	}, change2},
	{"discard", func(s *scene) {
		s.propose(change1)
		s.fake.Commit("scheduled/sync", contents{"README.md": "theirs\n"})
		s.propose(change2)
		s.tick(1)
	}, change2},
	{"close", func(s *scene) { s.propose(change1) }, nil},
	{"nothing", func(*scene) {}, nil},
}

// ended checks what a story has to leave behind.
func (s *scene) ended(want contents) {
	s.Helper()
	if want == nil {
		s.none()
	} else {
		p := s.right(want)
		if len(s.wishes.Labels) > 0 && (len(p.Labels) != 1 || len(p.Assignees) != 1 || len(p.Reviewers) != 1) {
			s.Errorf("lacks wishes: %+v", p)
		}
	}
	for _, p := range s.fake.Pulls() {
		if len(slices.Compact(slices.Sorted(slices.Values(p.Comments)))) != len(p.Comments) && !s.twins {
			s.Errorf("comments twice: %q", p.Comments)
		}
	}
	for name, content := range mainFiles {
		if got := s.fake.Files("main")[name]; got != content && name != "README.md" {
			s.Errorf("main: %s is %q", name, got)
		}
	}
}

// eachRequest plays every story, once for each request that it takes; with the race
// detector, for some of those.
func eachRequest(t *testing.T, f func(s *scene, n int, want contents)) {
	for _, story := range stories {
		t.Run(story.name, func(t *testing.T) {
			var requests int
			play(t, func(s *scene) {
				story.before(s)
				s.fake.Requests()
				s.propose(story.want)
				requests = len(s.fake.Requests())
				s.ended(story.want)
			})
			if requests < 4 {
				t.Fatalf("%d requests", requests)
			}
			for n := 1; n <= requests; n += 4 / share(4) {
				t.Run(fmt.Sprint(n), func(t *testing.T) {
					play(t, func(s *scene) {
						story.before(s)
						f(s, n, story.want)
						s.ended(story.want)
					})
				})
			}
		})
	}
}

// TestKilled kills a sync at every request, before GitHub has served it or before
// it has answered, and runs it again.
func TestKilled(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("late %t", late), func(t *testing.T) {
			eachRequest(t, func(s *scene, n int, want contents) {
				ctx, kill := context.WithCancel(s.Context())
				defer kill()
				s.fake.On(n, kill)
				if !late {
					s.fake.Break(ghtest.Fault{Number: n, Drop: true})
				}
				if _, err := s.once(ctx, want); err == nil && !late {
					s.Fatal("it was not killed")
				}
				synctest.Wait() // the request is served, or not
				s.propose(want)
			})
		})
	}
}

// TestLost loses the answer to every request, or the request itself: the same
// sync goes on.
func TestLost(t *testing.T) {
	for _, fault := range []ghtest.Fault{{Drop: true}, {Drop: true, Late: true}, {Status: 502}, {Status: 429, Header: map[string]string{"Retry-After": "1"}}} {
		t.Run(fmt.Sprintf("%+v", fault), func(t *testing.T) {
			eachRequest(t, func(s *scene, n int, want contents) {
				fault.Number = n
				s.fake.Break(fault)
				s.propose(want)
			})
		})
	}
}

// TestMeanwhile has somebody push, or another sync run, before every request.
func TestMeanwhile(t *testing.T) {
	t.Run("a push to main", func(t *testing.T) {
		eachRequest(t, func(s *scene, n int, want contents) {
			s.fake.On(n, func() { s.fake.Commit("main", contents{"README.md": "meanwhile\n"}) })
			s.propose(want)
			s.propose(want) // the push starts another sync
		})
	})
	t.Run("another sync", func(t *testing.T) {
		eachRequest(t, func(s *scene, n int, want contents) {
			s.twins = true
			s.fake.On(n, func() { s.propose(want) })
			s.propose(want)
		})
	})
	for name, want := range map[string]contents{"a push to the branch, before an update": change2, "a push to the branch, before it is closed": nil} {
		t.Run(name, func(t *testing.T) {
			// Between the last look and the change itself nobody can see it.
			for n, changed := 1, false; !changed; n++ {
				play(t, func(s *scene) {
					s.propose(change1)
					s.fake.Requests()
					var theirs string
					s.fake.On(n, func() { theirs = s.fake.Commit("scheduled/sync", contents{"README.md": "theirs\n"}) })
					s.propose(want)
					r := s.fake.Requests()[n-1]
					changed = r.Method == "PATCH" || r.Method == "GET" && strings.HasSuffix(r.Path, "/comments") && want == nil
					if got := s.fake.Head("scheduled/sync"); got != theirs && !changed {
						s.Errorf("request %d: pushed over %s", n, theirs)
					}
					if s.fake.Pulls()[0].State != "open" && !changed {
						s.Errorf("request %d: closed", n)
					}
				})
			}
		})
	}
}

// TestDenied says which right is missing, and has changed nothing.
func TestDenied(t *testing.T) {
	rows := []struct {
		name   string
		rights ghtest.Rights
		rules  ghtest.Rules
		lacks  Right
		branch string
	}{
		{"an App without workflows", ghtest.Rights{NoWorkflows: true}, ghtest.Rules{}, Workflows, ""},
		{"fine-grained without workflows", ghtest.Rights{Token: ghtest.FineGrained, NoWorkflows: true}, ghtest.Rules{}, Workflows, ""},
		{"a classic token without workflow", ghtest.Rights{Token: ghtest.Classic, NoWorkflows: true}, ghtest.Rules{}, Workflows, ""},
		{"a push refused to an App", ghtest.Rights{NoPush: true}, ghtest.Rules{}, Workflows, ""},
		{"a push refused to a classic token", ghtest.Rights{Token: ghtest.Classic, NoPush: true}, ghtest.Rules{}, Workflows, ""},
		{"read only", ghtest.Rights{ReadOnly: true}, ghtest.Rules{}, Workflows, ""},
		{"no pull requests", ghtest.Rights{NoPulls: true}, ghtest.Rules{}, PullRequests, "scheduled/sync"},
		{"none by Actions", ghtest.Rights{NoOpenedPull: true}, ghtest.Rules{}, Opening, "scheduled/sync"},
		{"no branches", ghtest.Rights{}, ghtest.Rules{Prefix: "scheduled/", NoCreation: true}, Rules, ""},
	}
	t.Run("archived", func(t *testing.T) {
		play(t, func(s *scene) {
			s.fake.Break(ghtest.Fault{Path: "/git/trees", Skip: 1, Status: 403, Body: `{"message":"Repository was archived so is read-only."}`})
			_, err := s.once(s.Context(), change1)
			if denied, ok := errors.AsType[*Denied](err); !ok || denied.Lacks != Other {
				s.Errorf("got %v", err)
			}
		})
	})
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			play(t, func(s *scene) {
				s.fake.SetRights(row.rights)
				s.fake.SetRules(row.rules)
				_, err := s.once(s.Context(), change1)
				denied, ok := errors.AsType[*Denied](err)
				if !ok || denied.Lacks != row.lacks || denied.Branch != row.branch || Again(err) {
					s.Fatalf("got %#v", err)
				}
				if len(s.fake.Pulls()) > 0 || (s.fake.Head("scheduled/sync") != "") != (row.branch != "") {
					s.Error("half done")
				}
				s.fake.SetRights(ghtest.Rights{})
				s.fake.SetRules(ghtest.Rules{})
				s.operation(change1, Created, 1)
				s.right(change1)
			})
		})
	}
}
