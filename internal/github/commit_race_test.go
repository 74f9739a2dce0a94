package github

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

// eachCommit calls f for each request of commits of several kinds, in a new repository
// each time: with the number of the request, the commit, and what it makes of the
// branch. f commits, whatever happens at that request.
func eachCommit(t *testing.T, f func(s committed, n int, wanted Commit) (Committed, error), after func(s committed, wanted Commit, done Committed, err error)) {
	want := beforeFiles.with(files{"data/a.csv": "a,2\n", "old/x": ghtest.Absent, "new": ghtest.Exec("new\n"), "plot": "\xff\x00"})
	change := changed(beforeFiles, want)
	for _, wanted := range []Commit{
		{Branch: "main", Same: true, Files: change},
		{Branch: "pages", Files: change},
		{Branch: "new", Files: change},
		{Branch: "new", Files: change, Start: "pages"},
	} {
		for n := 1; ; n++ {
			last := false
			t.Run(fmt.Sprintf("%s from %q, %d", wanted.Branch, wanted.Start, n), func(t *testing.T) {
				commits(t, beforeFiles, func(s committed) {
					s.fake.SetBranch("pages", s.fake.Orphan(files{"index.html": "<html>\n"}))
					done, err := f(s, n, wanted)
					after(s, wanted, done, err)
					last = len(s.fake.Requests()) < n
				})
			})
			if last {
				break
			}
		}
	}
}

// arrives checks that the change is on the branch, in one commit on top of what was
// there and of what somebody else pushed: theirs, if any.
func arrives(s committed, wanted Commit, done Committed, theirs files) {
	s.Helper()
	before := beforeFiles
	if wanted.Branch == "pages" || wanted.Start == "pages" {
		before = files{"index.html": "<html>\n"}
	}
	want := before.with(theirs)
	for _, f := range wanted.Files {
		content, _ := f.content()
		if delete(want, f.Path); f.Mode == modeExec {
			want[f.Path] = ghtest.Exec(string(content))
		} else if f.Mode != "" {
			want[f.Path] = string(content)
		}
	}
	commits := 2
	if theirs != nil {
		commits++
	}
	log := s.holds(wanted.Branch, want)
	if len(log) != commits || done.ID == "" || !slices.Contains(log, done.ID) || len(done.Files) < 3 {
		s.Errorf("%+v is not one of %d commits: %q", done, commits, log)
	}
}

// TestCommitLost loses each request, or its answer: in the end there is one commit.
func TestCommitLost(t *testing.T) {
	for _, fault := range []ghtest.Fault{
		{Status: 502}, {Status: 502, Late: true}, {Drop: true}, {Drop: true, Late: true}, {Cut: true}, {Hang: true}, {Hang: true, Late: true},
		{Status: 429, Header: map[string]string{"Retry-After": "60"}},
		{Status: 403, Body: `{"message":"You have exceeded a secondary rate limit."}`},
	} {
		t.Run(fmt.Sprintf("%+v", fault), func(t *testing.T) {
			eachCommit(t, func(s committed, n int, wanted Commit) (Committed, error) {
				fault.Number = n
				s.fake.Break(fault)
				return s.commit(wanted)
			}, func(s committed, wanted Commit, done Committed, err error) {
				if err != nil {
					s.Fatal(err)
				}
				arrives(s, wanted, done, nil)
			})
		})
	}
}

// TestCommitLostAndPushed loses the answer to the last request, and somebody pushes
// over our file before the next: theirs stays.
func TestCommitLostAndPushed(t *testing.T) {
	commits(t, beforeFiles, func(s committed) {
		s.fake.Break(ghtest.Fault{Number: 5, Status: 502, Late: true})
		s.fake.On(6, func() { s.fake.Commit("main", files{"data/a.csv": "theirs\n"}) })
		done, err := s.commit(Commit{Branch: "main", Same: true, Files: []Changed{File("new", []byte("n"))}})
		log := s.holds("main", beforeFiles.with(files{"new": "n", "data/a.csv": "theirs\n"}))
		if err != nil || len(log) != 3 || done.ID != log[1] {
			s.Errorf("%+v, %v, %q", done, err, log)
		}
	})
}

// TestCommitLostAndReplaced does the same, and somebody gives the branch another history.
func TestCommitLostAndReplaced(t *testing.T) {
	commits(t, beforeFiles, func(s committed) {
		s.fake.Break(ghtest.Fault{Number: 5, Status: 502, Late: true})
		s.fake.On(6, func() { s.fake.SetBranch("main", s.fake.Orphan(files{"other": "o"})) })
		done, err := s.commit(Commit{Branch: "main", Same: true, Files: []Changed{File("new", []byte("n"))}})
		if log := s.holds("main", files{"other": "o", "new": "n"}); err != nil || done.ID != log[0] {
			s.Errorf("%+v, %v", done, err)
		}
	})
}

// TestCommitLimited has GitHub refuse what it takes again minutes later.
func TestCommitLimited(t *testing.T) {
	for _, room := range []string{"/branches/", "/git/blobs", "/git/trees", "/git/commits", "/git/refs"} {
		commits(t, beforeFiles, func(s committed) {
			for range 9 {
				s.fake.Break(ghtest.Fault{Path: room, Once: true, Status: 403, Body: `{"message":"You have exceeded a secondary rate limit."}`})
			}
			begun := time.Now()
			done, err := s.commit(Commit{Branch: "main", Same: true, Files: []Changed{File("new", []byte{0})}})
			if err != nil || done.ID != s.fake.Head("main") || time.Since(begun) < 2*time.Minute {
				s.Errorf("%s: %+v, %v, in %v", room, done, err, time.Since(begun))
			}
		})
	}
}

// TestCommitLimitedLong gives up at once if the rate limit is used up for longer than
// there is time.
func TestCommitLimitedLong(t *testing.T) {
	commits(t, beforeFiles, func(s committed) {
		s.fake.Break(ghtest.Fault{Path: "/git/trees", Status: 403, Header: map[string]string{"Retry-After": "3000"}})
		begun := time.Now()
		if _, err := s.commit(Commit{Branch: "main", Files: []Changed{File("new", []byte("n"))}}); err == nil || time.Since(begun) > time.Minute {
			s.Errorf("%v, in %v", err, time.Since(begun))
		}
	})
}

// TestCommitTies has GitHub say in different words that another push was faster.
func TestCommitTies(t *testing.T) {
	for status, said := range map[int]string{409: "Conflict", 422: "Reference cannot be updated", 423: ""} {
		commits(t, beforeFiles, func(s committed) {
			s.fake.Break(ghtest.Fault{Path: "/git/refs", Once: true, Status: status, Body: `{"message":"` + said + `"}`})
			_, err := s.commit(Commit{Branch: "main", Same: true, Files: []Changed{File("new", []byte("n"))}})
			if (err == nil) != (said != "") {
				s.Errorf("%d %s: %v", status, said, err)
			}
		})
	}
}

// TestCommitKilled kills a commit at each request, served or not, and commits again: in
// the end there is one commit.
func TestCommitKilled(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("late %t", late), func(t *testing.T) {
			eachCommit(t, func(s committed, n int, wanted Commit) (Committed, error) {
				ctx, kill := context.WithTimeout(s.Context(), time.Minute)
				defer kill()
				s.fake.On(n, kill)
				if !late {
					s.fake.Break(ghtest.Fault{Number: n, Drop: true})
				}
				wanted.Message = "Update data"
				done, err := s.client.Commit(ctx, wanted)
				synctest.Wait() // the request is served, or not
				if err == nil {
					return done, nil
				}
				done, err = s.commit(wanted)
				if done.ID == "" { // it had arrived
					done.ID, done.Files = s.fake.Head(wanted.Branch), []string{"", "", ""}
				}
				return done, err
			}, func(s committed, wanted Commit, done Committed, err error) {
				if err != nil {
					s.Fatal(err)
				}
				arrives(s, wanted, done, nil)
			})
		})
	}
}

// TestCommitMeanwhile has somebody push to the branch, make it, move it or delete it
// before each request.
func TestCommitMeanwhile(t *testing.T) {
	t.Run("a push", func(t *testing.T) {
		theirs := files{"theirs": "t"}
		pushed := false
		eachCommit(t, func(s committed, n int, wanted Commit) (Committed, error) {
			pushed = false
			s.fake.On(n, func() {
				pushed = true
				if s.fake.Head(wanted.Branch) == "" && wanted.Start != "" {
					s.fake.SetBranch(wanted.Branch, s.fake.Head(wanted.Start))
				}
				s.fake.Commit(wanted.Branch, theirs)
			})
			return s.commit(wanted)
		}, func(s committed, wanted Commit, done Committed, err error) {
			if err != nil {
				s.Fatal(err)
			}
			if !pushed {
				theirs = nil
			}
			arrives(s, wanted, done, theirs)
			theirs = files{"theirs": "t"}
		})
	})
	t.Run("a deletion", func(t *testing.T) {
		eachCommit(t, func(s committed, n int, wanted Commit) (Committed, error) {
			if wanted.Branch != "main" { // the default branch cannot be deleted
				s.fake.On(n, func() { s.fake.DeleteBranch(wanted.Branch) })
			}
			return s.commit(wanted)
		}, func(s committed, wanted Commit, done Committed, err error) {
			if err != nil || done.ID != s.fake.Head(wanted.Branch) {
				s.Errorf("%+v, %v", done, err)
			}
		})
	})
	t.Run("the deletion of the branch that was checked out", func(t *testing.T) {
		commits(t, beforeFiles, func(s committed) {
			s.fake.Commit("dev", nil)
			s.fake.On(5, func() { s.fake.DeleteBranch("dev") })
			_, err := s.commit(Commit{Branch: "dev", Same: true, Files: []Changed{File("new", []byte("n"))}})
			if _, ok := errors.AsType[*BranchError](err); !ok || s.fake.Head("dev") != "" {
				s.Errorf("%v", err)
			}
		})
	})
	t.Run("the same commit", func(t *testing.T) {
		eachCommit(t, func(s committed, n int, wanted Commit) (done Committed, err error) {
			s.fake.On(n, func() {
				time.Sleep(time.Second) // else it is the same commit to git, too
				done, err = s.commit(wanted)
				time.Sleep(time.Second)
			})
			mine, failed := s.commit(wanted)
			if mine.ID != "" {
				if done.ID != "" {
					s.Errorf("both committed: %+v and %+v", mine, done)
				}
				done = mine
			}
			return done, errors.Join(err, failed)
		}, func(s committed, wanted Commit, done Committed, err error) {
			if err != nil {
				s.Fatal(err)
			}
			arrives(s, wanted, done, nil)
		})
	})
}

// TestCommitRace has jobs that commit to one branch at once, in its order or another:
// all of them arrive, in a commit each.
func TestCommitRace(t *testing.T) {
	fake := ghtest.New(t)
	fake.Commit("main", beforeFiles)
	const jobs = 6
	var running sync.WaitGroup
	for i := range jobs {
		running.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := newClient(t, fake.URL).Commit(ctx, Commit{Branch: "data", Message: fmt.Sprint(i), Files: []Changed{
				File(fmt.Sprintf("results/%d.csv", i), []byte("text\n")), File(fmt.Sprintf("results/%d.bin", i), []byte{0, byte(i)}), File("old/x", nil),
			}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	want := beforeFiles.with(files{"old/x": ghtest.Absent})
	for i := range jobs {
		want[fmt.Sprintf("results/%d.csv", i)], want[fmt.Sprintf("results/%d.bin", i)] = "text\n", "\x00"+string(rune(i))
	}
	if diff := cmp.Diff(want, files(fake.Files("data"))); diff != "" {
		t.Error(diff)
	}
	log := fake.Log("data")
	if len(log) != 1+jobs {
		t.Errorf("%d commits", len(log))
	}
	for _, id := range log[:len(log)-1] {
		if c := fake.GitCommit(id); len(c.Parents) != 1 {
			t.Errorf("%+v", c)
		}
	}
}

// TestCommitProperty commits random changes on top of what others have pushed: all of
// it is on the branch in the end, or there is a conflict.
func TestCommitProperty(t *testing.T) {
	names := []string{"a", "a/b", "a/b/c", "a/d", "e", "e/f", "g", "h/i", "h/j", "k"}
	contents := []string{"1\n", "2\n", "", "\xff\x00", ghtest.Exec("1\n"), ghtest.Exec("sh"), ghtest.Link("e"), ghtest.Absent, ghtest.Absent, ghtest.Absent}
	random := rand.New(rand.NewPCG(1, 2))
	// step changes some of the files, so that none is in the way of another.
	step := func(was files, most int) files {
		is := maps.Clone(was)
		for range random.IntN(most + 1) {
			name, value := names[random.IntN(len(names))], contents[random.IntN(len(contents))]
			if value == ghtest.Absent {
				delete(is, name)
				continue
			}
			maps.DeleteFunc(is, func(other, _ string) bool {
				return strings.HasPrefix(other+"/", name+"/") || strings.HasPrefix(name+"/", other+"/")
			})
			is[name] = value
		}
		return is
	}
	conflicts := 0
	commits(t, files{"keep": "k"}, func(s committed) {
		for i := range 4 * share(100) {
			was := step(files{"keep": "k"}, 6)
			ours, theirs := step(was, 5), step(was, 3)
			same := i%3 > 0
			branch := fmt.Sprintf("b%d", i)
			s.fake.SetBranch(branch, s.fake.Orphan(theirs))
			change := changed(was, ours)
			_, err := s.commit(Commit{Branch: branch, Same: same, Files: change})
			got := files(s.fake.Files(branch))
			if conflict, ok := errors.AsType[*ConflictError](err); ok && same {
				conflicts++
				for _, name := range conflict.Paths {
					if cmp.Equal(theirs.only(name), was.only(name)) {
						s.Fatalf("%v to %v: conflict of %s with %v, where nothing changed", was, ours, name, theirs)
					}
				}
				continue
			}
			if err != nil {
				s.Fatalf("%v to %v on %v: %v", was, ours, theirs, err)
			}
			want := maps.Clone(theirs)
			for _, f := range change {
				if delete(want, f.Path); !f.deleted() {
					maps.DeleteFunc(want, func(other, _ string) bool {
						return strings.HasPrefix(other, f.Path+"/") || strings.HasPrefix(f.Path, other+"/")
					})
				}
			}
			for _, f := range change {
				if !f.deleted() {
					want[f.Path] = ours[f.Path]
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				s.Fatalf("%v to %v on %v, same %t (-want +got):\n%s", was, ours, theirs, same, diff)
			}
			for _, f := range changed(was, theirs) {
				name := f.Path
				if same && f.ID != f.Was && !cmp.Equal(got.only(name), theirs.only(name)) && !cmp.Equal(got.only(name), ours.only(name)) {
					s.Fatalf("%v to %v on %v: lost the change to %s", was, ours, theirs, name)
				}
			}
		}
	})
	if conflicts < share(20) {
		t.Errorf("only %d conflicts", conflicts)
	}
}
