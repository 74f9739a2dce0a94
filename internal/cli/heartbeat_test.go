package cli_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// told is what a monitor of a script was told since the script asked last.
type told struct {
	mu    sync.Mutex
	lines strings.Builder
}

type toldKey struct{}

// startMonitor starts a monitor that answers with a status; "hang" is none. The URL of a
// check is in MONITOR.
func startMonitor(ts *testscript.TestScript, _ bool, args []string) {
	status := http.StatusOK
	if len(args) == 1 && args[0] != "hang" {
		var err error
		status, err = strconv.Atoi(args[0])
		ts.Check(err)
	}
	told := ts.Value(toldKey{}).(*told)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		told.mu.Lock()
		fmt.Fprintf(&told.lines, "%s %s\n%s", r.Method, r.URL.RequestURI(), body)
		told.mu.Unlock()
		if len(args) == 1 && args[0] == "hang" {
			<-r.Context().Done()
		}
		w.WriteHeader(status)
	}))
	ts.Defer(server.Close)
	ts.Setenv("MONITOR", server.URL+"/m0n1t0r?create=1")
}

// writeTold writes what the monitors were told since the last call.
func writeTold(ts *testscript.TestScript, _ bool, args []string) {
	told := ts.Value(toldKey{}).(*told)
	told.mu.Lock()
	defer told.mu.Unlock()
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(told.lines.String()), 0o644))
	told.lines.Reset()
}

// TestTokenOfSteps has the action hand its token to no step that does not use it.
func TestTokenOfSteps(t *testing.T) {
	manifest, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(manifest), "INPUT_TOKEN: ")
	line, _, _ = strings.Cut(line, "\n")
	for _, command := range []string{"run", "heartbeat"} {
		if !strings.Contains(line, "inputs.command != '"+command+"' && ") {
			t.Errorf("%s gets the token: %s", command, line)
		}
	}
}
