package ghtest

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// world is a repository with a few commits and pull requests:
//
//	main      two commits, in the newest a workflow, an executable file and a link
//	first     at the first of them
//	other     one commit on top of main, which deletes a file
//	orphan    a commit without a parent
//
// and scheduled/feature with one commit on top of main, which #1, closed, and #2,
// open, bring to main.
func world(t testing.TB) (*Server, *strings.Replacer) {
	s := serve(t)
	first := s.Commit("main", map[string]string{"README.md": "# app\n"})
	s.SetBranch("first", first)
	main := s.Commit("main", map[string]string{
		".github/workflows/ci.yml": "on: push\n", "bin/run": Exec("#!/bin/sh\n"), "bin/go": Link("run"), "bin.d/a": "a", "bin-d": "b",
	})
	s.Commit("scheduled/feature", map[string]string{"new/file": "new\n", ".github/workflows/ci.yml": "on: pull_request\n"})
	feature := s.Head("scheduled/feature")
	s.Commit("other", map[string]string{"README.md": Absent})
	s.SetBranch("orphan", s.git.putCommit(Commit{Tree: s.git.putTree(nil), Author: s.person(), Committer: s.person()}))
	send(t, s, "POST", "/pulls", `{"title":"One","head":"scheduled/feature","base":"main"}`)
	s.EditPull(1, func(p *Pull) { p.State = "closed" })
	send(t, s, "POST", "/pulls", `{"title":"Two","head":"octo:scheduled/feature","base":"main","body":"text"}`)
	return s, strings.NewReplacer(
		"FIRST", first, "MAIN", main, "FEATURE", feature, "OTHER", s.Head("other"), "NONE", strings.Repeat("0", 40),
		"TREE", s.GitCommit(main).Tree, "BLOB", blobOf(s, main, "README.md"), "LONG", strings.Repeat("é", 65537), "FULL", strings.Repeat("é", 65536),
	)
}

func blobOf(s *Server, commit, path string) string {
	return s.git.leaves(s.git.commit(commit).Tree)[path].id
}

// send sends a request about the repository and returns the answer.
func send(t testing.TB, s *Server, method, path, body string) (status int, answer string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(request(t, s, method, "/repos/octo/app"+path, body, nil))
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

// TestAnswers has a request in each row, in a new world, with what the answer says
// apart from its status.
func TestAnswers(t *testing.T) {
	rows := []struct {
		method, path, body string
		status             int
		want               string
	}{
		// Reading.
		{"GET", "", "", 200, `"default_branch":"main"`},
		{"GET", "/actions/workflows?per_page=100&page=1", "", 200, `"state":"active"`},
		{"GET", "/branches/main", "", 200, `"sha":"MAIN"`},
		{"GET", "/branches/scheduled/feature", "", 200, `"sha":"FEATURE"`},
		{"GET", "/branches/scheduled%2Ffeature", "", 200, `"name":"scheduled/feature"`},
		{"GET", "/branches/none", "", 404, "Branch not found"},
		{"GET", "/commits/scheduled/feature", "", 200, `"filename":"new/file"`},
		{"GET", "/commits/FIRST", "", 200, `"status":"added"`},
		{"GET", "/commits/none", "", 422, "No commit found for SHA: none"},
		{"GET", "/compare/main...scheduled/feature", "", 200, `"ahead_by":1,`},
		{"GET", "/compare/FEATURE...octo:main?per_page=1", "", 200, `"status":"behind"`},
		{"GET", "/compare/other...scheduled/feature", "", 200, `"status":"diverged"`},
		{"GET", "/compare/main...MAIN", "", 200, `"status":"identical"`},
		{"GET", "/compare/main...none", "", 404, "Not Found"},
		{"GET", "/contents/README.md", "", 200, `"content":"IyBhcHAK\n"`},
		{"GET", "/contents/new/file?ref=scheduled/feature", "", 200, `"sha":"3e757656cf36eca53338e520d134963a44f793f8"`},
		{"GET", "/contents/bin", "", 200, `"path":"bin/run"`},
		{"GET", "/contents/bin/go", "", 200, `"target":"run"`},
		{"GET", "/contents/bin/none", "", 404, "Not Found"},
		{"GET", "/contents/bin?ref=none", "", 404, "No commit found for the ref none"},
		{"GET", "/git/blobs/BLOB", "", 200, `"encoding":"base64"`},
		{"GET", "/git/blobs/TREE", "", 404, "Not Found"},
		{"GET", "/git/trees/TREE", "", 200, `"path":"bin.d","sha":`},
		{"GET", "/git/trees/scheduled%2Ffeature?recursive=1", "", 200, `"path":"new/file","sha":"3e757656cf36eca53338e520d134963a44f793f8","size":4`},
		{"GET", "/git/trees/NONE", "", 404, "Not Found"},
		{"GET", "/git/commits/MAIN", "", 200, `"reason":"unsigned"`},
		{"GET", "/git/commits/TREE", "", 404, "Not Found"},
		{"GET", "/git/ref/heads/scheduled/feature", "", 200, `"sha":"FEATURE"`},
		{"GET", "/git/ref/heads/scheduled", "", 404, "Not Found"},
		{"GET", "/git/matching-refs/heads/sched", "", 200, `"ref":"refs/heads/scheduled/feature"`},
		{"GET", "/git/matching-refs/heads/x", "", 200, `[]`},

		// Writing objects.
		{"POST", "/git/blobs", `{"content":"bmV3Cg==","encoding":"base64"}`, 201, `"sha":"3e757656cf36eca53338e520d134963a44f793f8"`},
		{"POST", "/git/blobs", `{"content":"new\n"}`, 201, `"sha":"3e757656cf36eca53338e520d134963a44f793f8"`},
		{"POST", "/git/trees", `{"base_tree":"TREE","tree":[{"path":"README.md","mode":"100644","type":"blob","sha":null}]}`, 201, `"path":"bin"`},
		{"POST", "/git/trees", `{"base_tree":"TREE","tree":[{"path":"README.md","mode":"100644","type":"blob","sha":"BLOB"}]}`, 201, `"sha":"TREE"`},
		{"POST", "/git/trees", `{"base_tree":"main","tree":[{"path":"bin/run","mode":"100755","type":"blob","content":"#!/bin/sh\n"}]}`, 201, `"sha":"TREE"`},
		{"POST", "/git/trees", `{"tree":[{"path":"all","mode":"040000","type":"tree","sha":"TREE"}]}`, 201, `"path":"all","sha":"TREE"`},
		{"POST", "/git/trees", `{"tree":[]}`, 422, "Invalid tree info"},
		{"POST", "/git/trees", `{"base_tree":"NONE","tree":[{"path":"a","mode":"100644","type":"blob","content":""}]}`, 422, "base_tree is not a valid tree oid"},
		{"POST", "/git/trees", `{"tree":[{"path":"a","mode":"100644","type":"blob","sha":"NONE"}]}`, 422, "tree.sha NONE is not a valid blob"},
		{"POST", "/git/trees", `{"tree":[{"path":"a","mode":"100644","type":"blob","sha":null}]}`, 422, "GitRPC::BadObjectState"},
		{"POST", "/git/trees", `{"tree":[{"path":"a/../b","mode":"100644","type":"blob","content":""}]}`, 422, "malformed path component"},
		{"POST", "/git/trees", `{"tree":[{"path":"a","mode":"100644","type":"blob","content":"","sha":"BLOB"}]}`, 422, "either tree.sha or tree.content"},
		{"POST", "/git/commits", `{"message":"m","tree":"TREE","parents":["MAIN"]}`, 201, `"verified":true`},
		{"POST", "/git/commits", `{"message":"m","tree":"TREE","author":{"name":"a","email":"a@b"}}`, 201, `"verified":false`},
		{"POST", "/git/commits", `{"message":"m","tree":"NONE"}`, 422, "Tree SHA does not exist"},
		{"POST", "/git/commits", `{"message":"m","tree":"TREE","parents":["TREE"]}`, 422, "Parent SHA does not exist or is not a commit object"},

		// Refs.
		{"POST", "/git/refs", `{"ref":"refs/heads/a/b","sha":"MAIN"}`, 201, `"ref":"refs/heads/a/b"`},
		{"POST", "/git/refs", `{"ref":"refs/heads/main","sha":"MAIN"}`, 422, "Reference already exists"},
		{"POST", "/git/refs", `{"ref":"refs/heads/scheduled","sha":"MAIN"}`, 422, "Reference update failed"},
		{"POST", "/git/refs", `{"ref":"heads/a","sha":"MAIN"}`, 422, "start with 'refs/'"},
		{"POST", "/git/refs", `{"ref":"refs/heads/a","sha":"NONE"}`, 422, "Object does not exist"},
		{"PATCH", "/git/refs/heads/scheduled/feature", `{"sha":"MAIN"}`, 422, "Update is not a fast forward"},
		{"PATCH", "/git/refs/heads/scheduled/feature", `{"sha":"MAIN","force":true}`, 200, `"sha":"MAIN"`},
		{"PATCH", "/git/refs/heads/first", `{"sha":"FEATURE"}`, 200, `"sha":"FEATURE"`},
		{"PATCH", "/git/refs/heads/first", `{"sha":"NONE"}`, 422, "Object does not exist"},
		{"PATCH", "/git/refs/heads/none", `{"sha":"MAIN","force":true}`, 422, "Reference does not exist"},
		{"DELETE", "/git/refs/heads/scheduled/feature", "", 204, ""},
		{"DELETE", "/git/refs/heads/none", "", 422, "Reference does not exist"},

		// Pull requests.
		{"GET", "/pulls", "", 200, `"number":2,`},
		{"GET", "/pulls?state=closed&sort=updated&direction=asc&per_page=100&page=1", "", 200, `"number":1,`},
		{"GET", "/pulls?head=octo:scheduled/feature&base=main", "", 200, `"number":2,`},
		{"GET", "/pulls?head=octo:other&state=all", "", 200, `[]`},
		{"GET", "/pulls?base=other", "", 200, `[]`},
		{"GET", "/pulls/2", "", 200, `"changed_files":2,`},
		{"GET", "/pulls/3", "", 404, "Not Found"},
		{"GET", "/pulls/2/commits", "", 200, `"sha":"FEATURE"`},
		{"POST", "/pulls", `{"title":"t","head":"other","base":"main","draft":true}`, 201, `"draft":true`},
		{"POST", "/pulls", `{"title":"t","head":"other","base":"main","body":"FULL"}`, 201, `"number":3,`},
		{"POST", "/pulls", `{"title":"t","head":"other","base":"main","body":"LONG"}`, 422, "body is too long (maximum is 65536 characters)"},
		{"POST", "/pulls", `{"title":"t","head":"scheduled/feature","base":"main"}`, 422, "A pull request already exists for octo:scheduled/feature."},
		{"POST", "/pulls", `{"title":"t","head":"first","base":"main"}`, 422, "No commits between main and first"},
		{"POST", "/pulls", `{"title":"t","head":"orphan","base":"main"}`, 422, "The orphan branch has no history in common with main"},
		{"POST", "/pulls", `{"title":"t","head":"none","base":"main"}`, 422, `"code":"invalid","field":"head"`},
		{"POST", "/pulls", `{"title":"t","head":"other","base":"none"}`, 422, `"code":"invalid","field":"base"`},
		{"POST", "/pulls", `{"head":"other","base":"main"}`, 422, `"code":"missing_field","field":"title"`},
		{"PATCH", "/pulls/2", `{"title":"New","body":"new","state":"closed","base":"first"}`, 200, `"closed_at":"2`},
		{"PATCH", "/pulls/1", `{"state":"open"}`, 422, "There is already an open pull request from scheduled/feature to main."},
		{"PATCH", "/pulls/2", `{"body":"LONG"}`, 422, "body is too long"},
		{"PATCH", "/pulls/2", `{"base":"none"}`, 422, `"field":"base"`},
		{"PATCH", "/pulls/2", `{"title":""}`, 422, `"field":"title"`},
		{"PATCH", "/pulls/3", `{"title":"a"}`, 404, "Not Found"},
		{"POST", "/pulls/2/requested_reviewers", `{"reviewers":["mona"],"team_reviewers":["core"]}`, 201, `"slug":"core"`},

		// Issues.
		{"PATCH", "/issues/2", `{"labels":["ci"],"assignees":["mona"],"body":"b","state":"closed"}`, 200, `"login":"mona"`},
		{"PATCH", "/issues/9", `{"state":"closed"}`, 404, "Not Found"},
		{"POST", "/issues/2/comments", `{"body":"hello"}`, 201, `"body":"hello"`},
		{"POST", "/issues/2/comments", `{"body":"LONG"}`, 422, "body is too long"},
		{"POST", "/issues/2/comments", `{"body":""}`, 422, "Body cannot be blank"},
		{"GET", "/issues/2/comments", "", 200, "[]"},
		{"POST", "/issues/2/labels", `{"labels":["a b","c"]}`, 200, `"name":"a b"`},
		{"POST", "/labels", `{"name":"ci","color":"ff0000"}`, 201, `"name":"ci"`},
		{"GET", "/issues/9/comments", "", 404, "Not Found"},
		{"POST", "/issues/9/comments", `{"body":"a"}`, 404, "Not Found"},
		{"POST", "/issues/9/labels", `{"labels":["a"]}`, 404, "Not Found"},
		{"PATCH", "/issues/2", `{"body":"LONG"}`, 422, "body is too long"},
		{"GET", "/pulls/9/commits", "", 404, "Not Found"},
		{"POST", "/pulls/9/requested_reviewers", `{"reviewers":["a"]}`, 404, "Not Found"},
		{"GET", "/labels", "", 200, "[]"},
	}
	for _, row := range rows {
		s, ids := world(t)
		status, got := send(t, s, row.method, ids.Replace(row.path), ids.Replace(row.body))
		if want := ids.Replace(row.want); status != row.status || !strings.Contains(got, want) {
			t.Errorf("%s %s %.80s: want %d with %s, got %d, %.500s", row.method, row.path, row.body, row.status, want, status, got)
		}
		for _, violation := range s.Violations() {
			t.Errorf("%s %s %.80s: %.900s", row.method, row.path, row.body, violation)
		}
	}
}

// TestWrongRequests has requests that no answer of GitHub's excuses.
func TestWrongRequests(t *testing.T) {
	rows := []struct{ method, path, body, want string }{
		{"POST", "/git/trees", `{"tree":[{"path":"a","mode":"0644","type":"blob","content":""}]}`, `"/tree/0/mode"`},
		{"POST", "/git/trees", `{"tree":{}}`, `"/tree"`},
		{"POST", "/git/trees", `{"base_tree":"TREE"}`, `"tree" is missing`},
		{"POST", "/git/trees", `{"tree":`, "request body"},
		{"POST", "/git/blobs", `{"content":"%","encoding":"base64"}`, "illegal base64"},
		{"POST", "/git/commits", `{"tree":"TREE"}`, `"message" is missing`},
		{"POST", "/git/commits", `{"message":"m","tree":"TREE","author":{"name":"a"}}`, `"email" is missing`},
		{"POST", "/git/commits", `{"message":"m","tree":"TREE","author":{"name":"a","email":"b","date":"today"}}`, "date"},
		{"POST", "/git/refs", `{"ref":"refs/heads/a"}`, `"sha" is missing`},
		{"PATCH", "/git/refs/heads/a/b", `{"sha":"MAIN","force":"yes"}`, `"/force"`},
		{"DELETE", "/git/ref/heads/a/b", "", "method not allowed"},
		{"GET", "/git/refs/heads/main", "", "method not allowed"},
		{"GET", "/git/trees/scheduled/feature", "", "no matching operation"},
		{"GET", "/git/ref/", "", "no matching operation"},
		{"GET", "/pulls?state=merged", "", `parameter "state"`},
		{"GET", "/pulls?author=octo", "", `no parameter "author"`},
		{"GET", "/pulls/two", "", "pull_number"},
		{"POST", "/pulls", `{"title":"t","base":"main"}`, `"head" is missing`},
		{"POST", "/pulls", "", "request body"},
		{"PATCH", "/pulls/2", `{"state":"merged"}`, `"/state"`},
		{"PATCH", "/issues/2", `{"labels":"ci"}`, `"/labels"`},
		{"POST", "/issues/2/comments", `{"text":"a"}`, `"body" is missing`},
		{"POST", "/issues/2/labels", `{"labels":[]}`, "labels"},
		{"POST", "/labels", `{"color":"ff0000"}`, `"name" is missing`},
		{"POST", "/pulls/2/requested_reviewers", `{"reviewers":"mona"}`, `"/reviewers"`},
		{"POST", "/git/trees", `{"tree":[{"path":"a","mode":"100644","type":"blob","content":"1"},{"path":"a","mode":"100644","type":"blob","content":"2"}]}`, "two entries of the path a"},
		{"POST", "/git/trees", `{"tree":[{"path":"a/b/c","mode":"100644","type":"blob","content":"1"},{"path":"a","mode":"100644","type":"blob","content":"2"}]}`, "entries of both a and a/b/c"},
		{"POST", "/git/trees", `{"tree":[{"path":"a","mode":"100644","type":"blob","content":"\u0000"}]}`, "no text as the content of a"},
		{"PUT", "/contents/a/b", `{"message":"m","content":""}`, "the fake does not know"},
	}
	for _, row := range rows {
		s, ids := world(t)
		before := s.Violations()
		send(t, s, row.method, ids.Replace(row.path), ids.Replace(row.body))
		if got := strings.Join(s.Violations(), "\n"); before != nil || !strings.Contains(got, row.want) {
			t.Errorf("%s %s %s: want violation %s, got %q", row.method, row.path, row.body, row.want, got)
		}
	}
}
