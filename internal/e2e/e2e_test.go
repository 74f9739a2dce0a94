//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

const payload = `{"repository":{"full_name":"octo/app","default_branch":"main","fork":false}%s}`

var (
	tick     = fmt.Sprintf(payload, `,"schedule":"2 3 * * *"`)
	byHand   = fmt.Sprintf(payload, `,"ref":"refs/heads/main","inputs":{"force":"true","window":""}`)
	askFirst = fmt.Sprintf(payload, `,"ref":"refs/heads/main","inputs":{"force":"false","window":""}`)
)

// now is the hour by this machine's clock, which no slot is near: a minute ago is the same window.
var now = time.Now().UTC().Truncate(time.Hour)

// The steps of a run of the quickstart project, less those that are skipped.
var (
	executed = map[string]string{"Checkout": "success", "Check window": "success", "Set up Python": "success", "Run entrypoint": "success"}
	failed   = map[string]string{"Checkout": "success", "Check window": "success", "Set up Python": "success", "Run entrypoint": "failure",
		"Outcome: failed: FileNotFoundError: [Errno 2] No such file or directory: 'data/orders.csv'": "success"}
	skipped = map[string]string{"Checkout": "success", "Check window": "success"}
)

// Runs of the past: an execution in the window of now, a skip in it, and an
// execution in a window before.
var (
	evidence = ghtest.Run{Created: now.Add(-2 * time.Minute), Started: now.Add(-time.Minute)}
	skip     = ghtest.Run{Created: now.Add(-time.Minute)}
	old      = ghtest.Run{Created: now.AddDate(0, 0, -3), Started: now.AddDate(0, 0, -3)}
)

// TestTick follows ticks of the quickstart project from the generated
// workflow to the entrypoint.
func TestTick(t *testing.T) {
	path, program := build(t)
	r := newRunner(t, program)
	dir := checkout(t, "../../testdata/quickstart")
	in(t, dir, path, "sync", "--action", repository+"@"+pin+" # "+release)
	for _, tt := range []struct {
		name       string
		job        string
		event      string
		payload    string
		history    []ghtest.Run
		faults     []ghtest.Fault
		steps      map[string]string
		annotation string // the start of the only one; "" for none
		log        string // what the steps print, among others
	}{
		{"unconfirmed", "clean-files", "schedule", tick, []ghtest.Run{old, skip}, nil, executed, "", "1 files deleted"},
		{"confirmed", "clean-files", "schedule", tick, []ghtest.Run{old, evidence}, nil, skipped, "", "is confirmed by"},
		{"confirmed, by hand", "clean-files", "workflow_dispatch", byHand, []ghtest.Run{evidence}, nil, executed, "", "1 files deleted"},
		{"confirmed, by hand, not forced", "clean-files", "workflow_dispatch", askFirst, []ghtest.Run{evidence}, nil, skipped, "", "is confirmed by"},
		{"failing", "import-orders", "schedule", tick, nil, nil, failed, "error app/jobs.py:18: FileNotFoundError: ", "FileNotFoundError"},
		{"history unreadable", "clean-files", "schedule", tick, []ghtest.Run{evidence}, []ghtest.Fault{{Status: 403}}, executed, "warning: ", "1 files deleted"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			github := ghtest.New(t)
			github.SetNow(now)
			github.SetToken(token)
			file := "scheduled-" + tt.job + ".yml"
			for _, run := range tt.history {
				run.Workflow = file
				github.Add(run)
			}
			github.Break(tt.faults...)
			got := r.run(t, dir, file, tt.event, tt.payload,
				"GITHUB_REPOSITORY="+ghtest.Repository, "GITHUB_API_URL="+github.URL,
				"GITHUB_WORKFLOW_REF="+ghtest.Repository+"/.github/workflows/"+file+"@refs/heads/main")
			if diff := cmp.Diff(tt.steps, got.steps); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			if failing := tt.steps["Run entrypoint"] == "failure"; got.failed != failing {
				t.Errorf("the run failed: %v, want %v", got.failed, failing)
			}
			if all := strings.Join(got.annotations, "\n"); !strings.HasPrefix(all, tt.annotation) || (all == "") != (tt.annotation == "") {
				t.Errorf("annotations %q, want one: %q…", got.annotations, tt.annotation)
			}
			if !strings.Contains(got.log, tt.log) {
				t.Errorf("the log lacks %q:\n%s", tt.log, got.log)
			}
		})
	}
}

// TestSync runs sync through action.yml: it changes the files, names them in
// its outputs, and pins them to the commit that the action was used at.
func TestSync(t *testing.T) {
	_, program := build(t)
	dir := checkout(t, "../../testdata/quickstart")
	if err := os.CopyFS(filepath.Join(dir, ".github/workflows"), os.DirFS("testdata/workflows")); err != nil {
		t.Fatal(err)
	}
	got := newRunner(t, program).run(t, dir, "sync.yml", "push", `{}`)
	want := map[string]string{"Checkout": "success", "Check": "failure", "Sync": "success", "Check again": "success", "Show": "success"}
	if diff := cmp.Diff(want, got.steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	for _, line := range []string{
		`created [".github/workflows/scheduled-clean-files.yml",`,
		"uses: " + repository + "@" + pin + " # " + release,
	} {
		if !strings.Contains(got.log, line) {
			t.Errorf("the log lacks %q:\n%s", line, got.log)
		}
	}
}

// TestInputs has a program in the release that shows what action.yml passes to it:
// every input as it is, the token for every command but run, no arguments. That an
// earlier step has written functions, options and start-up files for bash to
// $GITHUB_ENV changes nothing.
func TestInputs(t *testing.T) {
	r := newRunner(t, []byte(`#!/bin/sh
echo "$# $INPUT_COMMAND|$INPUT_JOB|$INPUT_PROJECT|$INPUT_TOKEN|$INPUT_WINDOW|$INPUT_MISSED|$INPUT_PYTHON|$INPUT_CHECK"
echo "$GITHUB_ACTION_REPOSITORY@$GITHUB_ACTION_REF"
`))
	dir := checkout(t, "testdata/action")
	if err := os.CopyFS(filepath.Join(dir, ".github/workflows"), os.DirFS("testdata/workflows")); err != nil {
		t.Fatal(err)
	}
	hijack := filepath.Join(dir, "hijack.sh")
	write(t, hijack, []byte("echo hijacked; exit 0\n"))
	got := r.run(t, dir, "inputs.yml", "push", `{}`, "SHELLOPTS=braceexpand:noexec", "BASHOPTS=extdebug", "BASH_ENV="+hijack,
		"BASH_FUNC_exec%%=() { echo hijacked; }", "BASH_FUNC_bash%%=() { echo hijacked; }", "BASH_FUNC_export%%=() { echo hijacked; }",
		"BASH_FUNC_echo%%=() { printf 'program=%s\n' "+hijack+"; }", "BASH_FUNC_tar%%=() { echo hijacked; }", "TAR_OPTIONS=--to-command="+hijack)
	want := "0 check|it's \"$(id)\" `id` $HOME|a project|***||||false\n" + // act masks the token
		repository + "@" + pin + "\n" +
		"0 run||.||2026-11-21T10:37:00Z|3|python3.14|false\n" +
		repository + "@" + pin + "\n"
	if diff := cmp.Diff(want, got.log); diff != "" {
		t.Errorf("the program got (-want +got):\n%s", diff)
	}
}
