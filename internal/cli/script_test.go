package cli_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/scheduled-actions/scheduled/internal/cli"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"scheduled": func() {
			program := cli.Program{
				Args: os.Args[1:], Environ: os.Environ(),
				Stdout: os.Stdout, Stderr: os.Stderr, Now: time.Now,
			}
			os.Exit(program.Main())
		},
	})
}

// TestScripts runs the program as its users do. A script has, beside the usual
// commands of testscript:
//
//	github NOW          starts a fake GitHub whose clock stands at NOW
//	ran CREATED WHAT    adds a run to it: executed, skipped or failed
//	broken STATUS       makes it answer so from now on
//	requests N          holds the number of requests since the last call
//	numbered FILE N     holds the number of lines of a file
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PYTHONDONTWRITEBYTECODE", "1")
			env.Values[serverKey{}] = new(*ghtest.Server)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"github":   startGitHub,
			"ran":      ran,
			"broken":   broken,
			"requests": requests,
			"numbered": numbered,
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
	case "skipped":
	default:
		ts.Fatalf("ran: what is %q?", args[1])
	}
	server(ts).Add(run)
}

func broken(ts *testscript.TestScript, _ bool, args []string) {
	status, err := strconv.Atoi(args[0])
	ts.Check(err)
	server(ts).Break(ghtest.Fault{Status: status, Body: `{"message":"broken"}`})
}

func requests(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := server(ts).Requests(); len(got) != want {
		ts.Fatalf("%d requests, want %d: %v", len(got), want, got)
	}
}

func numbered(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	if got := strings.Count(ts.ReadFile(args[0]), "\n"); got != want {
		ts.Fatalf("%s has %d lines, want %d", filepath.Base(args[0]), got, want)
	}
}

func parseTime(ts *testscript.TestScript, value string) time.Time {
	t, err := time.Parse(time.RFC3339, value)
	ts.Check(err)
	return t
}
