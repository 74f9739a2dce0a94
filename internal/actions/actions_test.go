package actions

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// runner returns a runner with the given environment, and what is said to it.
func runner(env map[string]string) (*Runner, *bytes.Buffer) {
	var said bytes.Buffer
	return New(&said, func(name string) string { return env[name] }), &said
}

func TestOutput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "output")
	r, _ := runner(map[string]string{"GITHUB_OUTPUT": file})
	if err := r.Outputs([2]string{"first", "1"}); err != nil {
		t.Fatal(err)
	}
	if err := r.Outputs([2]string{"second", "line\nEOF\n_GitHubActionsFileCommandDelimeter_\nline"}); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^first<<(\w{20,})\n1\n(\w+)\nsecond<<(\w{20,})\nline\nEOF\n_GitHubActionsFileCommandDelimeter_\nline\n(\w+)\n$`)
	m := form.FindStringSubmatch(string(content))
	if m == nil || m[1] != m[2] || m[3] != m[4] || m[1] == m[3] {
		t.Errorf("outputs:\n%s", content)
	}
}

func TestOutsideActionsNothingIsSaid(t *testing.T) {
	r, said := runner(nil)
	r.Outputs([2]string{"run", "true"})
	r.Summary("# hello")
	r.Warning("careful")
	r.Error(Place{File: "app.py", Line: 1}, "title", "message")
	r.stopCommands()()
	r.Group("title")()
	if said.Len() != 0 {
		t.Errorf("said %q", said)
	}
}

func TestAnnotations(t *testing.T) {
	r, said := runner(map[string]string{"GITHUB_ACTIONS": "true"})
	r.Warning("50 %\nof it")
	r.Error(Place{"app/a,b.py", 7, 3}, "job: a", "boom::set-output name=x::y")
	r.Error(Place{}, "job", strings.Repeat("ü", 5000))
	want := "::warning::50 %25%0Aof it\n" +
		"::error col=3,file=app/a%2Cb.py,line=7,title=job%3A a::boom::set-output name=x::y\n" +
		"::error title=job::" + strings.Repeat("ü", 4095) + "…\n"
	if diff := cmp.Diff(want, said.String()); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
}

// TestUnwritableLog checks that a log that cannot be written stops nothing.
func TestUnwritableLog(t *testing.T) {
	closed, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	r := New(closed, func(string) string { return "true" })
	r.Group("title")()
	r.stopCommands()()
	r.Error(Place{}, "title", "message")
}

func TestStopCommands(t *testing.T) {
	r, said := runner(map[string]string{"GITHUB_ACTIONS": "true"})
	resume := r.stopCommands()
	said.WriteString("::error::not mine\n")
	resume()
	m := regexp.MustCompile(`^::stop-commands::(\w{20,})\n::error::not mine\n::(\w+)::\n$`).FindStringSubmatch(said.String())
	if m == nil || m[1] != m[2] {
		t.Errorf("said %q", said)
	}
}

func TestGroup(t *testing.T) {
	r, said := runner(map[string]string{"GITHUB_ACTIONS": "true"})
	end := r.Group("100 %\n::error::not mine")
	said.WriteString("content\n")
	end()
	want := "::group::100 %25%0A::error::not mine\ncontent\n::endgroup::\n"
	if diff := cmp.Diff(want, said.String()); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
}

func TestSummary(t *testing.T) {
	file := filepath.Join(t.TempDir(), "summary")
	r, _ := runner(map[string]string{"GITHUB_STEP_SUMMARY": file})
	if err := r.Summary("kept\n"); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(file); err != nil || string(content) != "\nkept\n\n" {
		t.Errorf("summary %.40q, %v", content, err)
	}
}

// TestUnwritableFiles checks that a full disk is an error and not a panic.
func TestUnwritableFiles(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "none", "file")
	r, _ := runner(map[string]string{"GITHUB_STEP_SUMMARY": nowhere, "GITHUB_OUTPUT": nowhere})
	if err := r.Summary("lost"); err == nil {
		t.Error("Summary: no error")
	}
	if err := r.Outputs([2]string{"run", "true"}); err == nil {
		t.Error("Output: no error")
	}
}

func TestTrigger(t *testing.T) {
	rows := []struct {
		name  string
		env   map[string]string
		event string
		want  Trigger
		err   bool
	}{
		{"outside Actions", nil, "", Trigger{Attempt: 1}, false},
		{"schedule", map[string]string{"GITHUB_EVENT_NAME": "schedule"}, `{"repository":{"default_branch":"trunk"}}`,
			Trigger{Event: "schedule", Attempt: 1, DefaultBranch: "trunk"}, false},
		{"schedule without a repository", map[string]string{"GITHUB_EVENT_NAME": "schedule", "GITHUB_REF": "refs/heads/a/b"}, `{"schedule":"1 2 * * *"}`,
			Trigger{Event: "schedule", Attempt: 1, DefaultBranch: "a/b"}, false},
		{"the ref of a dispatch can be any", map[string]string{"GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_REF_NAME": "feature"}, `{}`,
			Trigger{Event: "workflow_dispatch", Attempt: 1, Force: true}, false},
		{"dispatch, forced", map[string]string{"GITHUB_EVENT_NAME": "workflow_dispatch"}, `{"inputs":{"force":"true","window":"w","days":"3","rows":1000000}}`,
			Trigger{Event: "workflow_dispatch", Attempt: 1, Force: true, Window: "w", Inputs: map[string]any{"force": "true", "window": "w", "days": "3", "rows": json.Number("1000000")}}, false},
		{"dispatch, unforced", map[string]string{"GITHUB_EVENT_NAME": "workflow_dispatch"}, `{"inputs":{"force":"false"}}`,
			Trigger{Event: "workflow_dispatch", Attempt: 1, Inputs: map[string]any{"force": "false"}}, false},
		{"dispatch, unforced by a boolean", map[string]string{"GITHUB_EVENT_NAME": "workflow_dispatch"}, `{"inputs":{"force":false}}`,
			Trigger{Event: "workflow_dispatch", Attempt: 1, Inputs: map[string]any{"force": false}}, false},
		{"dispatch without inputs", map[string]string{"GITHUB_EVENT_NAME": "workflow_dispatch"}, `{"inputs":null}`,
			Trigger{Event: "workflow_dispatch", Attempt: 1, Force: true}, false},
		{"dispatch with nonsense", map[string]string{"GITHUB_EVENT_NAME": "workflow_dispatch"}, `{"inputs":{"force":"maybe","window":3}}`,
			Trigger{Event: "workflow_dispatch", Attempt: 1, Force: true, Inputs: map[string]any{"force": "maybe", "window": json.Number("3")}}, false},
		{"dispatch with a broken file", map[string]string{"GITHUB_EVENT_NAME": "workflow_dispatch"}, `{"inputs":`,
			Trigger{Event: "workflow_dispatch", Attempt: 1, Force: true}, true},
		{"force is an input of dispatches alone", map[string]string{"GITHUB_EVENT_NAME": "push"}, `{"inputs":{"force":"true"}}`,
			Trigger{Event: "push", Attempt: 1}, false},
		{"re-run", map[string]string{"GITHUB_EVENT_NAME": "push", "GITHUB_RUN_ATTEMPT": "3"}, `{}`,
			Trigger{Event: "push", Attempt: 3}, false},
		{"workflow", map[string]string{"GITHUB_WORKFLOW_REF": "o/r/.github/workflows/x.yml@refs/heads/a@b"}, `{}`,
			Trigger{Attempt: 1, Workflow: "x.yml"}, false},
	}
	for _, row := range rows {
		env := map[string]string{}
		for name, value := range row.env {
			env[name] = value
		}
		if row.event != "" {
			env["GITHUB_EVENT_PATH"] = filepath.Join(t.TempDir(), "event.json")
			if err := os.WriteFile(env["GITHUB_EVENT_PATH"], []byte(row.event), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		r, _ := runner(env)
		got, err := r.Trigger()
		if diff := cmp.Diff(row.want, got); diff != "" || (err != nil) != row.err {
			t.Errorf("%s: %v (-want +got):\n%s", row.name, err, diff)
		}
	}
}

func TestMissingEventFile(t *testing.T) {
	r, _ := runner(map[string]string{"GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_EVENT_PATH": filepath.Join(t.TempDir(), "none")})
	if got, err := r.Trigger(); err == nil || !got.Force {
		t.Errorf("Trigger() = %+v, %v; want forced, and an error", got, err)
	}
}

// FuzzTrigger checks that no event file stops a dispatch, unless it says so in
// so many words.
func FuzzTrigger(f *testing.F) {
	for _, seed := range []string{`{}`, `{"inputs":{"force":"false"}}`, `{"inputs":{"force":false}}`, `{"inputs":[]}`, `null`, `{"repository":7}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, event []byte) {
		file := filepath.Join(t.TempDir(), "event.json")
		if err := os.WriteFile(file, event, 0o644); err != nil {
			t.Fatal(err)
		}
		r, _ := runner(map[string]string{"GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_EVENT_PATH": file})
		got, err := r.Trigger()
		if err != nil && (!got.Force || got.Window != "") {
			t.Errorf("%q: %v, and yet %+v", event, err, got)
		}
		if !got.Force && !bytes.Contains(bytes.ToLower(event), []byte("false")) && !bytes.Contains(event, []byte(`\u`)) {
			t.Errorf("%q keeps the dispatch from running", event)
		}
	})
}
