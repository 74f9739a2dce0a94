package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/migrate"
)

// shapes are the projects in testdata/moving: what import makes of the workflow that each
// had, before.yml. The end-to-end tests run what they became.
var shapes = []struct{ project, heading, job string }{
	{"scraper", "A scraper that commits its data", "scrape"},
	{"report", "A report with arguments and secrets", "report"},
	{"browser", "A browser whose pictures are kept", "capture"},
}

const moving = "../../testdata/moving"

// TestMoving has import make each project from what it was before: nothing of the workflow
// needs glue or is lost, the rest of it stays as it was, and the job is valid.
func TestMoving(t *testing.T) {
	folders, err := filepath.Glob(moving + "/*/before.yml")
	if err != nil || len(folders) != len(shapes) {
		t.Fatalf("projects %q, %v", folders, err)
	}
	for _, shape := range shapes {
		t.Run(shape.project, func(t *testing.T) {
			after, err := filepath.Abs(filepath.Join(moving, shape.project, "pyproject.toml"))
			if err != nil {
				t.Fatal(err)
			}
			workflow := old(t, shape.project, shape.job)
			before, err := os.ReadFile(workflow)
			if err != nil {
				t.Fatal(err)
			}
			shown, _ := outputs(t, 0, "import", workflow)
			stdout, stderr := outputs(t, 0, "import", "--write", workflow)
			declared, err := os.ReadFile("pyproject.toml")
			if err != nil || stdout != shown || string(declared) != shown || !strings.HasPrefix(stderr, "\n1 job: 0 lost, 0 glue, ") {
				t.Fatalf("%v\nimport shows\n%s\nimport --write shows\n%s\nand writes\n%s\n%s", err, shown, stdout, declared, stderr)
			}
			if *update {
				if err := os.WriteFile(after, declared, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(after)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(declared)); diff != "" {
				t.Errorf("the job has changed; update it with `go test ./internal/cli -run Moving -update` (-want +got):\n%s", diff)
			}
			left, err := os.ReadFile(workflow)
			if err != nil {
				t.Fatal(err)
			}
			rest := func(text []byte) string {
				_, rest, _ := strings.Cut(string(text), "\njobs:\n")
				return rest
			}
			if bytes.Contains(left, []byte("schedule:")) || !bytes.Contains(left, []byte("workflow_dispatch:")) || rest(left) != rest(before) {
				t.Errorf("the old workflow is now\n%s", left)
			}
			outputs(t, 0, "validate")
			outputs(t, 0, "sync")
		})
	}
}

// old returns the file of the workflow that a project in testdata/moving had, in a copy of
// the project as it was then. That copy is the working folder until the test ends.
func old(t *testing.T, project, job string) (workflow string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(moving, project))); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	workflow = ".github/workflows/" + job + ".yml"
	for _, err := range []error{os.Remove("pyproject.toml"), os.MkdirAll(".github/workflows", 0o755), os.Rename("before.yml", workflow)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return workflow
}

// outputs runs the program, which must end with that exit code.
func outputs(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, messages bytes.Buffer
	p := Program{Args: args, Stdout: &out, Stderr: &messages, Now: time.Now, Environ: os.Environ()}
	if code := p.Main(); code != want {
		t.Fatalf("%v: exit %d, want %d\n%s%s", args, code, want, &out, &messages)
	}
	return out.String(), messages.String()
}

// movedPart shows all shapes before and after.
func movedPart(t *testing.T) string {
	var b strings.Builder
	for _, shape := range shapes {
		before, after := beforeAndAfter(t, shape.project)
		fmt.Fprintf(&b, "### %s\n\n`.github/workflows/%s.yml`:\n\n```yaml\n%s```\n\nis now in `pyproject.toml`:\n\n```toml\n%s```\n\n", shape.heading, shape.job, before, after)
	}
	return b.String()
}

// beforeAndAfter returns the workflow that a project had, and the job that it became.
func beforeAndAfter(t *testing.T, project string) (before, after string) {
	t.Helper()
	var files [2]string
	for i, name := range []string{"before.yml", "pyproject.toml"} {
		content, err := os.ReadFile(filepath.Join(moving, project, name))
		if err != nil {
			t.Fatal(err)
		}
		files[i] = string(content)
	}
	return files[0], files[1]
}

// fatesPart shows what import says of a workflow of which not all can be kept.
func fatesPart(t *testing.T) (part string) {
	content, err := os.ReadFile(moving + "/nightly.yml")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("fates", func(t *testing.T) {
		t.Chdir(t.TempDir())
		if err := os.WriteFile("nightly.yml", content, 0o644); err != nil {
			t.Fatal(err)
		}
		toml, table := outputs(t, 1, "import", "nightly.yml")
		part = "```console\n$ scheduled import nightly.yml\n" + toml + table + "```"
	})
	return part
}

// TestMovingCommands runs the commands of the page about moving.
func TestMovingCommands(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(pages(t)["docs/moving.md"], -1)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of commands", len(blocks))
	}
	for i, shape := range []struct{ project, job string }{{"scraper", "scrape"}, {"report", "report"}} {
		t.Run(shape.project, func(t *testing.T) {
			workflow := old(t, shape.project, shape.job)
			if i > 0 {
				outputs(t, 0, "import", "--write", workflow)
			}
			for line := range strings.Lines(blocks[i][1]) {
				outputs(t, 0, strings.Fields(line)[1:]...)
			}
			outputs(t, 0, "sync", "--check")
		})
	}
}

// TestDocsFormats checks that every format has its row in the page about moving.
func TestDocsFormats(t *testing.T) {
	page := pages(t)["docs/moving.md"]
	for _, format := range migrate.Formats() {
		if !strings.Contains(page, "| `"+format+"` |") {
			t.Errorf("no row for %s", format)
		}
	}
}
