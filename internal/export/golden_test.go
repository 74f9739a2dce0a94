package export

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

var update = flag.Bool("update", false, "write the golden files")

// loaded returns the project of a file of testdata, as if it were in /srv/a shop.
func loaded(t *testing.T, file string) Project {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := project(t, string(text))
	p.Place = pyproject.Place{Dir: "/srv/a shop", Root: "/srv/a shop", Path: "pyproject.toml"}
	return p
}

// TestGolden exports the jobs of testdata/jobs in each format that is told there: the files,
// and what is noted.
func TestGolden(t *testing.T) {
	p := loaded(t, "testdata/jobs/pyproject.toml")
	for _, format := range []string{"crontab", "supervisord", "ini", "ics"} {
		result, err := Make(format, p)
		if err != nil {
			t.Fatal(err)
		}
		notes, err := json.MarshalIndent(result.Notes, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range append(result.Files, File{format + ".notes.json", string(notes) + "\n"}) {
			golden := filepath.Join("testdata/jobs", file.Name)
			if *update {
				if err := os.WriteFile(golden, []byte(file.Content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(file.Content, "\n")); diff != "" {
				t.Errorf("%s: -want +got\n%s", golden, diff)
			}
		}
	}
}
