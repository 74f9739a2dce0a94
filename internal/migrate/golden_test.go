package migrate

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// project is the project that the files are imported into.
var project = fstest.MapFS{"scrape.py": {}, "jobs/clean.py": {}, "manage.py": {}, "backend/manage.py": {},
	"scrape_tasks.py": {Data: []byte("@shared_task(name=\"scrape.run\", max_retries=1)\ndef scrape_all():\n    pass\n")},
	"shop/tasks.py":   {Data: []byte("def c():\n    pass\n")},
}

// askPython runs a script with the python3 on PATH.
func askPython(ctx context.Context, script string, input []byte) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "python3", "-I", "-S", "-c", script)
	cmd.Stdin = bytes.NewReader(input)
	return cmd.Output()
}

// TestGolden imports each file of testdata/<format> by itself, guessing its format. Beside
// it is what comes of it: the TOML, what is kept, glue and lost, and the files that change.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*")
	if err != nil || len(files) == 0 {
		t.Fatal("no files in testdata", err)
	}
	for _, path := range files {
		path = filepath.ToSlash(path)
		format := strings.Split(path, "/")[1]
		if filepath.Ext(path) == ".golden" || format == "fuzz" || filepath.Ext(path) == ".service" || filepath.Ext(path) == ".env" {
			continue
		}
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			f := File{Path: strings.TrimPrefix(path, "testdata/"+format+"/"), Text: text, Dir: os.DirFS(filepath.Dir(path))}
			if guessed := Guess(f); guessed != format {
				t.Errorf("guessed %q", guessed)
			}
			result, err := Read(t.Context(), Request{Files: []File{f}, Project: project, Ask: askPython})
			golden := path + ".golden"
			got := written(result, err)
			if strings.Contains(written(Result{Jobs: result.Jobs, Skipped: result.Skipped}, nil), "hunter2") {
				t.Error("a secret is copied")
			}
			for _, j := range result.Jobs {
				if wrong := j.problems(); len(wrong) > 0 {
					t.Errorf("job %s is not valid: %v", j.ID, wrong)
				}
				for _, notes := range [][]Note{j.Kept, j.Glue, j.Lost} {
					for _, n := range notes {
						text := text
						if service, _, ok := strings.Cut(n.What, ".service: "); ok {
							text, _ = os.ReadFile(filepath.Join(filepath.Dir(path), service+".service"))
						}
						if n.Line < 1 || n.Line > strings.Count(string(text), "\n")+1 {
							t.Errorf("job %s: %q has no line: %d", j.ID, n.What, n.Line)
						}
					}
				}
			}
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// written is a result for people who compare.
func written(result Result, err error) string {
	var b strings.Builder
	if err != nil {
		return fmt.Sprintf("error: %v\n", err)
	}
	for _, j := range result.Jobs {
		fmt.Fprintf(&b, "%s\n", j.TOML())
		for _, notes := range []struct {
			word string
			all  []Note
		}{{"kept", j.Kept}, {"glue", j.Glue}, {"lost", j.Lost}} {
			for _, n := range notes.all {
				fmt.Fprintf(&b, "# %s %d: %s\n", notes.word, n.Line, n.What)
			}
		}
		b.WriteString("\n")
	}
	for _, s := range result.Skipped {
		fmt.Fprintf(&b, "# skipped %d: %s\n", s.From.Line, s.Why)
	}
	for _, c := range result.Changes {
		fmt.Fprintf(&b, "\n--- %s\n%s", c.Path, c.Content)
	}
	return b.String()
}

// FuzzPython: whatever the script answers, jobs that come of it are valid.
func FuzzPython(f *testing.F) {
	f.Add(`{"jobs":[{"kind":"celery","line":2,"id":"a","function":["app","b"],"trigger":{"type":"crontab","minute":"*/5"},"args":[1,"x"],"kwargs":{"a":null},"options":{"expires":3600}}],"zones":{"celery":"Europe/Paris"}}`)
	f.Add(`{"jobs":[{"kind":"python","line":0,"function":["",""],"trigger":{"type":"every","chain":[{"name":"every","args":[2]},{"name":"days"}]},"args":{"source":"x"},"kwargs":{}}]}`)
	f.Fuzz(func(t *testing.T, answer string) {
		if !json.Valid([]byte(answer)) {
			return
		}
		ask := func(context.Context, string, []byte) ([]byte, error) { return []byte(answer), nil }
		result, _ := Read(t.Context(), Request{Files: []File{{Path: "app/jobs.py"}}, From: "celery", Ask: ask})
		for _, j := range result.Jobs {
			if wrong := j.problems(); len(wrong) > 0 {
				t.Errorf("not valid: %v\n%s", wrong, j.TOML())
			}
		}
	})
}
