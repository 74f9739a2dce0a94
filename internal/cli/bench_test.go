package cli_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

// once runs a program and returns how long it took from start to exit.
func once(b *testing.B, cmd *exec.Cmd) time.Duration {
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		b.Fatalf("%v: %v\n%s", cmd, err, &output)
	}
	return time.Since(begin)
}

// median returns the middle of the times, in milliseconds.
func median(times []time.Duration) float64 {
	slices.Sort(times)
	return float64(times[len(times)/2].Microseconds()) / 1000
}

// memory returns the most memory that a program takes, in MiB. A small process
// has to start it: Linux's number includes that of the starter.
func memory(b *testing.B, cmd *exec.Cmd) float64 {
	const starter = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);" +
		"print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
	started := exec.Command("python3", append([]string{"-c", starter}, cmd.Args...)...)
	started.Env = append(cmd.Env, "PATH="+os.Getenv("PATH"))
	out, err := started.Output()
	if err != nil {
		b.Fatalf("%v: %v", started, err)
	}
	kib, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		b.Fatal(err)
	}
	return float64(kib) / 1024
}

// build builds the program as a release does.
func build(b *testing.B) string {
	program := filepath.Join(b.TempDir(), "scheduled")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "../../cmd/scheduled")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return program
}

// BenchmarkCheck takes the time from process start to decision, with a history
// of a hundred runs, beside that of a Node action which only starts. Budgets:
// 15 ms and 30 MiB; release binary 20 MiB.
func BenchmarkCheck(b *testing.B) {
	program := build(b)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := ghtest.Serve(listener)
	defer server.Close()
	now := time.Now().UTC().Truncate(time.Second)
	server.SetNow(now)
	for i := range 100 {
		created := now.Add(-time.Duration(i) * 6 * time.Hour)
		server.Add(ghtest.Run{Created: created, Started: created.Add(30 * time.Second)})
	}
	check := func() *exec.Cmd {
		cmd := exec.Command(program, "--project", "../../testdata/quickstart", "check", "clean-files", "--json")
		cmd.Env = []string{"GITHUB_API_URL=" + server.URL, "GITHUB_REPOSITORY=" + ghtest.Repository, "GITHUB_REF=refs/heads/main",
			"GITHUB_EVENT_NAME=schedule", "GITHUB_WORKFLOW_REF=" + ghtest.Repository + "/.github/workflows/" + ghtest.Workflow + "@refs/heads/main"}
		return cmd
	}
	node := func() *exec.Cmd { return exec.Command("node", "-e", "0") }
	var checks, nodes []time.Duration
	for b.Loop() {
		checks = append(checks, once(b, check()))
		nodes = append(nodes, once(b, node()))
	}
	info, err := os.Stat(program)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(median(checks), "ms/check")
	b.ReportMetric(median(nodes), "ms/node")
	b.ReportMetric(median(nodes)/median(checks), "times-faster")
	b.ReportMetric(memory(b, check()), "MiB/check")
	b.ReportMetric(memory(b, node()), "MiB/node")
	b.ReportMetric(float64(info.Size())/(1<<20), "MiB/binary")
}
