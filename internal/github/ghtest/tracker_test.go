package ghtest

import (
	"strings"
	"testing"
	"time"
)

// TestTracker sends requests for issues and dispatches, one after the other.
func TestTracker(t *testing.T) {
	const dispatches = "/actions/workflows/a.yml/dispatches"
	s, _ := world(t) // with pull requests, the last of which is #3
	last := len(s.Pulls())
	s.Register(Registered{File: "a.yml"}, Registered{File: "off.yml", State: "disabled_manually"})
	number := string(rune('0' + last + 1))
	rows := []struct {
		rights             Rights
		method, path, body string
		status             int
		want               string
	}{
		{Rights{}, "POST", "/issues", `{"title":"t","body":"b","labels":["failure"]}`, 201, `"number":` + number},
		{Rights{}, "POST", "/issues", `{"title":""}`, 422, "missing_field"},
		{Rights{NoIssues: true}, "POST", "/issues", `{"title":"t"}`, 403, "Resource not accessible by integration"},
		{Rights{NoIssues: true, Token: Classic}, "POST", "/issues", `{"title":"t"}`, 404, "Not Found"},
		{Rights{NoTracker: true}, "POST", "/issues", `{"title":"t"}`, 410, "Issues are disabled for this repo"},
		{Rights{}, "GET", "/issues?labels=Failure", "", 200, `"number":` + number},
		{Rights{}, "GET", "/issues?labels=other", "", 200, "[]"},
		{Rights{}, "GET", "/issues?state=closed&labels=failure", "", 200, "[]"},
		{Rights{}, "GET", "/issues?per_page=1", "", 200, `"number":` + number},
		{Rights{}, "GET", "/issues?direction=asc&state=all&per_page=1", "", 200, `"pull_request":{`},
		{Rights{NoIssues: true}, "PATCH", "/issues/" + number, `{"body":"c"}`, 403, "Resource not accessible by integration"},
		{Rights{NoIssues: true}, "PATCH", "/issues/1", `{"title":"a pull request"}`, 200, "a pull request"},
		{Rights{}, "PATCH", "/issues/" + number, `{"state":"closed","state_reason":"completed"}`, 200, `"state_reason":"completed"`},
		{Rights{}, "PATCH", "/issues/99", `{"body":"c"}`, 404, "Not Found"},

		{Rights{}, "POST", dispatches, `{"ref":"main","inputs":{"force":"false","window":"2026-11-21T10:37:00Z"}}`, 204, ""},
		{Rights{}, "POST", dispatches, `{"ref":"main","inputs":{"colour":"red"}}`, 422, "Unexpected inputs provided"},
		{Rights{}, "POST", dispatches, `{"ref":"nowhere"}`, 422, "No ref found for: nowhere"},
		{Rights{}, "POST", "/actions/workflows/off.yml/dispatches", `{"ref":"main"}`, 422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow"},
		{Rights{}, "POST", "/actions/workflows/gone.yml/dispatches", `{"ref":"main"}`, 404, "Not Found"},
		{Rights{NoDispatch: true}, "POST", dispatches, `{"ref":"main"}`, 403, "Resource not accessible by integration"},
		{Rights{}, "GET", "/actions/runs", "", 200, `"display_title":"a: window 2026-11-21T10:37:00Z"`},
		{Rights{}, "GET", "/actions/workflows/a.yml/runs", "", 200, `"status":"queued"`},
		{Rights{}, "GET", "/actions/workflows/gone.yml/runs", "", 404, "Not Found"},
		{Rights{}, "GET", "/actions/workflows", "", 200, `"state":"disabled_manually"`},
	}
	for _, row := range rows {
		s.SetRights(row.rights)
		status, got := send(t, s, row.method, row.path, row.body)
		if status != row.status || !strings.Contains(got, row.want) {
			t.Errorf("%s %s %s: want %d with %s, got %d, %.300s", row.method, row.path, row.body, row.status, row.want, status, got)
		}
	}
	for _, violation := range s.Violations() {
		t.Error(violation)
	}
	d := s.Dispatches()
	if len(d) != 1 || d[0].File != "a.yml" || d[0].Inputs["force"] != "false" {
		t.Fatalf("dispatches %+v", d)
	}
	s.SetNow(time.Now())
	s.Finish("success", d[0].Run)
	if _, got := send(t, s, "GET", "/actions/runs", ""); !strings.Contains(got, `"conclusion":"success"`) {
		t.Errorf("finished: %.300s", got)
	}
	if issues := s.Issues(); len(issues) != 1 || issues[0].State != "closed" || issues[0].Reason != "completed" {
		t.Errorf("issues %+v", issues)
	}
}
