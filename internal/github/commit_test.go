package github

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// files are what a branch holds, as ghtest has them.
type files map[string]string

// with returns the files after a change; ghtest.Absent deletes one.
func (f files) with(change files) files {
	after := maps.Clone(f)
	for name, value := range change {
		if after[name] = value; value == ghtest.Absent {
			delete(after, name)
		}
	}
	return after
}

// only returns the file of that name, if there is one.
func (f files) only(name string) files {
	return maps.Collect(func(yield func(string, string) bool) {
		if value, ok := f[name]; ok {
			yield(name, value)
		}
	})
}

// plain returns the mode and the content of a file.
func plain(value string) (mode string, content []byte) {
	for mode, mark := range map[string]string{modeExec: ghtest.Exec(""), modeLink: ghtest.Link("")} {
		if content, ok := strings.CutPrefix(value, mark); ok {
			return mode, []byte(content)
		}
	}
	return modeFile, []byte(value)
}

// changed returns the change from some files to others, as a job leaves it.
func changed(was, is files) (change []Changed) {
	all := was.with(is)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		old, there := was[name]
		value, kept := is[name]
		if there && kept && old == value {
			continue
		}
		f := Changed{Path: name}
		if there {
			_, content := plain(old)
			f.Was = blobID(content, sha1Digits)
		}
		if kept {
			mode, content := plain(value)
			f = Changed{name, mode, blobID(content, sha1Digits), f.Was, int64(len(content)), func() ([]byte, error) { return content, nil }}
		}
		change = append(change, f)
	}
	return change
}

// committed is a repository to commit to.
type committed struct {
	*testing.T
	fake   *ghtest.Server
	client *Client
}

// commits calls f with a new repository, and with a new clock.
func commits(t *testing.T, before files, f func(s committed)) {
	inBubble(t, func(t *testing.T, fake *ghtest.Server, client *Client) {
		fake.Commit("main", before)
		fake.Requests()
		f(committed{t, fake, client})
	})
}

// commit commits with a deadline.
func (s committed) commit(wanted Commit) (Committed, error) {
	ctx, cancel := context.WithTimeout(s.Context(), 10*time.Minute)
	defer cancel()
	wanted.Message = "Update data"
	return s.client.Commit(ctx, wanted)
}

// holds checks what is on a branch, and returns its commits, the newest first.
func (s committed) holds(branch string, want files) []string {
	s.Helper()
	if diff := cmp.Diff(want, files(s.fake.Files(branch))); diff != "" {
		s.Errorf("%s (-want +got):\n%s", branch, diff)
	}
	return s.fake.Log(branch)
}

// asked returns the requests so far, without the repository.
func (s committed) asked() (asked []string) {
	for _, r := range s.fake.Requests() {
		asked = append(asked, r.Method+strings.TrimPrefix(r.Path, "/repos/"+ghtest.Repository))
	}
	return asked
}

var beforeFiles = files{
	"README.md": "hello\n", "data/a.csv": "a,1\n", "data/b.csv": "b,1\n", "bin/run": ghtest.Exec("#!/bin/sh\n"),
	"latest": ghtest.Link("data/a.csv"), "old/x": "x\n", "old/y": "y\n", "logo.png": "\x89PNG\x00\xff",
}

// TestCommit has a change in each row, with how many requests it takes.
func TestCommit(t *testing.T) {
	rows := []struct {
		name     string
		change   files
		requests int
	}{
		{"nothing", files{}, 2},
		{"one text", files{"data/a.csv": "a,2\n"}, 5},
		{"ten texts", files{"1": "1", "2": "2", "3": "3", "4": "4", "5": "5", "6": "6", "7": "7", "8": "8", "9": "9", "10": "10"}, 5},
		{"a deletion", files{"data/b.csv": ghtest.Absent}, 5},
		{"a whole folder", files{"old/x": ghtest.Absent, "old/y": ghtest.Absent}, 5},
		{"a binary file", files{"plot.png": "\x89PNG\x00\xfe"}, 6},
		{"text with a zero byte", files{"zero": "a\x00b"}, 6},
		{"text that is not UTF-8", files{"latin1": "\xe9t\xe9"}, 6},
		{"an empty file", files{"empty": ""}, 6},
		{"text in other scripts, with odd spaces", files{"é/日本 #1%20.csv": "\ufeff\u2028é\r\n<&>\t\x7f"}, 5},
		{"a large text", files{"large.csv": strings.Repeat("0123456789abcde\n", 1<<17)}, 6},
		{"a file that is now executable", files{"README.md": ghtest.Exec("hello\n")}, 5},
		{"a binary file under another name", files{"logo.png": ghtest.Absent, "img/logo.png": "\x89PNG\x00\xff"}, 5},
		{"a link", files{"latest": ghtest.Link("data/b.csv")}, 5},
		{"a link becomes a file", files{"latest": "b,1\n"}, 5},
		{"a file becomes a folder", files{"README.md": ghtest.Absent, "README.md/en": "hello\n"}, 6},
		{"a folder becomes a file", files{"old/x": ghtest.Absent, "old/y": ghtest.Absent, "old": "x\n"}, 6},
		{"a folder becomes a link", files{"old/x": ghtest.Absent, "old/y": ghtest.Absent, "old": ghtest.Link("data")}, 6},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			commits(t, beforeFiles, func(s committed) {
				first := s.fake.Head("main")
				want := beforeFiles.with(row.change)
				change := changed(beforeFiles, want)
				done, err := s.commit(Commit{Branch: "main", Same: true, Files: change})
				if err != nil {
					s.Fatal(err)
				}
				if asked := s.asked(); len(asked) != row.requests || len(asked) > 6+len(change) {
					s.Errorf("%d requests, want %d: %q", len(asked), row.requests, asked)
				}
				log := s.holds("main", want)
				if len(change) == 0 {
					if done.ID != "" || len(log) != 1 {
						s.Errorf("%+v, %d commits", done, len(log))
					}
					return
				}
				c := s.fake.GitCommit(log[0])
				if len(log) != 2 || done.ID != log[0] || done.Branch != "main" || done.Begun || !c.Signed || c.Message != "Update data" || !slices.Equal(c.Parents, []string{first}) {
					s.Errorf("%+v of %d commits, %+v", done, len(log), c)
				}
				if done.URL != "https://github.com/octo/app/commit/"+done.ID || len(done.Files) != len(change) {
					s.Errorf("%+v", done)
				}
				again, err := s.commit(Commit{Branch: "main", Same: true, Files: change})
				if err != nil || again.ID != "" || again.Files != nil || s.fake.Head("main") != done.ID {
					s.Errorf("again: %+v, %v", again, err)
				}
				if asked := s.asked(); len(asked) != 2 {
					s.Errorf("again: %q", asked)
				}
			})
		})
	}
}

// TestManyFiles commits more than one request holds, and more binary files than GitHub
// takes in a minute at full speed.
func TestManyFiles(t *testing.T) {
	commits(t, beforeFiles, func(s committed) {
		change := files{}
		for i := range 600 {
			change[fmt.Sprintf("many/%d", i)] = fmt.Sprint(i)
		}
		for i := range 12 {
			change[fmt.Sprintf("long/%d", i)] = strings.Repeat(fmt.Sprintln(i), 1<<17)
		}
		for i := range 60 {
			change[fmt.Sprintf("binary/%d", i)] = fmt.Sprintf("\xff%d", i)
		}
		want := beforeFiles.with(change)
		begun := time.Now()
		if _, err := s.commit(Commit{Branch: "main", Same: true, Files: changed(beforeFiles, want)}); err != nil {
			s.Fatal(err)
		}
		s.holds("main", want)
		asked := s.asked()
		trees := len(slices.DeleteFunc(slices.Clone(asked), func(r string) bool { return r != "POST/git/trees" }))
		if len(asked) > 4+60+trees || trees > 9 {
			s.Errorf("%d requests, %d trees", len(asked), trees)
		}
		if took := time.Since(begun); took < 30*time.Second || took > time.Minute {
			s.Errorf("took %v", took)
		}
	})
}

// TestOtherBranch commits to branches that are not what was checked out: ours replaces
// what is there, and leaves the rest.
func TestOtherBranch(t *testing.T) {
	change := files{"data/a.csv": "a,2\n", "old/x": ghtest.Absent, "new": "new\n"}
	rows := []struct {
		name         string
		branch       string
		before, want files // nil: there is no such branch
		start        string
	}{
		{"there", "data", files{"data/a.csv": "theirs\n", "kept": "k"}, files{"data/a.csv": "a,2\n", "kept": "k", "new": "new\n"}, ""},
		{"with a file that goes", "data", files{"old/x": "theirs\n", "old/z": "z\n"}, files{"data/a.csv": "a,2\n", "old/z": "z\n", "new": "new\n"}, ""},
		{"a folder where the file goes", "data", files{"new/1": "1", "new/2/3": "3"}, files{"data/a.csv": "a,2\n", "new": "new\n"}, ""},
		{"a file where the folder goes", "data", files{"data": "d"}, files{"data/a.csv": "a,2\n", "new": "new\n"}, ""},
		{"a link where the folder goes", "data", files{"data": ghtest.Link("/etc")}, files{"data/a.csv": "a,2\n", "new": "new\n"}, ""},
		{"a folder where a file was", "data", files{"old/x/1": "1"}, files{"data/a.csv": "a,2\n", "new": "new\n", "old/x/1": "1"}, ""},
		{"new", "data", nil, beforeFiles.with(change), ""},
		{"new with a name", "a/b#c%20d+é&=", nil, beforeFiles.with(change), ""},
		{"new, beside another", "pages", nil, files{"index.html": "", "new": "new\n", "data/a.csv": "a,2\n"}, "start"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			commits(t, beforeFiles, func(s committed) {
				s.fake.SetBranch("start", s.fake.Orphan(files{"index.html": ""}))
				if row.before != nil {
					s.fake.SetBranch(row.branch, s.fake.Orphan(row.before))
				}
				wanted := Commit{Branch: row.branch, Start: row.start, Files: changed(beforeFiles, beforeFiles.with(change))}
				done, err := s.commit(wanted)
				if err != nil || done.ID != s.fake.Head(row.branch) || done.Begun != (row.before == nil) || done.Branch != row.branch {
					s.Fatalf("%+v, %v", done, err)
				}
				if log := s.holds(row.branch, row.want); len(log) != 2 {
					s.Errorf("%d commits", len(log))
				}
				if asked := s.asked(); len(asked) > 6+len(change) {
					s.Errorf("%d requests: %q", len(asked), asked)
				}
				if again, err := s.commit(wanted); err != nil || again.ID != "" || again.Begun {
					s.Errorf("again: %+v, %v", again, err)
				}
				s.holds("main", beforeFiles)
			})
		})
	}
}

// TestConflict has what somebody else pushed to the branch that was checked out, and the
// paths of the conflict, none if both changes can stand.
func TestConflict(t *testing.T) {
	change := files{"data/a.csv": "a,2\n", "old/x": ghtest.Absent, "new": "new\n", "deep/er/file": "f\n", "README.md": ghtest.Absent, "README.md/en": "en\n"}
	rows := []struct {
		name   string
		theirs files
		paths  []string
	}{
		{"another file", files{"theirs": "t"}, nil},
		{"in the same folders", files{"data/c.csv": "c", "deep/er/2": "2", "old/z": "z"}, nil},
		{"the same change", files{"data/a.csv": "a,2\n", "new": "new\n"}, nil},
		{"the same content with another mode", files{"data/a.csv": ghtest.Exec("a,1\n"), "new": ghtest.Exec("new\n")}, nil},
		{"deleted, too", files{"old/x": ghtest.Absent}, nil},
		{"our file", files{"data/a.csv": "theirs\n"}, []string{"data/a.csv"}},
		{"our new file", files{"new": "theirs\n"}, []string{"new"}},
		{"the file that we delete", files{"old/x": "theirs\n"}, []string{"old/x"}},
		{"deleted what we change", files{"data/a.csv": ghtest.Absent}, []string{"data/a.csv"}},
		{"a folder for our file", files{"new/1": "1", "new/2": "2"}, []string{"new/1", "new/2"}},
		{"a file for our folder", files{"deep": "d"}, []string{"deep"}},
		{"a link for our folder", files{"deep/er": ghtest.Link("..")}, []string{"deep/er"}},
		{"what we make a folder", files{"README.md": "theirs\n"}, []string{"README.md"}},
		{"several", files{"new": "1", "data/a.csv": "2", "kept": "3"}, []string{"data/a.csv", "new"}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			commits(t, beforeFiles, func(s committed) {
				theirs := s.fake.Commit("main", row.theirs)
				_, err := s.commit(Commit{Branch: "main", Same: true, Files: changed(beforeFiles, beforeFiles.with(change))})
				conflict, _ := errors.AsType[*ConflictError](err)
				switch {
				case row.paths == nil && err == nil:
					s.holds("main", beforeFiles.with(row.theirs).with(change))
				case conflict == nil || !slices.Equal(conflict.Paths, row.paths) || conflict.Branch != "main" || problem.Hint(err) == "":
					s.Errorf("%v, want a conflict of %q", err, row.paths)
				case s.fake.Head("main") != theirs:
					s.Error("committed all the same")
				}
			})
		})
	}
}

// TestCommitRefused says which right is missing, and changes nothing.
func TestCommitRefused(t *testing.T) {
	protected := func(said string) ghtest.Rules { return ghtest.Rules{Push: said} }
	rows := []struct {
		name   string
		rights ghtest.Rights
		rules  ghtest.Rules
		branch string
		lacks  Right
	}{
		{"read only", ghtest.Rights{ReadOnly: true}, ghtest.Rules{}, "main", Contents},
		{"read only, fine-grained", ghtest.Rights{ReadOnly: true, Token: ghtest.FineGrained}, ghtest.Rules{}, "main", Contents},
		{"read only, classic", ghtest.Rights{ReadOnly: true, Token: ghtest.Classic}, ghtest.Rules{}, "main", Contents},
		{"archived", ghtest.Rights{Archived: true}, ghtest.Rules{}, "main", Other},
		{"a ruleset", ghtest.Rights{}, protected("Repository rule violations found\n\nChanges must be made through a pull request.\n\n"), "main", Rules},
		{"required checks", ghtest.Rights{}, protected("2 of 2 required status checks are expected."), "main", Rules},
		{"a required check", ghtest.Rights{}, protected("Required status check \"test\" is expected."), "main", Rules},
		{"a required review", ghtest.Rights{}, protected("At least 1 approving review is required by reviewers with write access."), "main", Rules},
		{"protected", ghtest.Rights{}, protected("Protected branch update failed for refs/heads/main."), "main", Rules},
		{"locked", ghtest.Rights{}, protected("Cannot change this locked branch"), "main", Rules},
		{"a hook", ghtest.Rights{}, protected("pre-receive hook declined"), "main", Rules},
		{"a new branch that is protected", ghtest.Rights{}, ghtest.Rules{Prefix: "data", Push: "protected"}, "data", Rules},
		{"no new branches", ghtest.Rights{}, ghtest.Rules{NoCreation: true}, "data", Rules},
		{"a workflow file", ghtest.Rights{NoWorkflows: true}, ghtest.Rules{}, "main", Contents},
		{"a pushed workflow file", ghtest.Rights{NoPush: true}, ghtest.Rules{}, "main", Workflows},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			commits(t, beforeFiles, func(s committed) {
				first := s.fake.Head("main")
				s.fake.SetRights(row.rights)
				s.fake.SetRules(row.rules)
				want := beforeFiles.with(files{"data/a.csv": "a,2\n", ".github/workflows/x.yml": "on: push\n"})
				_, err := s.commit(Commit{Branch: row.branch, Files: changed(beforeFiles, want)})
				denied, ok := errors.AsType[*Denied](err)
				if !ok || denied.Lacks != row.lacks {
					s.Errorf("%v, want %q", err, row.lacks)
				}
				if !slices.Equal(s.fake.Branches(), []string{"main"}) || s.fake.Head("main") != first {
					s.Error("something has changed")
				}
			})
		})
	}
}

// TestCommitFails has what a commit cannot be made of, and what its error says.
func TestCommitFails(t *testing.T) {
	text := File("a.txt", []byte("a\n"))
	huge, odd, moving, unread := text, text, text, text
	huge.Size = MaxFile + 1
	odd.Path = "caf\xe9"
	moving.ID = strings.Repeat("0", 40)
	unread.Read = func() ([]byte, error) { return nil, errors.New("gone") }
	rows := []struct {
		name   string
		wanted Commit
		before func(*ghtest.Server)
		want   string
	}{
		{"a file that is too large", Commit{Branch: "main", Files: []Changed{huge}}, nil, "a.txt has 101 MiB, and GitHub takes no file above 100 MiB"},
		{"a name that is not UTF-8", Commit{Branch: "main", Files: []Changed{odd}}, nil, `"caf\xe9" is not valid UTF-8`},
		{"a file that changes", Commit{Branch: "main", Files: []Changed{moving}}, nil, "read a.txt: the content has changed"},
		{"a file that cannot be read", Commit{Branch: "main", Files: []Changed{unread}}, nil, "read a.txt: gone"},
		{"a branch that is gone", Commit{Branch: "gone", Same: true, Files: []Changed{text}}, nil, `octo/app has no branch "gone"`},
		{"no branch to start at", Commit{Branch: "data", Start: "gone", Files: []Changed{text}}, nil, `octo/app has no branch "gone"`},
		{"no commits at all", Commit{Branch: "data", Files: []Changed{text}}, func(f *ghtest.Server) { f.DeleteBranch("main") }, `octo/app has no branch "main"`},
		{"a branch below", Commit{Branch: "data", Files: []Changed{text}}, func(f *ghtest.Server) { f.Commit("data/new", nil) }, "branch data is taken by another branch with a name that begins the same"},
		{"a branch above", Commit{Branch: "data/a/b", Files: []Changed{text}}, func(f *ghtest.Server) { f.Commit("data", nil) }, "branch data/a/b is taken by another branch with a name that begins the same"},
		{"a blob that GitHub does not take", Commit{Branch: "main", Files: []Changed{File("b", []byte{0})}}, func(f *ghtest.Server) {
			f.Break(ghtest.Fault{Path: "/git/blobs", Status: 422, Body: `{"message":"Sorry, your input was too large to process."}`})
		}, "create blob of octo/app: 422 Unprocessable Entity: Sorry, your input was too large to process."},
		{"a branch that never rests", Commit{Branch: "main", Files: []Changed{text}}, func(f *ghtest.Server) {
			f.Break(ghtest.Fault{Path: "/git/refs", Status: 422, Body: `{"message":"Update is not a fast forward"}`})
		}, "branch main: not done in 10 tries: update ref of octo/app: 422 Unprocessable Entity: Update is not a fast forward"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			commits(t, beforeFiles, func(s committed) {
				if row.before != nil {
					row.before(s.fake)
				}
				_, err := s.commit(row.wanted)
				if err == nil || !strings.Contains(err.Error(), row.want) || problem.Hint(err) == "" && row.name != "a file that cannot be read" && row.name != "a branch that never rests" {
					s.Errorf("got %v (%s), want %s", err, problem.Hint(err), row.want)
				}
			})
		})
	}
}

// TestRenamed follows a branch to its new name.
func TestRenamed(t *testing.T) {
	commits(t, beforeFiles, func(s committed) {
		s.fake.RenameBranch("main", "trunk")
		done, err := s.commit(Commit{Branch: "main", Same: true, Files: []Changed{File("new", []byte("n"))}})
		if err != nil || done.Branch != "trunk" || done.ID != s.fake.Head("trunk") || s.fake.Head("main") != "" {
			s.Errorf("%+v, %v", done, err)
		}
	})
}

// TestOldMode deletes a file with a mode that git no longer writes.
func TestOldMode(t *testing.T) {
	s := &Snapshot{whole: true, folders: map[string][]entry{".": {{name: "a", mode: "100664", id: "1"}, {name: "b", mode: "160000", id: "2"}}}}
	lacking, err := s.Lacks([]Changed{{Path: "a", Was: "1"}, {Path: "b", Was: "1"}, {Path: "c", Was: "1"}}, true)
	if err != nil || len(lacking) != 1 || lacking[0].Path != "a" {
		t.Errorf("%+v, %v", lacking, err)
	}
}

// TestHostileName takes no name of a branch that could be another request, or a line of
// the log.
func TestHostileName(t *testing.T) {
	for _, name := range []string{"", "../../../actions", "a\n::error::b", "/"} {
		commits(t, beforeFiles, func(s committed) {
			s.fake.Break(ghtest.Fault{Path: "/branches/", Body: fmt.Sprintf(`{"name":%q,"commit":{"sha":%q,"commit":{"tree":{"sha":%q}}}}`, name, s.fake.Head("main"), s.fake.GitCommit(s.fake.Head("main")).Tree)})
			if done, err := s.commit(Commit{Branch: "main", Files: []Changed{File("new", []byte("n"))}}); err != nil || done.ID != s.fake.Head("main") {
				s.Errorf("%q: %+v, %v", name, done, err)
			}
		})
	}
}

// TestLargeTree commits to a repository with more files than GitHub lists at once.
func TestLargeTree(t *testing.T) {
	commits(t, beforeFiles, func(s committed) {
		s.fake.SetTreeLimit(3)
		change := files{"data/a.csv": "a,2\n", "old/x": ghtest.Absent, "old/y": ghtest.Absent, "bin": "b", "bin/run": ghtest.Absent, "new/deep/x": "1", "none/x": "2"}
		want := beforeFiles.with(change)
		if _, err := s.commit(Commit{Branch: "main", Same: true, Files: changed(beforeFiles, want)}); err != nil {
			s.Fatal(err)
		}
		s.holds("main", want)
	})
}

// TestSHA256 compares ids with git's.
func TestSHA256(t *testing.T) {
	for format, digits := range map[string]int{"sha1": 40, "sha256": 64} {
		dir := t.TempDir()
		if out, err := exec.Command("git", "init", "--quiet", "--object-format="+format, dir).CombinedOutput(); err != nil {
			t.Fatalf("git: %v %s", err, out)
		}
		hash := exec.Command("git", "hash-object", "--stdin")
		hash.Dir, hash.Stdin = dir, strings.NewReader("a\x00b")
		out, err := hash.Output()
		if got := blobID([]byte("a\x00b"), digits); err != nil || got != strings.TrimSpace(string(out)) {
			t.Errorf("%s: %s, git has %s, %v", format, got, out, err)
		}
	}
}
