package entrypoint

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the verdicts of this run into testdata")

// startPython returns a running Python, which the tests need. It ends with the test.
func startPython(t testing.TB) *Reader {
	t.Helper()
	reader, err := startReader(pythonPath(), false, nil)
	if err != nil {
		t.Fatal("the tests need a Python 3: ", err)
	}
	t.Cleanup(reader.Close)
	return reader
}

// pythonPath returns the Python of the PATH, and not a script that looks for it.
var pythonPath = sync.OnceValue(func() string {
	out, _ := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	return strings.TrimSpace(string(out))
})

// Each file of testdata/layouts holds a repository. Its first lines are entrypoints,
// and the .want beside it the verdicts on them.
func TestLayouts(t *testing.T) {
	layouts, err := filepath.Glob("testdata/layouts/*.txtar")
	if err != nil || len(layouts) == 0 {
		t.Fatal("no layouts", err)
	}
	for _, file := range layouts {
		t.Run(filepath.Base(file), func(t *testing.T) {
			project, targets := layout(t, file)
			var got strings.Builder
			reader := startPython(t)
			older := strings.Contains(file, "python312") && reader.version[1] < 12
			if older {
				project.Python = "3.12"
			}
			p := New(project, reader)
			for _, target := range targets {
				v := p.Prove(target, Given{})
				if older && !strings.Contains(v.Unknown, "the job may have a later one") {
					t.Errorf("%s: an older Python says %+v", target, v)
				}
				fmt.Fprintf(&got, "%s\n%s\n", target, show(v))
			}
			if older {
				return
			}
			want := strings.TrimSuffix(file, ".txtar") + ".want"
			if *update {
				if err := os.WriteFile(want, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			content, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(string(content), got.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// layout reads a file of testdata/layouts.
func layout(t testing.TB, file string) (p Project, targets []string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	repo := fstest.MapFS{}
	for _, f := range archive.Files {
		repo[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	p = Project{Repo: repo, Dir: ".", Python: ">=3.8"}
	for line := range strings.Lines(string(archive.Comment)) {
		line = strings.TrimSpace(line)
		if dir, ok := strings.CutPrefix(line, "dir "); ok {
			p.Dir = dir
			continue
		}
		if beyond, ok := strings.CutPrefix(line, "beyond "); ok {
			p.Beyond = beyond
			continue
		}
		if line == "before" {
			p.Before = true
			continue
		}
		if target, err := strconv.Unquote(`"` + line + `"`); err == nil {
			targets = append(targets, target)
		}
	}
	return p, targets
}

func show(v Verdict) string {
	words := "ok"
	switch {
	case v.Problem != "":
		words = "problem: " + v.Problem
		if v.Hint != "" {
			words += "\n\thint: " + v.Hint
		}
	case v.Unknown != "":
		words = "unknown: " + v.Unknown
	}
	if v.Problem == "" && v.File != "" {
		words += fmt.Sprintf("\n\tat %s:%d", v.File, v.Line)
	}
	if v.Doc != "" {
		words += "\n\tdoc: " + v.Doc
	}
	return "\t" + words
}
