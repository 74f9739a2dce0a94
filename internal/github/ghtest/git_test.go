package ghtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// git runs the real git in a folder.
func git(t *testing.T, dir string, stdin []byte, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "core.autocrlf=false", "-c", "core.fileMode=true", "-c", "commit.gpgsign=false"}, args...)...)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Zoë", "GIT_AUTHOR_EMAIL=z@example.com", "GIT_AUTHOR_DATE=1795262400 +0000",
		"GIT_COMMITTER_NAME=Bob", "GIT_COMMITTER_EMAIL=b@example.com", "GIT_COMMITTER_DATE=1795262401 -0330")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestSameCommit makes the same two commits with git and through the API.
func TestSameCommit(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, nil, "init", "--quiet")
	s := serve(t)
	s.Commit("main", map[string]string{"unrelated": ""})
	base, parent := "", ""
	for i, files := range []map[string]string{
		{"a.txt": "a\n", "a/b": "b", "a-c": "c", "a0": "", "é/ü": "ö\n", ".github/workflows/x.yml": "on: push\n"},
		{"a.txt": "a\r\n", "z": "z", "a/b": Absent},
	} {
		var entries []map[string]any
		for path, content := range files {
			file := filepath.Join(dir, path)
			entry := map[string]any{"path": path, "mode": modeFile, "type": "blob", "content": content}
			if content == Absent {
				delete(entry, "content")
				entry["sha"] = nil
				check(t, os.Remove(file))
			} else {
				check(t, os.MkdirAll(filepath.Dir(file), 0o777))
				check(t, os.WriteFile(file, []byte(content), 0o666))
			}
			entries = append(entries, entry)
		}
		git(t, dir, nil, "add", "--all")
		git(t, dir, nil, "commit", "--quiet", "--message", "Änderung\n\nmore")

		tree := map[string]any{"tree": entries}
		commit := map[string]any{"message": "Änderung\n\nmore\n",
			"author":    map[string]any{"name": "Zoë", "email": "z@example.com", "date": "2026-11-21T12:00:00Z"},
			"committer": map[string]any{"name": "Bob", "email": "b@example.com", "date": "2026-11-21T08:30:01-03:30"},
		}
		if i > 0 {
			tree["base_tree"], commit["parents"] = base, []string{parent}
		}
		base = post(t, s, "/git/trees", tree)
		commit["tree"] = base
		parent = post(t, s, "/git/commits", commit)
		if want := git(t, dir, nil, "rev-parse", "HEAD^{tree}"); base != want {
			t.Errorf("tree %s, git has %s", base, want)
		}
		if want := git(t, dir, nil, "rev-parse", "HEAD"); parent != want {
			t.Errorf("commit %s, git has %s:\n%s", parent, want, git(t, dir, nil, "cat-file", "-p", "HEAD"))
		}
	}
	for _, violation := range s.Violations() {
		t.Error(violation)
	}
}

// post creates something and returns its id.
func post(t *testing.T, s *Server, path string, body any) string {
	t.Helper()
	status, answer := send(t, s, "POST", path, string(marshal(body)))
	var created struct{ SHA string }
	if err := json.Unmarshal([]byte(answer), &created); err != nil || status != 201 {
		t.Fatalf("POST %s: %d %s", path, status, answer)
	}
	return created.SHA
}

// TestObjects has git read each object of a world, and check what they hold.
func TestObjects(t *testing.T) {
	s, ids := world(t)
	s.Merge(2)
	post(t, s, "/git/commits", map[string]any{"message": "signed", "tree": ids.Replace("TREE"), "parents": []string{s.Head("main")}})
	dir := t.TempDir()
	git(t, dir, nil, "init", "--quiet", "--bare")
	for id, o := range s.git.objects {
		if got := git(t, dir, o.data, "hash-object", "-w", "--stdin", "-t", o.kind); got != id {
			t.Errorf("%s %s, git has %s", o.kind, id, got)
		}
	}
	git(t, dir, nil, "fsck", "--strict")
	git(t, dir, nil, "update-ref", "refs/heads/main", s.Head("main"))
	want := git(t, dir, nil, "ls-tree", "-r", "main")
	var got strings.Builder
	for _, e := range s.git.walk(s.GitCommit(s.Head("main")).Tree, "") {
		if e.mode != modeDir {
			fmt.Fprintf(&got, "%s %s %s\t%s\n", e.mode, e.kind(), e.id, e.path)
		}
	}
	if strings.TrimSpace(got.String()) != want {
		t.Errorf("files\n%s\ngit has\n%s", &got, want)
	}
}

// TestEmptyFolders checks that a folder goes with its last file, and that a file
// takes the place of a folder.
func TestEmptyFolders(t *testing.T) {
	s, ids := world(t)
	for _, row := range []struct{ tree, want string }{
		{`{"path":"bin/run","mode":"100755","type":"blob","sha":null},{"path":"bin/go","mode":"120000","type":"blob","sha":null}`, `.github bin-d bin.d README.md`},
		{`{"path":"bin","mode":"100644","type":"blob","content":"a"}`, `.github README.md bin bin-d bin.d`},
		{`{"path":"README.md/a","mode":"100644","type":"blob","content":"a"}`, `.github README.md bin bin-d bin.d`},
	} {
		_, answer := send(t, s, "POST", "/git/trees", ids.Replace(`{"base_tree":"TREE","tree":[`+row.tree+`]}`))
		for _, name := range strings.Fields(row.want) {
			if strings.Count(answer, `"path":"`+name+`"`) != 1 {
				t.Errorf("%s: no %s in %s", row.tree, name, answer)
			}
		}
		if got := strings.Count(answer, `"path"`); got != len(strings.Fields(row.want)) {
			t.Errorf("%s: %d entries, want %s", row.tree, got, row.want)
		}
	}
}

// TestTruncated checks that a recursive tree says when it is not whole.
func TestTruncated(t *testing.T) {
	s, _ := world(t)
	for _, row := range []struct {
		limit int
		path  string
		want  bool
	}{{0, "?recursive=1", false}, {3, "?recursive=1", true}, {3, "", false}, {99, "?recursive=1", false}} {
		s.SetTreeLimit(row.limit)
		_, answer := send(t, s, "GET", "/git/trees/main"+row.path, "")
		if got := strings.Contains(answer, `"truncated":true`); got != row.want || got && strings.Count(answer, `"path"`) != row.limit {
			t.Errorf("limit %d%s: %s", row.limit, row.path, answer)
		}
	}
}

// TestEmptyRepository checks that there is nothing before the first commit.
func TestEmptyRepository(t *testing.T) {
	s := New(t)
	for path, want := range map[string]int{"": 200, "/branches/main": 404, "/git/trees/main": 409, "/git/ref/heads/main": 409, "/pulls": 200} {
		if got, answer := send(t, s, "GET", path, ""); got != want {
			t.Errorf("GET %s: %d %s", path, got, answer)
		}
	}
	if s.Head("main") != "" || s.Files("main") != nil || s.Branches() != nil {
		t.Error("there is something")
	}
}

// TestPeople checks what people commit.
func TestPeople(t *testing.T) {
	s := New(t)
	s.SetNow(time.Unix(1795262400, 0))
	first := s.Commit("main", map[string]string{"a/b": "1", "run": Exec("2"), "l": Link("run"), "\u00e9": ""})
	second := s.Commit("dev", map[string]string{"a/b": Absent, "c": "3"})
	if got := s.Files("dev"); len(got) != 4 || got["c"] != "3" || got["run"] != Exec("2") || got["l"] != Link("run") {
		t.Errorf("files %q", got)
	}
	got := s.GitCommit(second)
	if len(got.Parents) != 1 || got.Parents[0] != first || got.Signed || got.Author.Time.Unix() != 1795262400 || s.Head("main") != first {
		t.Errorf("%+v", got)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// BenchmarkTree writes a tree with 100 new files onto one with 1,000.
func BenchmarkTree(b *testing.B) {
	s := serve(b)
	files := map[string]string{}
	for i := range 1000 {
		files[fmt.Sprintf("src/%d/%d.py", i%10, i)] = fmt.Sprint(i)
	}
	s.Commit("main", files)
	var entries []map[string]any
	for i := range 100 {
		entries = append(entries, map[string]any{"path": fmt.Sprintf(".github/workflows/%d.yml", i), "mode": modeFile, "type": "blob", "content": strings.Repeat("on: push\n", 400)})
	}
	body := string(marshal(map[string]any{"base_tree": "main", "tree": entries}))
	for b.Loop() {
		if status, answer := send(b, s, "POST", "/git/trees", body); status != 201 {
			b.Fatal(status, answer)
		}
	}
}

// BenchmarkPulls lists 100 pull requests.
func BenchmarkPulls(b *testing.B) {
	s, _ := world(b)
	for range 100 {
		s.EditPull(len(s.pulls), func(p *Pull) { p.State = "closed" })
		send(b, s, "POST", "/pulls", `{"title":"t","head":"other","base":"main"}`)
	}
	for b.Loop() {
		send(b, s, "GET", "/pulls?state=all&per_page=100", "")
	}
}
