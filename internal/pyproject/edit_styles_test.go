package pyproject

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// styleEdits are what is done to each file of testdata/styles. ID is the job that it has.
var styleEdits = []struct{ name, command string }{
	{"add", "add new job\nevery=day\nentrypoint=acme.new:main\ncatch-up=all\nneeds=[\"ID\"]"},
	{"set", "set ID\nattempts=3\nlock=db\nenv.LOG=x"},
	{"cron", "set ID\ncron=0 9 * * 1-5"},
	{"remove", "remove ID"},
}

// Text files cannot show how a line or the file ends: ␍ is a carriage return, ␄ the end
// of a file without a newline.
var (
	visible   = strings.NewReplacer("\r", "␍")
	invisibly = strings.NewReplacer("␍", "\r", "␄\n", "")
)

func shown(text string) string {
	if !strings.HasSuffix(text, "\n") {
		text += "␄\n"
	}
	return visible.Replace(text)
}

// TestEditStyles edits files as people and tools write them, compares each byte with what
// was reviewed by hand, and has Python read the outcomes. The comment of each is the id of
// its job.
func TestEditStyles(t *testing.T) {
	files, err := filepath.Glob("testdata/styles/*.txtar")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	outcomes := map[string]string{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		id := strings.TrimSpace(string(archive.Comment))
		before := invisibly.Replace(string(archive.Files[0].Data))
		got := &txtar.Archive{Comment: archive.Comment, Files: archive.Files[:1:1]}
		for _, edit := range styleEdits {
			command := strings.ReplaceAll(edit.command, "ID", id)
			after, err := edited(before, command)
			if err != nil {
				t.Fatalf("%s: %s: %v", file, edit.name, err)
			}
			if err := wrong(load(after)); err != nil && edit.name != "remove" {
				t.Errorf("%s: %s: %v", file, edit.name, err)
			}
			got.Files = append(got.Files, txtar.File{Name: edit.name, Data: []byte(shown(after))})
			outcomes[filepath.Base(file)+": "+edit.name] = after
			switch edit.name {
			case "add":
				if removed, err := edited(after, "remove new job"); err != nil || removed != before {
					t.Errorf("%s: added and removed, it is %q, %v", file, removed, err)
				}
			case "set", "cron":
				if again, err := edited(after, command); err != nil || again != after {
					t.Errorf("%s: %s twice is %q, %v", file, edit.name, again, err)
				}
			}
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if want := string(txtar.Format(archive)); want != string(txtar.Format(got)) {
			t.Errorf("%s: want:\n%s\ngot:\n%s", file, want, txtar.Format(got))
		}
	}
	readByPython(t, outcomes)
}

// readByPython has Python's own parser read texts.
func readByPython(t *testing.T, texts map[string]string) {
	t.Helper()
	data, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "-c", `import json, sys
try:
    import tomllib
except ImportError:
    sys.exit()
for name, text in json.load(sys.stdin).items():
    try:
        tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as e:
        print(name, e)`)
	cmd.Stdin = strings.NewReader(string(data))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Skipf("no Python: %v\n%s", err, out)
	}
	if len(out) > 0 {
		t.Errorf("Python cannot read\n%s", out)
	}
}
