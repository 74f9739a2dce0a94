package ghtest

import (
	"net/http"
	"strings"
	"testing"
)

// TestFaults checks which of three comments are there, and what was answered,
// after something is broken.
func TestFaults(t *testing.T) {
	rows := []struct {
		name     string
		faults   []Fault
		statuses string // a digit each, 0 for no answer
		want     string
	}{
		{"none", nil, "222", "abc"},
		{"dropped", []Fault{{Drop: true}}, "000", ""},
		{"dropped late", []Fault{{Drop: true, Late: true}}, "000", "abc"},
		{"the second", []Fault{{Number: 2, Drop: true}}, "202", "ac"},
		{"the second, late", []Fault{{Number: 2, Drop: true, Late: true}}, "202", "abc"},
		{"the second, and the rest after it", []Fault{{Number: 2, Drop: true, Late: true}, {Skip: 1, Drop: true}}, "200", "ab"},
		{"the third of such", []Fault{{Number: 3, Path: "/comments", Status: 502}}, "225", "ab"},
		{"the third, of others", []Fault{{Number: 3, Path: "/labels", Status: 502}}, "222", "abc"},
		{"a status", []Fault{{Status: 502, Once: true}}, "522", "bc"},
		{"a status, late", []Fault{{Status: 502, Once: true, Late: true}}, "522", "abc"},
		{"half an answer", []Fault{{Cut: true, Once: true}}, "222", "abc"},
		{"another header", []Fault{{Header: map[string]string{"Date": ""}}}, "222", "abc"},
	}
	for _, row := range rows {
		s, _ := world(t)
		s.Break(row.faults...)
		var statuses strings.Builder
		for _, text := range []string{"a", "b", "c"} {
			resp, err := http.DefaultClient.Do(request(t, s, "POST", "/repos/octo/app/issues/2/comments", `{"body":"`+text+`"}`, nil))
			if err != nil {
				statuses.WriteByte('0')
				continue
			}
			resp.Body.Close()
			statuses.WriteByte('0' + byte(resp.StatusCode/100))
		}
		got := strings.Join(s.Pulls()[1].Comments, "")
		if got != row.want || statuses.String() != row.statuses {
			t.Errorf("%s: comments %q, want %q; statuses %s, want %s", row.name, got, row.want, &statuses, row.statuses)
		}
	}
}

// TestOn checks that somebody pushes before a request is served, not after.
func TestOn(t *testing.T) {
	s, _ := world(t)
	var pushed string
	s.On(2, func() { pushed = s.Commit("main", map[string]string{"a": "b"}) })
	for _, there := range []bool{false, true, true} {
		_, got := send(t, s, "GET", "/git/ref/heads/main", "")
		if has := pushed != "" && strings.Contains(got, pushed); has != there {
			t.Errorf("pushed %t, want %t: %s", has, there, got)
		}
	}
}

// TestRequests checks that what was sent can be looked at.
func TestRequests(t *testing.T) {
	s, _ := world(t)
	s.Requests()
	send(t, s, "POST", "/labels", `{"name":"a"}`)
	if got := s.Requests(); len(got) != 1 || got[0].String() != "POST /repos/octo/app/labels" || string(got[0].Body) != `{"name":"a"}` {
		t.Errorf("%+v", got)
	}
}
