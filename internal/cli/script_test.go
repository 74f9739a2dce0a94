package cli_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/scheduled-actions/scheduled/internal/cli"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

func TestMain(m *testing.M) {
	run := func() {
		path, _ := os.Executable()
		program := cli.Program{
			Name: os.Args[0], Args: os.Args[1:], Environ: os.Environ(), Path: path,
			Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Now: now,
		}
		os.Exit(program.Main())
	}
	testscript.Main(m, map[string]func(){"scheduled": run, "gh-scheduled": run})
}

// now is this machine's clock: it goes on from the time of the fake GitHub that a
// script has started.
func now() time.Time {
	started, err := time.Parse(time.RFC3339, os.Getenv("GITHUB_FAKE_NOW"))
	if err != nil {
		return time.Now()
	}
	return started.Add(time.Since(processStart))
}

var processStart = time.Now()

// TestScripts runs the program as its users do. A script has, beside the usual
// commands of testscript:
//
//	github NOW          starts a fake GitHub with its clock at NOW
//	clock NOW           sets its clock
//	ran CREATED WHAT    adds a run to it: executed, skipped, failed, cancelled or active; then
//	                    what is special: start=TIME, end=TIME, attempt=N, id=N,
//	                    file=NAME, title=TEXT for one that was dispatched, times=N,
//	                    job=ID, next=TIME, settled=TIME, a lane=SLOT or failed=SLOT each
//	forgot ID...        removes runs from it
//	workflow FILE STATE CREATED [enabled=TIME] INPUT...
//	                    adds a workflow to it; without any it has whatever is asked for
//	workflows FILE      writes the states of its workflows
//	play CONCLUSION STEP...
//	                    has runs end so when somebody asks for one, with a step of each name
//	dispatched FILE     writes the runs that were asked for since the last call
//	finish CONCLUSION   ends those
//	issues FILE         writes what issues there are
//	close_issue N       closes one, as a person does
//	broken STATUS [PATH]
//	                    makes it answer so from now on, where the path has that part
//	requests N          checks the number of requests since the last call
//	code N COMMAND      runs a command that has to exit with that code
//	numbered FILE N     checks the number of lines of a file
//	push BRANCH DIR     commits the files of a folder to a branch of its repository
//	pulled BRANCH DIR   checks that a branch has these files and no others
//	pulls FILE          writes what pull requests there are
//	tick N, close N     does that to a pull request, as a person does
//	committed BRANCH TEXT
//	                    checks that the message of its newest commit has that text
//	forbid WHAT         takes rights away: contents, workflows, classic, pulls, opening, force,
//	                    push, create, dispatch, dispatch_classic, issues or tracker
//	standing NAME=JSON...
//	                    sets what its repository says about itself, and settings=JSON, pages=JSON
//	monitor [STATUS]    starts a monitor that answers so, or hangs; MONITOR is its URL
//	told FILE           writes what the monitors were told since the last call
//	replay FILE         runs the commands of a transcript, which has to be what they print
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PYTHONDONTWRITEBYTECODE", "1")
			env.Values[serverKey{}] = new(*ghtest.Server)
			env.Values[dispatchesKey{}] = new(dispatches)
			env.Values[toldKey{}] = new(told)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"github":      startGitHub,
			"clock":       setClock,
			"ran":         ran,
			"forgot":      forgot,
			"workflow":    workflow,
			"workflows":   workflows,
			"play":        play,
			"dispatched":  dispatched,
			"finish":      finish,
			"issues":      issues,
			"close_issue": closeIssue,
			"broken":      broken,
			"requests":    requests,
			"code":        code,
			"numbered":    numbered,
			"push":        push,
			"pulled":      pulled,
			"committed":   committed,
			"pulls":       pulls,
			"tick":        tick,
			"close":       closePull,
			"forbid":      forbid,
			"standing":    standing,
			"timer":       setTimer,
			"timers":      writeTimers,
			"monitor":     startMonitor,
			"told":        writeTold,
			"replay":      replay,
		},
	})
}

type serverKey struct{}

func server(ts *testscript.TestScript) *ghtest.Server {
	s := *ts.Value(serverKey{}).(**ghtest.Server)
	if s == nil {
		ts.Fatalf("start `github` first")
	}
	return s
}

func startGitHub(ts *testscript.TestScript, _ bool, args []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	s := ghtest.Serve(listener)
	s.SetNow(parseTime(ts, args[0]))
	ts.Setenv("GITHUB_FAKE_NOW", args[0])
	s.SetToken("s3cret-t0ken")
	ts.Defer(func() {
		s.Close()
		for _, violation := range s.Violations() {
			fmt.Fprintln(ts.Stderr(), violation)
		}
		if len(s.Violations()) > 0 {
			ts.Fatalf("fake GitHub: %d violations", len(s.Violations()))
		}
	})
	serverValues(ts, s)
}

// serverValues hands the server to the script, and its address to the program.
func serverValues(ts *testscript.TestScript, s *ghtest.Server) {
	*ts.Value(serverKey{}).(**ghtest.Server) = s
	event := ts.MkAbs("event.json")
	ts.Check(os.WriteFile(event, []byte(`{"repository":{"default_branch":"main"}}`), 0o644))
	for name, value := range map[string]string{
		"GITHUB_ACTIONS":      "true",
		"GITHUB_API_URL":      s.URL,
		"GITHUB_REPOSITORY":   ghtest.Repository,
		"GITHUB_EVENT_NAME":   "schedule",
		"GITHUB_EVENT_PATH":   event,
		"GITHUB_RUN_ATTEMPT":  "1",
		"GITHUB_TOKEN":        "s3cret-t0ken",
		"GITHUB_OUTPUT":       ts.MkAbs("output"),
		"GITHUB_STEP_SUMMARY": ts.MkAbs("summary"),
		"GITHUB_WORKFLOW_REF": ghtest.Repository + "/.github/workflows/" + ghtest.Workflow + "@refs/heads/main",
	} {
		ts.Setenv(name, value)
	}
}

func ran(ts *testscript.TestScript, _ bool, args []string) {
	run := ghtest.Run{Created: parseTime(ts, args[0])}
	switch args[1] {
	case "executed":
		run.Started = run.Created.Add(30 * time.Second)
	case "failed":
		run.Conclusion = "failure"
	case "cancelled":
		run.Conclusion = "cancelled"
	case "active":
		run.Status = "in_progress"
	case "skipped":
	default:
		ts.Fatalf("ran: what is %q?", args[1])
	}
	times := 1
	for _, special := range args[2:] {
		name, value, _ := strings.Cut(special, "=")
		var err error
		switch name {
		case "start":
			run.Started = parseTime(ts, value)
		case "end":
			run.Updated = parseTime(ts, value)
		case "attempt":
			run.Attempt, err = strconv.Atoi(value)
		case "id":
			run.ID, err = strconv.ParseInt(value, 10, 64)
		case "file":
			run.Workflow = value
		case "times":
			times, err = strconv.Atoi(value)
		case "actor":
			run.Actor = value
		case "job":
			run.Workflow, run.Job = "scheduled-"+value+".yml", value
		case "next":
			run.Next = parseTime(ts, value)
		case "settled":
			run.Settled = value
		case "lane", "failed":
			lane := ghtest.Lane{Slot: parseTime(ts, value), Started: run.Created}
			if name == "failed" {
				lane.Started, lane.Conclusion, run.Conclusion = time.Time{}, "failure", "failure"
			}
			run.Lanes, run.Started = append(run.Lanes, lane), time.Time{}
		case "title":
			run.Event, run.Title = "workflow_dispatch", value
		default:
			ts.Fatalf("ran: what is %q?", special)
		}
		ts.Check(err)
	}
	server(ts).Add(slices.Repeat([]ghtest.Run{run}, times)...)
}

func setClock(ts *testscript.TestScript, _ bool, args []string) {
	server(ts).SetNow(parseTime(ts, args[0]))
	ts.Setenv("GITHUB_FAKE_NOW", args[0])
}

func forgot(ts *testscript.TestScript, _ bool, args []string) {
	for _, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		ts.Check(err)
		server(ts).Remove(id)
	}
}

func workflow(ts *testscript.TestScript, _ bool, args []string) {
	w := ghtest.Registered{File: args[0], State: args[1], Created: parseTime(ts, args[2]), Inputs: args[3:]}
	if len(args) > 3 && strings.HasPrefix(args[3], "enabled=") {
		w.Updated, w.Inputs = parseTime(ts, strings.TrimPrefix(args[3], "enabled=")), args[4:]
	}
	server(ts).Register(w)
}

func workflows(ts *testscript.TestScript, _ bool, args []string) {
	var b strings.Builder
	states := server(ts).Workflows()
	for _, file := range slices.Sorted(maps.Keys(states)) {
		fmt.Fprintf(&b, "%s %s\n", file, states[file])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o644))
}

func play(ts *testscript.TestScript, _ bool, args []string) {
	steps := []ghtest.Step{{Name: "Set up job", Conclusion: "success"}}
	for _, name := range args[1:] {
		steps = append(steps, ghtest.Step{Name: name, Conclusion: "success"})
	}
	server(ts).SetPlay(func(r *ghtest.Run) {
		if r.Status == "queued" {
			r.Status = "in_progress"
			return
		}
		r.Status, r.Conclusion, r.Steps = "completed", args[0], steps
	})
}

// dispatches are the runs that the script has seen last.
type dispatches struct{ runs []int64 }

type dispatchesKey struct{}

func dispatched(ts *testscript.TestScript, _ bool, args []string) {
	last := ts.Value(dispatchesKey{}).(*dispatches)
	last.runs = nil
	var b strings.Builder
	for _, d := range server(ts).Dispatches() {
		last.runs = append(last.runs, d.Run)
		fmt.Fprintf(&b, "%s on %s, force %s, window %s", d.File, d.Ref, d.Inputs["force"], d.Inputs["window"])
		for _, name := range slices.Sorted(maps.Keys(d.Inputs)) {
			if name != "force" && name != "window" {
				fmt.Fprintf(&b, ", %s %s", name, d.Inputs[name])
			}
		}
		fmt.Fprintln(&b)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o644))
}

func finish(ts *testscript.TestScript, _ bool, args []string) {
	server(ts).Finish(args[0], ts.Value(dispatchesKey{}).(*dispatches).runs...)
}

func issues(ts *testscript.TestScript, _ bool, args []string) {
	var b strings.Builder
	for _, i := range server(ts).Issues() {
		fmt.Fprintf(&b, "#%d %s %s: %s\n%s\n", i.Number, i.State, strings.Join(i.Labels, ","), i.Title, i.Body)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o644))
}

func closeIssue(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	server(ts).EditIssue(n, func(i *ghtest.Issue) { i.State = "closed" })
}

func broken(ts *testscript.TestScript, _ bool, args []string) {
	status, err := strconv.Atoi(args[0])
	ts.Check(err)
	fault := ghtest.Fault{Status: status, Body: `{"message":"broken"}`}
	if len(args) > 1 {
		fault.Path = args[1]
	}
	if status >= 500 {
		fault.Header = map[string]string{"Retry-After": "0"}
	}
	server(ts).Break(fault)
}

func requests(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := server(ts).Requests(); len(got) != want {
		ts.Fatalf("%d requests, want %d: %v", len(got), want, got)
	}
}

func code(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || strconv.Itoa(exit.ExitCode()) != args[0] {
		ts.Fatalf("want exit code %s, got %v", args[0], err)
	}
}

func numbered(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	if got := strings.Count(ts.ReadFile(args[0]), "\n"); got != want {
		ts.Fatalf("%s has %d lines, want %d", filepath.Base(args[0]), got, want)
	}
}

func push(ts *testscript.TestScript, _ bool, args []string) {
	server(ts).Commit(args[0], folder(ts, args[1]))
}

func pulled(ts *testscript.TestScript, _ bool, args []string) {
	if diff := cmp.Diff(folder(ts, args[1]), server(ts).Files(args[0])); diff != "" {
		ts.Fatalf("branch %s (-want +got):\n%s", args[0], diff)
	}
}

func committed(ts *testscript.TestScript, _ bool, args []string) {
	if got := server(ts).GitCommit(server(ts).Head(args[0])).Message; !strings.Contains(got, args[1]) {
		ts.Fatalf("branch %s: message %q", args[0], got)
	}
}

// folder returns the files of a folder, by their paths in it.
func folder(ts *testscript.TestScript, dir string) map[string]string {
	files := map[string]string{}
	fsys := os.DirFS(ts.MkAbs(dir))
	ts.Check(fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(fsys, path)
		files[path] = string(content)
		return err
	}))
	return files
}

func pulls(ts *testscript.TestScript, _ bool, args []string) {
	var b strings.Builder
	for _, p := range server(ts).Pulls() {
		fmt.Fprintf(&b, "#%d %s %s <- %s: %s\n%s\n", p.Number, p.State, p.Base, p.Head, p.Title, p.Body)
		for _, comment := range p.Comments {
			fmt.Fprintf(&b, "comment: %s\n", comment)
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o644))
}

func tick(ts *testscript.TestScript, _ bool, args []string) {
	editPull(ts, args[0], func(p *ghtest.Pull) { p.Body = strings.Replace(p.Body, "- [ ]", "- [x]", 1) })
}

func closePull(ts *testscript.TestScript, _ bool, args []string) {
	editPull(ts, args[0], func(p *ghtest.Pull) { p.State = "closed" })
}

func editPull(ts *testscript.TestScript, number string, edit func(*ghtest.Pull)) {
	n, err := strconv.Atoi(number)
	ts.Check(err)
	server(ts).EditPull(n, edit)
}

func forbid(ts *testscript.TestScript, _ bool, args []string) {
	rights, rules := ghtest.Rights{}, ghtest.Rules{Prefix: "scheduled/"}
	switch args[0] {
	case "contents":
		rights.ReadOnly = true
	case "workflows":
		rights.NoWorkflows = true
	case "classic":
		rights.NoWorkflows, rights.Token = true, ghtest.Classic
	case "pulls":
		rights.NoPulls = true
	case "opening":
		rights.NoOpenedPull = true
	case "dispatch":
		rights.NoDispatch = true
	case "dispatch_classic":
		rights.NoDispatch, rights.Token = true, ghtest.Classic
	case "issues":
		rights.NoIssues = true
	case "admin":
		rights.NoAdmin = true
	case "tracker":
		rights.NoTracker = true
	case "push":
		rules.Prefix, rules.Push = "main", "Changes must be made through a pull request."
	case "force":
		rules.NoForce = true
	case "create":
		rules.NoCreation = true
	case "nothing":
	default:
		ts.Fatalf("forbid: what is %q?", args[0])
	}
	server(ts).SetRights(rights)
	server(ts).SetRules(rules)
}

func parseTime(ts *testscript.TestScript, value string) time.Time {
	t, err := time.Parse(time.RFC3339, value)
	ts.Check(err)
	return t
}

// standing sets what the repository says about itself: name=JSON; settings=JSON is that of
// GITHUB_TOKEN, and pages=JSON that of its site.
func standing(ts *testscript.TestScript, _ bool, args []string) {
	var s ghtest.Standing
	for _, arg := range args {
		name, text, _ := strings.Cut(arg, "=")
		var value any
		ts.Check(json.Unmarshal([]byte(text), &value))
		switch name {
		case "settings":
			s.Settings = value.(map[string]any)
			continue
		case "pages":
			s.Pages = value.(map[string]any)
			continue
		}
		if s.Fields == nil {
			s.Fields = map[string]any{}
		}
		s.Fields[name] = value
	}
	server(ts).SetStanding(s)
}
