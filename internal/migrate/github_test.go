package migrate

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// noteForms are notes whose line has to have what the first group matches.
var noteForms = []*regexp.Regexp{
	regexp.MustCompile(`^env (\w+)$`), regexp.MustCompile(`^schedule (\S.*\*)$`), regexp.MustCompile(`^input ([\w-]+)`),
	regexp.MustCompile(`^(runs-on)`), regexp.MustCompile(`^(timeout-minutes)`), regexp.MustCompile(`^permission ([\w-]+:)`),
	regexp.MustCompile(`^service (\w+)`), regexp.MustCompile(`^repository variable (\w+)`), regexp.MustCompile(`^the job (\w+)`),
	regexp.MustCompile(`^set the secret (\w+)`), regexp.MustCompile(`^time zone (.*)`), regexp.MustCompile(`^(concurrency)`),
	regexp.MustCompile(`^(container|matrix|environment|if:|run-name)(?: |,|$)`), regexp.MustCompile(`^(name)(?:,|$)`), regexp.MustCompile(`^the variable (\S+),`),
	regexp.MustCompile(`^start the job (\w+)`), regexp.MustCompile(`^the key (\S+)`),
}

// TestLines: the line of a note is that of what it is about.
func TestLines(t *testing.T) {
	files, _ := filepath.Glob("testdata/github/*.yml")
	checked := 0
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		result, err := Read(t.Context(), Request{From: "github", Files: []File{{Path: filepath.Base(path), Text: text, Dir: os.DirFS("testdata/github")}}})
		if err != nil {
			continue
		}
		lines := strings.Split(string(text), "\n")
		for _, j := range result.Jobs {
			if first := strings.TrimSpace(lines[j.From.Line-1]); !strings.HasSuffix(first, ":") && !strings.Contains(first, ": {") {
				t.Errorf("%s: the job %s begins at line %d: %s", path, j.ID, j.From.Line, first)
			}
			for _, notes := range [][]Note{j.Kept, j.Glue, j.Lost} {
				for _, n := range notes {
					for _, form := range noteForms {
						m := form.FindStringSubmatch(n.What)
						if m == nil || !strings.Contains(string(text), m[1]) { // a name of ours
							continue
						}
						checked++
						if !strings.Contains(lines[n.Line-1], m[1]) {
							t.Errorf("%s:%d: %s\n%s", path, n.Line, n.What, lines[n.Line-1])
						}
					}
				}
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d notes looked at", checked)
	}
}

// TestOutcomes runs the commands of a workflow whose steps look at each other.
func TestOutcomes(t *testing.T) {
	withBash(t)
	text, err := os.ReadFile("testdata/github/outcomes.yml")
	if err != nil {
		t.Fatal(err)
	}
	result, err := Read(t.Context(), Request{From: "github", Files: []File{{Path: "a.yml", Text: text}}})
	if err != nil {
		t.Fatal(err)
	}
	for fetched, want := range map[string]string{"true": "fetch.py\nused 7\n", "false": "fetch.py\nfallback.py\nused 7\n"} {
		dir := t.TempDir()
		python := "#!/bin/sh\necho $1 >> " + dir + "/log\n[ $1 != fetch.py ] || " + fetched + "\n"
		if err := os.WriteFile(filepath.Join(dir, "python"), []byte(python), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, command := range result.Jobs[0].get("command").([]string) {
			cmd := exec.Command("bash", "-eo", "pipefail", "-c", command)
			cmd.Dir, cmd.Env = dir, []string{"PATH=" + dir + ":/usr/bin:/bin", "RUNNER_TEMP=" + dir}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s\n%v %s", command, err, out)
			}
		}
		if log, _ := os.ReadFile(filepath.Join(dir, "log")); string(log) != want {
			t.Errorf("with %s: got %q, want %q", fetched, log, want)
		}
	}
}

// A cron is UTC, whatever time zone the project has for its jobs.
func TestZone(t *testing.T) {
	text, err := os.ReadFile("testdata/github/listened.yml")
	if err != nil {
		t.Fatal(err)
	}
	for project, want := range map[string]any{
		"[tool.scheduled-actions]\ntimezone = \"Asia/Tokyo\"\n": "UTC", "[tool.scheduled-actions.jobs.a]\ntimezone = \"Asia/Tokyo\"\n": nil, "": nil,
	} {
		result, err := Read(t.Context(), Request{
			From: "github", Files: []File{{Path: "a.yml", Text: text}}, Project: fstest.MapFS{"pyproject.toml": {Data: []byte(project)}},
		})
		if err != nil || len(result.Jobs) != 1 || result.Jobs[0].get("timezone") != want {
			t.Errorf("%q: %v, %v", project, result.Jobs, err)
		}
	}
}

// FuzzGitHub: whatever a workflow says, jobs that come of it are valid, and the old file
// still means the same.
func FuzzGitHub(f *testing.F) {
	files, _ := filepath.Glob("testdata/github/*.yml")
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := File{Path: "a.yml", Text: []byte(text)}
		result, err := Read(t.Context(), Request{From: "github", Files: []File{file}})
		if err != nil {
			return
		}
		for _, j := range result.Jobs {
			if wrong := j.problems(); len(wrong) > 0 {
				t.Errorf("not valid: %v\n%s", wrong, j.TOML())
			}
			for _, notes := range [][]Note{j.Kept, j.Glue, j.Lost} {
				for _, n := range notes {
					if n.Line < 1 || n.Line > strings.Count(text, "\n")+1 {
						t.Errorf("%q has no line: %d", n.What, n.Line)
					}
				}
			}
		}
		for _, c := range result.Changes {
			again, err := Read(t.Context(), Request{From: "github", Files: []File{{Path: "a.yml", Text: c.Content}}})
			if err != nil || len(again.Jobs) > 0 {
				t.Errorf("the old file still has %d jobs: %v\n%s", len(again.Jobs), err, c.Content)
			}
		}
	})
}

// A workflow runs in the root of the repository, and a job in the project's folder.
func TestProjectBelowRoot(t *testing.T) {
	const text = "on: {schedule: [{cron: 5 4 * * *}]}\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: python a.py}]}}\n"
	for where, want := range map[string]bool{"": false, "pyproject.toml": false, "svc/pyproject.toml": true} {
		result, err := Read(t.Context(), Request{From: "github", Files: []File{{Path: "a.yml", Text: []byte(text)}}, Path: where})
		if err != nil || len(result.Jobs) != 1 {
			t.Fatal(err, result)
		}
		told := slices.ContainsFunc(result.Jobs[0].Glue, func(n Note) bool { return strings.Contains(n.What, "from svc, where the job runs") })
		if told != want {
			t.Errorf("%q: told %v, want %v", where, told, want)
		}
	}
}
