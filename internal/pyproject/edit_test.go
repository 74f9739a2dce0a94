package pyproject

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// edited applies a command to a file: "set ID", "add ID", "remove ID" or "append TABLES".
// In the lines after it are its other arguments.
func edited(before, command string) (string, error) {
	e, err := NewEdit([]byte(before), "pyproject.toml")
	if err != nil {
		return "", err
	}
	command, rest, _ := strings.Cut(command, "\n")
	verb, id, _ := strings.Cut(command, " ")
	var settings []Setting
	for line := range strings.Lines(rest) {
		s, err := parseSetting(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return "", err
		}
		settings = append(settings, s)
	}
	switch verb {
	case "append":
		err = e.Append(strings.ReplaceAll(id, `\n`, "\n"))
	case "remove":
		err = e.Remove(id)
	case "add":
		err = e.Add(id, settings...)
	case "set":
		err = e.Set(id, settings...)
	}
	return string(e.Bytes()), err
}

// TestEdit runs the files of testdata/edit: a command, and a pyproject.toml before and
// after it, or the error. Unless it says so, the outcome has no errors.
func TestEdit(t *testing.T) {
	files, err := filepath.Glob("testdata/edit/*.txtar")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			before := string(archive.Files[0].Data)
			after, err := edited(before, strings.TrimSuffix(string(archive.Comment), "\n"))
			got := txtar.File{Name: "after", Data: []byte(after)}
			if err != nil {
				got = txtar.File{Name: "error", Data: []byte(err.Error() + "\n")}
			} else if err := wrong(load(after)); err != nil && !strings.HasPrefix(filepath.Base(file), "broken") {
				t.Errorf("the outcome has errors: %v", err)
			}
			if *update {
				archive.Files = append(archive.Files[:1], got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := archive.Files[1]; want.Name != got.Name || string(want.Data) != string(got.Data) {
				t.Errorf("%s\n-- want: %s --\n%s-- got: %s --\n%s", archive.Comment, want.Name, want.Data, got.Name, got.Data)
			}
		})
	}
}
