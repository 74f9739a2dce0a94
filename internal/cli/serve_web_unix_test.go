//go:build unix

package cli_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// TestServeRefuses calls serve in ways that it refuses at once.
func TestServeRefuses(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	dir := served(t, map[string]string{"a": "echo here"})
	for _, test := range []struct{ flags, says string }{
		{"--listen 0.0.0.0:0", "needs a token\nhint: "},
		{"--listen :0", "needs a token\nhint: "},
		{"--listen 8484", "is not an address"},
		{"--listen 127.0.0.1:0 --token-file missing", "no such file or directory\nhint: "},
		{"--log-format xml", "is not a format of the log\nhint: give text or json"},
		{"--listen " + busy.Addr().String(), "address already in use\nhint: choose another address"},
	} {
		s := serve(t, dir, strings.Fields(test.flags)...)
		if code := s.end(t); code != 2 || !strings.Contains(s.said(), test.says) {
			t.Errorf("%s: exit code %d\n%s", test.flags, code, s.said())
		}
	}
}

// notified returns what a service manager is told from now on.
func notified(t *testing.T) func() string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	t.Setenv("NOTIFY_SOCKET", socket)
	var mu sync.Mutex
	var told []string
	go func() {
		for buffer := make([]byte, 4096); ; {
			n, err := conn.Read(buffer)
			if err != nil {
				return
			}
			mu.Lock()
			told = append(told, string(buffer[:n]))
			mu.Unlock()
		}
	}()
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Join(slices.Compact(slices.Clone(told)), "\n")
	}
}

// ask sends a request to a serve, and returns the answer; "" without one.
func ask(t *testing.T, method, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(content)
}

// TestServeAnswers asks a loop for a run, its log and a pause, and another loop of the same
// project that waits for its turn, at the same address, once it has that.
func TestServeAnswers(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	dir, told := served(t, map[string]string{"a": "echo here"}), notified(t)
	first := serve(t, dir, "--listen", address)
	first.says(t, "a: succeeded", 1)
	second := serve(t, dir, "--listen", address)
	second.says(t, "another process serves the project", 1)
	job := func() (j struct {
		State string
		Last  struct {
			Run     int `json:"run_id"`
			Outcome string
			Log     string
		}
	}) {
		_, body := ask(t, "GET", "http://"+address)
		var board struct{ Jobs []json.RawMessage }
		if err := json.Unmarshal([]byte(body), &board); err != nil || len(board.Jobs) != 1 {
			t.Fatal(err, body)
		}
		if err := json.Unmarshal(board.Jobs[0], &j); err != nil {
			t.Fatal(err)
		}
		return j
	}
	if status, body := ask(t, "POST", "http://"+address+"/jobs/a/trigger"); status != 200 {
		t.Fatal(status, body)
	}
	eventually(t, "second run", func() bool { return job().Last.Run == 2 && job().Last.Outcome == "succeeded" })
	if status, body := ask(t, "GET", "http://"+address+job().Last.Log); status != 200 || body != "here\n" {
		t.Errorf("the log: %d, %q", status, body)
	}
	ask(t, "POST", "http://"+address+"/jobs/a/pause")
	eventually(t, "pause", func() bool { return job().State == "paused" })
	ask(t, "POST", "http://"+address+"/jobs/a/resume")
	eventually(t, "end of the pause", func() bool { return job().State == "scheduled" })
	if said := second.said(); strings.Count(said, "\n") != 1 {
		t.Errorf("who waits says more than that: %s", said)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	second.says(t, "listening on http://"+address, 1)
	second.says(t, "serving 1 job", 1)
	if status, body := ask(t, "GET", "http://"+address+"/readyz"); status != 200 {
		t.Errorf("readyz: %d, %s", status, body)
	}
	if code := second.end(t, syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, state := range []string{"READY=1\nSTATUS=serving 1 job", "WATCHDOG=1", "READY=1\nSTATUS=waiting: ", "STOPPING=1"} {
		if !strings.Contains(told(), state) {
			t.Errorf("the service manager was not told %q:\n%s", state, told())
		}
	}
}
