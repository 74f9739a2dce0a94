package export

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// mostExposed is the score of `systemd-analyze security` that a unit may have, from 0 to
// 10: 10 is a service without any limit. Versions of systemd differ by some tenths.
const mostExposed = 2.5

// analyzer returns systemd's own verifier, which is on every Linux with systemd. In CI it
// has to be there.
func analyzer(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("systemd-analyze")
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("systemd-analyze is not installed")
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSystemd has systemd read the units, and score them.
func TestSystemd(t *testing.T) {
	analyze := analyzer(t)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range deployed(t) {
		p.Program = filepath.Join(t.TempDir(), "a $HOME %n program")
		if err := os.Symlink(program, p.Program); err != nil {
			t.Fatal(err)
		}
		files := exported(t, "systemd", p)
		unit := filepath.Join(t.TempDir(), p.name()+".service")
		if err := os.WriteFile(unit, []byte(files[filepath.Base(unit)]), 0o644); err != nil {
			t.Fatal(err)
		}
		// It warns of what it ignores, and exits with 0.
		if out, err := exec.Command(analyze, "verify", "--man=no", unit).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s%s", name, err, out, files[filepath.Base(unit)])
		}
		out, err := exec.Command(analyze, "security", "--no-pager", "--offline=true", unit).CombinedOutput()
		score := regexp.MustCompile(`exposure level for \S+: ([0-9.]+)`).FindSubmatch(out)
		if err != nil || score == nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		if exposed, err := strconv.ParseFloat(string(score[1]), 64); err != nil || exposed > mostExposed {
			t.Errorf("%s: exposure %s, at most %v is wanted", name, score[1], mostExposed)
		}
	}
}

// TestUnitRefused checks what no unit can have.
func TestUnitRefused(t *testing.T) {
	p := project(t, quick)
	p.Program = `/opt/it's/scheduled`
	if _, err := Make("systemd", p); err == nil || problem.Hint(err) == "" {
		t.Errorf("a program in quotes: %v", err)
	}
	if _, err := Make("systemd", projectIn(t, filepath.Join(t.TempDir(), "a\nUser=root"), quick)); err == nil || problem.Hint(err) == "" {
		t.Errorf("a folder with a line break: %v", err)
	}
}

// TestUnitWords checks what ExecStart= makes of words: no specifier, no variable, one word each.
func TestUnitWords(t *testing.T) {
	p := deployed(t)["hostile"]
	unit := exported(t, "systemd", p)[p.name()+".service"]
	for _, want := range []string{
		`a \"b\" $$HOME %%n {name} 'c'/sub folder/pyproject.toml" serve --local`, // ExecStart
		`a "b" $HOME %%n {name} 'c'/sub folder` + "\n",                           // WorkingDirectory
		`a \"b\" $HOME %%n {name} 'c'/sub folder"` + "\n",                        // ReadWritePaths
	} {
		if !strings.Contains(unit, want) {
			t.Errorf("no %s in\n%s", want, unit)
		}
	}
}
