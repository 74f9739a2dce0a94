package ghtest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPulls has what happens to the pull requests of a world, one row each.
func TestPulls(t *testing.T) {
	const first, second = "1 closed FEATURE", "2 open FEATURE"
	patch := func(number int, body string) func(*testing.T, *Server) {
		return func(t *testing.T, s *Server) { send(t, s, "PATCH", fmt.Sprintf("/pulls/%d", number), body) }
	}
	clicks := func(number int, state string) func(*testing.T, *Server) {
		return func(_ *testing.T, s *Server) { s.EditPull(number, func(p *Pull) { p.State = state }) }
	}
	sets := func(branch, to string) func(*testing.T, *Server) {
		return func(_ *testing.T, s *Server) { s.SetBranch(branch, s.Head(to)) }
	}
	deletes := func(branch string) func(*testing.T, *Server) {
		return func(t *testing.T, s *Server) { send(t, s, "DELETE", "/git/refs/heads/"+branch, "") }
	}
	both := func(do ...func(*testing.T, *Server)) func(*testing.T, *Server) {
		return func(t *testing.T, s *Server) {
			for _, f := range do {
				f(t, s)
			}
		}
	}
	rows := []struct {
		name string
		do   func(*testing.T, *Server)
		want string
	}{
		{"as it is", both(), first + ", " + second},
		{"the open one follows its branch", sets("scheduled/feature", "other"), first + ", 2 open OTHER"},
		{"a deleted branch closes it", deletes("scheduled/feature"), first + ", 2 closed FEATURE"},
		{"so does one deleted by a person", func(_ *testing.T, s *Server) { s.DeleteBranch("scheduled/feature") }, first + ", 2 closed FEATURE"},
		{"and it cannot be reopened", both(deletes("scheduled/feature"), patch(2, `{"state":"open"}`)), first + ", 2 closed FEATURE"},
		{"a branch without commits closes it", sets("scheduled/feature", "first"), first + ", 2 closed FIRST"},
		{"closed, then pushed to", both(patch(2, `{"state":"closed"}`), sets("scheduled/feature", "other")), first + ", 2 closed FEATURE"},
		{"closed, force-pushed, cannot be reopened", both(clicks(2, "closed"), sets("scheduled/feature", "other"), patch(2, `{"state":"open"}`)), first + ", 2 closed FEATURE"},
		{"closed and reopened", both(clicks(2, "closed"), patch(2, `{"state":"open"}`)), first + ", " + second},
		{"closed and reopened by a person", both(clicks(2, "closed"), clicks(2, "open")), first + ", " + second},
		{"closed as an issue", func(t *testing.T, s *Server) { send(t, s, "PATCH", "/issues/2", `{"state":"closed"}`) }, first + ", 2 closed FEATURE"},
		{"merged", func(_ *testing.T, s *Server) { s.Merge(2) }, first + ", 2 merged FEATURE"},
		{"merged by hand", sets("main", "scheduled/feature"), first + ", 2 merged FEATURE"},
		{"merged, cannot be reopened", both(func(_ *testing.T, s *Server) { s.Merge(2) }, patch(2, `{"state":"open"}`)), first + ", 2 merged FEATURE"},
	}
	for _, row := range rows {
		s, ids := world(t)
		row.do(t, s)
		var got []string
		for _, p := range s.Pulls() {
			state := p.State
			if p.Merged {
				state = "merged"
			}
			got = append(got, fmt.Sprintf("%d %s %s", p.Number, state, p.HeadSHA))
		}
		if diff := cmp.Diff(ids.Replace(row.want), strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", row.name, diff)
		}
		for _, p := range s.Pulls() {
			send(t, s, "GET", fmt.Sprintf("/pulls/%d", p.Number), "")
		}
		for _, violation := range s.Violations() {
			t.Errorf("%s: %s", row.name, violation)
		}
	}
}

// TestPull checks that what the program writes and what people write is all
// there.
func TestPull(t *testing.T) {
	s, ids := world(t)
	send(t, s, "PATCH", "/issues/2", `{"title":"t","labels":["a"],"assignees":["mona"]}`)
	send(t, s, "POST", "/issues/2/labels", `{"labels":["a","b"]}`)
	send(t, s, "POST", "/issues/2/comments", `{"body":"hello"}`)
	send(t, s, "POST", "/pulls/2/requested_reviewers", `{"reviewers":["lisa"],"team_reviewers":["core"]}`)
	s.EditPull(2, func(p *Pull) {
		p.Body = "- [x] box"
		p.Comments = append(p.Comments, "hello to you")
	})
	want := Pull{
		Number: 2, State: "open", Title: "t", Body: "- [x] box", Head: "scheduled/feature", Base: "main", HeadSHA: ids.Replace("FEATURE"),
		Labels: []string{"a", "b"}, Assignees: []string{"mona"}, Reviewers: []string{"lisa", "octo/core"}, Comments: []string{"hello", "hello to you"},
	}
	if diff := cmp.Diff(want, s.Pulls()[1]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, got := send(t, s, "GET", "/issues/2/comments?per_page=1&page=2", ""); !strings.Contains(got, "hello to you") {
		t.Errorf("second page of comments: %s", got)
	}
	if _, got := send(t, s, "GET", "/labels", ""); strings.Count(got, `"name"`) != 2 {
		t.Errorf("labels: %s", got)
	}
	if violations := s.Violations(); violations != nil {
		t.Error(violations)
	}
}

// TestOrder checks which pull requests are listed, and in which order, after the
// first was changed last.
func TestOrder(t *testing.T) {
	for query, want := range map[string]string{
		"":                                       "32",
		"?state=all":                             "321",
		"?state=all&direction=asc":               "123",
		"?state=all&sort=updated":                "231",
		"?state=all&sort=updated&direction=desc": "132",
		"?state=all&per_page=2&page=2":           "1",
		"?state=closed":                          "1",
		"?state=all&head=OCTO:other":             "3",
		"?state=all&head=other":                  "321",
	} {
		s, _ := world(t)
		send(t, s, "POST", "/pulls", `{"title":"Three","head":"other","base":"main"}`)
		for i, number := range []int{2, 3, 1} {
			s.SetNow(time.Unix(2_000_000_000+int64(i), 0))
			s.EditPull(number, func(p *Pull) { p.Body = "new" })
		}
		_, answer := send(t, s, "GET", "/pulls"+query, "")
		var list []struct{ Number int }
		if err := json.Unmarshal([]byte(answer), &list); err != nil {
			t.Fatal(err)
		}
		var got string
		for _, p := range list {
			got += strconv.Itoa(p.Number)
		}
		if got != want {
			t.Errorf("%q: want %s, got %s", query, want, got)
		}
	}
}

// TestSameLabel checks that a label is there once, however it is written.
func TestSameLabel(t *testing.T) {
	s, _ := world(t)
	if status, answer := send(t, s, "POST", "/labels", `{"name":"ci"}`); status != 201 {
		t.Errorf("%d %s", status, answer)
	}
	if status, answer := send(t, s, "POST", "/labels", `{"name":"CI"}`); status != 422 || !strings.Contains(answer, "already_exists") {
		t.Errorf("%d %s", status, answer)
	}
}

// TestMerge checks that both sides' changes are in the merge.
func TestMerge(t *testing.T) {
	s, _ := world(t)
	s.Commit("main", map[string]string{"later": "l", "bin.d": Absent})
	want := s.Files("main")
	s.Commit("scheduled/feature", map[string]string{"bin-d": Absent})
	delete(want, "bin-d")
	want["new/file"], want[".github/workflows/ci.yml"] = "new\n", "on: pull_request\n"
	id := s.Merge(2)
	if diff := cmp.Diff(want, s.Files("main")); diff != "" {
		t.Errorf("files (-want +got)\n%s", diff)
	}
	if got := s.GitCommit(id); len(got.Parents) != 2 || s.Head("main") != id {
		t.Errorf("merge %+v, main at %s", got, s.Head("main"))
	}
}
