//go:build e2e

package e2e

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/workflow"
)

const (
	pin   = "0123456789abcdef0123456789abcdef01234567" // the commit of our action that workflows refer to
	token = "e2e-token"                                // github.token

	// What the repository has stored for the workflow of `scheduled init`.
	pat        = "e2e-pat"
	clientID   = "e2e-client"
	privateKey = "e2e-key"

	postKey = "POST_KEY=e2e-pos" // a secret of testdata/own
)

// runner is act, with this repository's action and stand-ins for those of
// others in place of what it would fetch.
type runner struct {
	action string         // folder of our action, as a release has it
	server *releaseServer // has the release
	path   string         // of the machine; "" for this process's
	env    []string       // of the machine, beside what act sets

	settings  []string // further secrets and variables of the repository, as act's flags
	artifacts string   // folder that a server of artifacts writes to; "" for no server
}

// newRunner returns a runner whose release holds the program.
func newRunner(t testing.TB, program []byte) *runner {
	t.Helper()
	packed := archive(t, "scheduled", program)
	r := &runner{action: t.TempDir(), server: serveRelease(t, packed)}
	for _, name := range []string{"action.yml", ".github/install.sh"} {
		content, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(r.action, name), content)
	}
	write(t, filepath.Join(r.action, ".github/release.sha256"), fmt.Appendf(nil, "%x  %s\n", sha256.Sum256(packed), archiveName))
	return r
}

// patient runs the program at %s. If that fails, it does not end before act
// has logged all of its output: act reads through a pseudo-terminal, which it
// closes as soon as a command has failed, whatever is still to be read.
// https://github.com/nektos/act/blob/v0.2.89/pkg/container/host_environment.go#L338-L341
const patient = `#!/bin/sh
%q "$@" || {
  code=$?
  echo "e2e: ended $$."
  until [ -e "$E2E_LOGGED/$$" ]; do sleep 0.01; done
  exit $code
}
`

var ended = regexp.MustCompile(`e2e: ended (\d+)\.`)

// log keeps what act prints, and sends patient what it has seen.
type log struct {
	content []byte
	logged  string // folder with a file for each program that has ended
}

func (l *log) Write(b []byte) (int, error) {
	l.content = append(l.content, b...)
	for _, m := range ended.FindAllSubmatch(l.content, -1) {
		if err := os.WriteFile(filepath.Join(l.logged, string(m[1])), nil, 0o644); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// build returns the path of the real program, and what a release has in its
// place.
func build(t testing.TB) (path string, program []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "scheduled")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-ldflags", "-X main.version="+release, "-o", path, "../../cmd/scheduled")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build program: %v\n%s", err, out)
	}
	return path, fmt.Appendf(nil, patient, path)
}

func write(t testing.TB, file string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// checkout returns a git repository that holds the files of a project.
func checkout(t testing.TB, project string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(project)); err != nil {
		t.Fatal(err)
	}
	in(t, dir, "git", "init", "--quiet", "--initial-branch=main")
	commitAll(t, dir)
	return dir
}

// commitAll commits what has changed in a checkout.
func commitAll(t testing.TB, dir string) {
	t.Helper()
	in(t, dir, "git", "add", ".")
	in(t, dir, "git", "-c", "user.name=e2e", "-c", "user.email=", "commit", "--quiet", "--message=project")
}

// in runs a command in a folder.
func in(t testing.TB, dir, command string, args ...string) {
	t.Helper()
	cmd := exec.Command(command, args...)
	cmd.Dir = dir
	cmd.Env = env(t)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", command, strings.Join(args, " "), err, out)
	}
}

// env is that of a machine without any set-up, so that neither its settings nor an
// Actions job around us has a say.
func env(t testing.TB) []string {
	home := t.TempDir()
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_CACHE_HOME=" + filepath.Join(home, "cache")}
}

// result is what became of a run.
type result struct {
	failed      bool
	steps       map[string]string // of those that were not skipped, by name: success or failure
	annotations []string          // as "error app.py:7: message"
	outputs     map[string]string // that steps set, by name
	log         string            // what the steps printed
}

// run has act run one workflow file of a checkout.
func (r *runner) run(t testing.TB, dir, file, event, payload string, vars ...string) result {
	t.Helper()
	act := os.Getenv("ACT")
	if act == "" {
		t.Fatal("ACT names no program: use make e2e")
	}
	eventFile := filepath.Join(t.TempDir(), "event.json")
	write(t, eventFile, []byte(payload))
	path := filepath.Join(workflow.Dir, file)
	args := []string{
		event, "--workflows", known(t, filepath.Join(dir, path)), "--eventpath", eventFile,
		"--json", "--platform", "ubuntu-latest=-self-hosted", "--secret", "GITHUB_TOKEN=" + token,
		"--secret", workflow.TokenSecret + "=" + pat,
		"--var", workflow.ClientIDVariable + "=" + clientID, "--secret", workflow.PrivateKeySecret + "=" + privateKey,
		"--secret", postKey,
		"--no-cache-server", "--use-new-action-cache", "--action-offline-mode",
	}
	args = append(args, r.settings...)
	for _, local := range r.localActions(t, filepath.Join(dir, path)) {
		args = append(args, "--local-repository", local)
	}
	if r.artifacts != "" {
		args = append(args, "--artifact-server-path", r.artifacts, "--artifact-server-addr", "127.0.0.1", "--artifact-server-port", freePort(t))
	}
	out := &log{logged: t.TempDir()}
	vars = append(vars, "GITHUB_SERVER_URL="+r.server.URL, "E2E_LOGGED="+out.logged, "E2E_CHECKOUT="+dir)
	for _, v := range slices.Concat(vars, r.env) {
		args = append(args, "--env", v)
	}
	cmd := exec.Command(act, args...)
	cmd.Dir = dir
	cmd.Env = env(t)
	if r.path != "" {
		cmd.Env = append(cmd.Env, "PATH="+r.path)
	}
	cmd.Stdout = out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run act: %v", err)
	}
	got := readLog(t, bytes.NewReader(out.content))
	if got.failed != (err != nil) || len(got.steps) == 0 {
		t.Fatalf("act: %v\n%s", err, out.content)
	}
	return got
}

// freePort returns a port that nobody listens on.
func freePort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// withArtifacts returns the runner with a server of artifacts, and with Node's library for
// them, as upload-artifact has it.
func (r *runner) withArtifacts(t testing.TB) *runner {
	t.Helper()
	upload := os.Getenv("UPLOAD")
	if upload == "" {
		t.Fatal("UPLOAD names no script: use make e2e")
	}
	machine := *r
	machine.artifacts = t.TempDir()
	machine.env = append(slices.Clone(r.env), "E2E_UPLOAD="+upload)
	return &machine
}

// uploaded returns the content of the files in the artifacts of all runs, by the name of
// the artifact and their path in it.
func (r *runner) uploaded(t testing.TB) map[string]string {
	t.Helper()
	archives, err := filepath.Glob(filepath.Join(r.artifacts, "*", "*", "*.zip"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, archive := range archives {
		content, err := zip.OpenReader(archive)
		if err != nil {
			t.Fatal(err)
		}
		defer content.Close()
		for _, f := range content.File {
			text, err := fs.ReadFile(content, f.Name)
			if err != nil {
				t.Fatal(err)
			}
			files[strings.TrimSuffix(filepath.Base(archive), ".zip")+"/"+f.Name] = string(text)
		}
	}
	return files
}

// newKeys are those that act 0.2.89 refuses: it does not know all that GitHub does.
var newKeys = regexp.MustCompile(`(?m)^ +(queue|timezone): .*\n`)

// known copies a workflow without what act does not know.
func known(t testing.TB, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	clone := filepath.Join(t.TempDir(), filepath.Base(file))
	write(t, clone, newKeys.ReplaceAll(content, nil))
	return clone
}

// uses matches a reference to an action, with the folder in its repository.
var uses = regexp.MustCompile(`uses: "?([\w-]+/([\w-]+))(?:/[\w-]+)?(@[\w.]+)`)

// localActions maps every action that a workflow uses to a folder, as act's
// --local-repository takes it. act itself stands in for actions/checkout without a ref.
func (r *runner) localActions(t testing.TB, file string) (locals []string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range uses.FindAllStringSubmatch(string(content), -1) {
		action, name, reference := m[1], m[2], m[1]+m[3]
		dir := r.action
		if action != repository {
			if dir, err = filepath.Abs(filepath.Join("../../testdata/tools/actions", name)); err != nil {
				t.Fatal(err)
			}
		}
		locals = append(locals, reference+"="+dir)
	}
	return locals
}

// readLog reads what act prints with --json: a line each for what a step
// prints, for its workflow commands, and for its result.
func readLog(t testing.TB, r io.Reader) result {
	t.Helper()
	got := result{steps: map[string]string{}, outputs: map[string]string{}}
	var log strings.Builder
	for lines := bufio.NewScanner(r); lines.Scan(); {
		var line struct {
			Msg        string
			Raw        bool `json:"raw_output"`
			Stage      string
			Step       string
			StepID     []string
			StepResult string
			JobResult  string
			Command    string
			Name       string
			Arg        string
			KVPairs    map[string]string
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("read act's log: %v\n%s", err, lines.Text())
		}
		switch {
		case line.Raw:
			log.WriteString(line.Msg)
		case line.Command == "error" || line.Command == "warning":
			where := ""
			if file := line.KVPairs["file"]; file != "" {
				where = fmt.Sprintf(" %s:%s", file, line.KVPairs["line"])
			}
			got.annotations = append(got.annotations, line.Command+where+": "+line.Arg)
		case line.Command == "set-output":
			got.outputs[line.Name] = line.Arg
		case line.JobResult != "":
			got.failed = got.failed || line.JobResult == "failure"
		case line.Stage == "Main" && len(line.StepID) == 1 && line.StepResult != "":
			got.steps[line.Step] = line.StepResult
		}
	}
	got.log = log.String()
	return got
}
