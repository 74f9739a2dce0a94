package ghtest

import (
	"strings"
	"testing"
)

// TestRights has a request a row that something forbids, and the words of the
// refusal.
func TestRights(t *testing.T) {
	const (
		tree     = `{"base_tree":"TREE","tree":[{"path":".github/workflows/a.yml","mode":"100644","type":"blob","content":"a"}]}`
		elsewise = `{"base_tree":"TREE","tree":[{"path":"a.yml","mode":"100644","type":"blob","content":"a"}]}`
		push     = `{"ref":"refs/heads/a","sha":"FEATURE"}`
		app, pat = "Resource not accessible by integration", "Resource not accessible by personal access token"
	)
	rows := []struct {
		rights             Rights
		rules              Rules
		method, path, body string
		status             int
		want               string
	}{
		{Rights{NoWorkflows: true}, Rules{}, "POST", "/git/trees", tree, 403, app},
		{Rights{NoWorkflows: true, Token: FineGrained}, Rules{}, "POST", "/git/trees", tree, 403, pat},
		{Rights{NoWorkflows: true, Token: Classic}, Rules{}, "POST", "/git/trees", tree, 404, "Not Found"},
		{Rights{NoWorkflows: true}, Rules{}, "POST", "/git/trees", elsewise, 201, ""},
		{Rights{NoPush: true}, Rules{}, "POST", "/git/trees", tree, 201, ""},
		{Rights{NoPush: true}, Rules{}, "POST", "/git/refs", push, 422, "refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` without `workflows` permission"},
		{Rights{NoPush: true, Token: Classic}, Rules{}, "POST", "/git/refs", push, 422, "refusing to allow a Personal Access Token to create or update workflow `.github/workflows/ci.yml` without `workflow` scope"},
		{Rights{NoPush: true}, Rules{}, "PATCH", "/git/refs/heads/first", `{"sha":"FEATURE"}`, 422, "refusing to allow a GitHub App"},
		{Rights{NoPush: true}, Rules{}, "PATCH", "/git/refs/heads/first", `{"sha":"OTHER"}`, 200, ""},

		{Rights{NoPulls: true}, Rules{}, "POST", "/pulls", `{"title":"t","head":"other","base":"main"}`, 403, app},
		{Rights{NoPulls: true, Token: FineGrained}, Rules{}, "PATCH", "/pulls/2", `{"title":"t"}`, 403, pat},
		{Rights{NoPulls: true, Token: Classic}, Rules{}, "PATCH", "/issues/2", `{"title":"t"}`, 404, "Not Found"},
		{Rights{NoPulls: true}, Rules{}, "POST", "/issues/2/comments", `{"body":"b"}`, 403, app},
		{Rights{NoPulls: true}, Rules{}, "POST", "/issues/2/labels", `{"labels":["b"]}`, 403, app},
		{Rights{NoPulls: true}, Rules{}, "POST", "/labels", `{"name":"b"}`, 403, app},
		{Rights{NoPulls: true}, Rules{}, "POST", "/pulls/2/requested_reviewers", `{"reviewers":["b"]}`, 403, app},
		{Rights{NoPulls: true}, Rules{}, "GET", "/pulls", "", 200, ""},
		{Rights{NoPulls: true}, Rules{}, "POST", "/git/refs", push, 201, ""},
		{Rights{NoOpenedPull: true}, Rules{}, "POST", "/pulls", `{"title":"t","head":"other","base":"main"}`, 403, "GitHub Actions is not permitted to create or approve pull requests."},
		{Rights{NoOpenedPull: true}, Rules{}, "PATCH", "/pulls/2", `{"title":"t"}`, 200, ""},

		{Rights{ReadOnly: true}, Rules{}, "POST", "/git/blobs", `{"content":"a"}`, 403, app},
		{Rights{ReadOnly: true}, Rules{}, "POST", "/git/trees", elsewise, 403, app},
		{Rights{ReadOnly: true}, Rules{}, "DELETE", "/git/refs/heads/other", "", 403, app},
		{Rights{ReadOnly: true}, Rules{}, "PATCH", "/pulls/2", `{"title":"t"}`, 403, app},
		{Rights{ReadOnly: true, Token: Classic}, Rules{}, "POST", "/git/commits", `{"message":"m","tree":"TREE"}`, 404, "Not Found"},
		{Rights{ReadOnly: true}, Rules{}, "GET", "/git/trees/TREE", "", 200, ""},

		{Rights{Archived: true}, Rules{}, "POST", "/git/blobs", `{"content":"a"}`, 403, "Repository was archived so is read-only."},
		{Rights{Archived: true}, Rules{}, "GET", "/branches/main", "", 200, ""},
		{Rights{}, Rules{Prefix: "first", Push: "Changes must be made through a pull request."}, "PATCH", "/git/refs/heads/first", `{"sha":"FEATURE"}`, 422, "through a pull request"},
		{Rights{}, Rules{Prefix: "new", Push: "Changes must be made through a pull request."}, "POST", "/git/refs", `{"ref":"refs/heads/new","sha":"MAIN"}`, 422, "Reference update failed"},
		{Rights{}, Rules{Prefix: "new", Push: "Changes must be made through a pull request."}, "PATCH", "/git/refs/heads/first", `{"sha":"FEATURE"}`, 200, ""},

		{Rights{}, Rules{Prefix: "scheduled/", NoForce: true}, "PATCH", "/git/refs/heads/scheduled/feature", `{"sha":"OTHER","force":true}`, 422, `Repository rule violations found\n\nCannot force-push to this branch\n\n`},
		{Rights{}, Rules{Prefix: "scheduled/", NoForce: true}, "PATCH", "/git/refs/heads/scheduled/feature", `{"sha":"FEATURE","force":true}`, 200, ""},
		{Rights{}, Rules{Prefix: "scheduled/", NoForce: true}, "PATCH", "/git/refs/heads/other", `{"sha":"FIRST","force":true}`, 200, ""},
		{Rights{}, Rules{Prefix: "scheduled/", NoCreation: true}, "POST", "/git/refs", `{"ref":"refs/heads/scheduled/sync","sha":"MAIN"}`, 422, "creations being restricted"},
		{Rights{}, Rules{Prefix: "scheduled/", NoCreation: true}, "POST", "/git/refs", `{"ref":"refs/heads/sync","sha":"MAIN"}`, 201, ""},
		{Rights{}, Rules{Prefix: "scheduled/", NoDeletion: true}, "DELETE", "/git/refs/heads/scheduled/feature", "", 422, `Repository rule violations found\n\nCannot delete this branch\n\n`},
		{Rights{}, Rules{Prefix: "scheduled/", NoDeletion: true}, "DELETE", "/git/refs/heads/other", "", 204, ""},
	}
	for _, row := range rows {
		s, ids := world(t)
		s.SetRights(row.rights)
		s.SetRules(row.rules)
		before := s.Branches()
		status, got := send(t, s, row.method, ids.Replace(row.path), ids.Replace(row.body))
		if status != row.status || !strings.Contains(got, row.want) {
			t.Errorf("%+v %s %s: want %d with %s, got %d, %.300s", row.rights, row.method, row.path, row.status, row.want, status, got)
		}
		if after := s.Branches(); status >= 400 && len(after) != len(before) {
			t.Errorf("%s %s: refused, but branches %v", row.method, row.path, after)
		}
		for _, violation := range s.Violations() {
			t.Errorf("%s %s: %s", row.method, row.path, violation)
		}
	}
}
