package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startServe starts the loop with a project of jobs, and waits until it has said something
// that often. It returns how long that took.
func startServe(b *testing.B, program, project, text string, times int, flags ...string) (cmd *exec.Cmd, took time.Duration) {
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pyproject.toml"), []byte(project), 0o600); err != nil {
		b.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	to, err := os.Create(out)
	if err != nil {
		b.Fatal(err)
	}
	defer to.Close()
	cmd = exec.Command(program, append([]string{"--project", dir, "serve", "--local", "--listen", ""}, flags...)...)
	cmd.Stdout, cmd.Stderr, cmd.Env = to, to, []string{"PATH=" + os.Getenv("PATH")}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for strings.Count(content(out), text) < times {
		if time.Since(begin) > 5*time.Minute {
			b.Fatalf("no %q, but\n%s", text, content(out))
		}
		time.Sleep(5 * time.Millisecond)
	}
	return cmd, time.Since(begin)
}

func content(file string) string {
	content, _ := os.ReadFile(file)
	return string(content)
}

// BenchmarkServeIdle has ten thousand jobs that are not due. Goals: below 1 % of a core and
// 60 MiB.
func BenchmarkServeIdle(b *testing.B) {
	var project strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&project, "[tool.scheduled-actions.jobs.job-%d]\nevery = \"day\"\nstart = %s\nexecutor = \"serve\"\nentrypoint = \"app.jobs:run\"\n",
			i, time.Now().AddDate(1, 0, 0).Format(time.DateOnly))
	}
	program := build(b)
	for b.Loop() {
		cmd, took := startServe(b, program, project.String(), "serving 10000 jobs", 1)
		time.Sleep(2 * time.Second)
		before, begin := ticks(b, cmd.Process.Pid), time.Now()
		time.Sleep(35 * time.Second) // it looks at everything each 15 seconds
		used := float64(ticks(b, cmd.Process.Pid)-before) / 100
		b.ReportMetric(took.Seconds(), "s/start")
		b.ReportMetric(100*used/time.Since(begin).Seconds(), "%-of-a-core")
		b.ReportMetric(resident(b, cmd.Process.Pid), "MiB")
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkServeBurst has 200 jobs that are due at the same second, and two workers.
func BenchmarkServeBurst(b *testing.B) {
	const jobs = 200
	program := build(b)
	for b.Loop() {
		slot := time.Now().Add(3 * time.Second).UTC().Truncate(time.Second)
		var project strings.Builder
		for i := range jobs {
			fmt.Fprintf(&project, "[tool.scheduled-actions.jobs.job-%d]\nrun-at = %s\nexecutor = \"serve\"\ncommand = \"true\"\n", i, slot.Format(time.RFC3339))
		}
		startServe(b, program, project.String(), ": succeeded", jobs, "--workers", "2", "--log-format", "text")
		b.ReportMetric(float64(time.Since(slot).Milliseconds())/jobs, "ms/job")
	}
}

// ticks returns the processor time that a process has used, in hundredths of a second.
func ticks(b *testing.B, pid int) (sum int) {
	stat := content(fmt.Sprintf("/proc/%d/stat", pid))
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	for _, field := range fields[11:13] { // utime and stime
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		sum += n
	}
	return sum
}

// resident returns the memory that a process has now, in MiB.
func resident(b *testing.B, pid int) float64 {
	_, after, _ := strings.Cut(content(fmt.Sprintf("/proc/%d/status", pid)), "VmRSS:")
	kib, err := strconv.Atoi(strings.Fields(after)[0])
	if err != nil {
		b.Fatal(err)
	}
	return float64(kib) / 1024
}
