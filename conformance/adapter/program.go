package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/cli"
)

// absolute returns the path of the program as it holds in the folders of projects too.
func absolute(program string) (string, error) {
	found, err := exec.LookPath(program)
	if err != nil {
		return "", err
	}
	return filepath.Abs(found)
}

// command returns the program, to be started in a project with the variables added. It
// sees none of this machine's own GitHub.
func command(program, project string, variables []string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = project
	cmd.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return slices.ContainsFunc([]string{"GITHUB_", "GH_", "RUNNER_", "INPUT_", "SCHEDULED_", clockVariable}, func(prefix string) bool {
			return strings.HasPrefix(variable, prefix)
		})
	})
	cmd.Env = append(append(cmd.Env, "PYTHONDONTWRITEBYTECODE=1"), variables...)
	return cmd
}

// withoutPython is for commands that read what is declared: they need no Python, and start
// one for what the suite does not ask, if they find it.
var withoutPython = []string{"PATH="}

// call runs the program and decodes what it prints.
func call(cmd *exec.Cmd, into any) error {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	failed := cmd.Run()
	if err := json.Unmarshal(stdout.Bytes(), into); err != nil {
		return fmt.Errorf("%v: %w: %s", cmd.Args[1:], failed, stderr.String())
	}
	return failed
}

// execute runs the program, or kills it as soon as the entrypoint runs if the result is to
// be lost. It reports whether the entrypoint is known to have succeeded.
func execute(cmd *exec.Cmd, r request) (bool, error) {
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		return false, err
	}
	if r.Lose {
		for !executed(r.Project) {
			time.Sleep(time.Millisecond)
		}
		_ = cmd.Process.Kill()
	}
	err := cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code > 1 {
		return false, fmt.Errorf("%v exits with %d: %s", cmd.Args[1:], code, output.String())
	}
	return err == nil, nil
}

// executed reports whether an entrypoint of the suite has run.
func executed(project string) bool {
	log, err := os.Stat(filepath.Join(project, "executions"))
	return err == nil && log.Size() > 0
}

// clockVariable makes the adapter the program itself, at "TIME" or at "TIME,TIME": the
// second one counts once the entrypoint has run.
const clockVariable = "CONFORMANCE_CLOCK"

// programAt is cmd/scheduled with another clock.
func programAt(clock string) int {
	before, after, _ := strings.Cut(clock, ",")
	now := func() time.Time {
		at := before
		if after != "" && executed(".") {
			at = after
		}
		instant, _ := time.Parse(time.RFC3339, at)
		return instant
	}
	path, _ := os.Executable()
	program := cli.Program{
		Args: os.Args[1:], Environ: os.Environ(), Path: path,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Now: now,
	}
	return program.Main()
}
