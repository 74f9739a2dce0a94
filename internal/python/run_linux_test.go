package python

import (
	"bufio"
	"os"
	"os/exec"
	"testing"
)

// So are processes that have left the group.
func TestGraceOfStrays(t *testing.T) {
	t.Parallel()
	testGrace(t, "jobs.lingers:left_group")
}

// If this program is killed, its Python dies, too: otherwise a second run would
// meet the first one still at work.
func TestKilled(t *testing.T) {
	t.Parallel()
	e, dies := locked(t, "")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(e.Env, "RUN_TARGET=jobs.lingers:stay", "TMPDIR="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	dies()
}

// The report needs no folder for temporary files, which may be full or missing.
func TestWithoutTemp(t *testing.T) {
	t.Setenv("TMPDIR", "/dev/null/none")
	if o, stdout, _ := run(t, entrypoint(t, "flat", "jobs.works:hello")); !o.OK || stdout != "hello\n" {
		t.Errorf("%+v, said %q", o, stdout)
	}
}
