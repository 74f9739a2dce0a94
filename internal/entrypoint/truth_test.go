package entrypoint

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// What is said about the names of Python's library is true of them once they have
// been imported: what can be called is never refused, and what is proven can be.
func TestTruth(t *testing.T) {
	cmd := exec.Command("python3", "-I", "-W", "ignore", "testdata/truth.py")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	library, names, _ := strings.Cut(string(bytes.ReplaceAll(out, []byte("\r"), nil)), "\n")
	p := New(Project{Repo: os.DirFS(library), Dir: "."}, startPython(t))
	count := make(map[string]int)
	step := 1
	if testing.Short() {
		step = 8
	}
	lines := strings.SplitAfter(names, "\n")
	for i := 0; i < len(lines)-1; i += step {
		line := lines[i]
		target, kind, _ := strings.Cut(strings.TrimSpace(line), " ")
		v := p.Prove(target, Given{})
		proven := v.Problem == "" && v.Unknown == ""
		switch {
		case v.missing,
			kind == "function" && v.Problem != "",
			(kind == "needs" || kind == "generator" || kind == "module" || kind == "value") && proven:
			t.Errorf("%s is a %s: got %s", target, kind, show(v))
		case v.Unknown != "":
			kind += " left open"
		}
		count[kind]++
	}
	if count["function"] < 100/step || count["needs"] < 500/step {
		t.Errorf("proven too little: %v", count)
	}
	t.Log(count)
}
