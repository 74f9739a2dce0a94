package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

// noon is when people read the pages.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

var (
	fileBlock = regexp.MustCompile("(?ms)^`(\\S+)`:\n\n```[a-z]+\n(.*?)^```$")
	callBlock = regexp.MustCompile("(?ms)^```console\n(.*?)^```$")
	callLine  = regexp.MustCompile(`(?m)^\$ ((?:[A-Z_]+=\S+ )*)scheduled (.*)$`)

	// What differs from machine to machine in the output of run.
	places = regexp.MustCompile(`Python: .*`)
	spans  = regexp.MustCompile(`succeeded in \S+`)
)

// TestDocsPlay plays the pages with calls of the program: it writes the files that a page
// shows below their names, makes its calls one after the other, and compares what they print.
func TestDocsPlay(t *testing.T) {
	elsewhere := []string{"README.md", "docs/moving.md", "docs/serve.md"} // tests of their own play these
	for page, content := range pages(t) {
		if !callBlock.MatchString(content) || slices.Contains(elsewhere, page) {
			continue
		}
		t.Run(filepath.Base(page), func(t *testing.T) {
			path, err := filepath.Abs("../../" + page)
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			for _, file := range fileBlock.FindAllStringSubmatch(content, -1) {
				name, text := file[1], file[2]
				if _, err := os.Stat(name); err == nil {
					continue // the page shows it once more
				}
				if name == "pyproject.toml" {
					text = "[project]\nname = \"acme\"\n" + text
				}
				if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			var server *ghtest.Server
			if page == "docs/operating.md" {
				server = playedGitHub(t)
			}
			got := callBlock.ReplaceAllStringFunc(content, func(block string) string {
				var b bytes.Buffer
				b.WriteString("```console\n")
				for _, line := range callLine.FindAllStringSubmatch(block, -1) {
					fmt.Fprintln(&b, line[0])
					if code := call(server, &b, strings.Fields(line[1]), words(line[2])...); code != 0 {
						t.Errorf("%s: exit %d", line[0], code)
					}
				}
				return spans.ReplaceAllString(places.ReplaceAllString(b.String(), "Python: python3, from PATH"), "succeeded in 40ms") + "```"
			})
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(got, content); diff != "" {
				t.Errorf("the page is stale; update it with `go test ./internal/cli -run DocsPlay -update` (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDocsDoctor checks that doctor says what the page about operating shows.
func TestDocsDoctor(t *testing.T) {
	page := pages(t)["docs/operating.md"]
	server := playedGitHub(t)
	t.Chdir(t.TempDir())
	if err := os.WriteFile("pyproject.toml", []byte("[project]\nname = \"acme\"\n"+fileBlock.FindStringSubmatch(page)[2]), 0o644); err != nil {
		t.Fatal(err)
	}
	var found bytes.Buffer
	call(server, &found, nil, "pause", "report-acme")
	call(server, &found, nil, "doctor")
	example := regexp.MustCompile("(?s)```\n(FAIL.*?)```").FindStringSubmatch(page)[1]
	for _, want := range strings.Split(strings.TrimSpace(example), "\n\n") {
		if !strings.Contains(found.String(), "\n"+want+"\n") {
			t.Errorf("doctor does not say %q:\n%s", want, &found)
		}
	}
}

// call makes one call of the program in the working folder at noon, on that GitHub if there is one, and then ends
// the runs that it started.
func call(server *ghtest.Server, out *bytes.Buffer, environ []string, args ...string) (code int) {
	p := Program{
		Args: args, Stdout: out, Stderr: out,
		Now:     func() time.Time { return noon },
		Environ: append([]string{"PATH=" + os.Getenv("PATH"), "SYSTEMROOT=" + os.Getenv("SYSTEMROOT"), "HOME=."}, environ...),
	}
	if server == nil {
		return p.Main()
	}
	p.Environ = append(p.Environ, "GITHUB_API_URL="+server.URL, "GITHUB_REPOSITORY="+ghtest.Repository, "GITHUB_TOKEN=s3cret")
	code = p.Main()
	for _, d := range server.Dispatches() {
		server.Finish("success", d.Run)
	}
	return code
}

// playedGitHub has the workflows of the page's project, and a week in which one run failed
// and one did not come.
func playedGitHub(t *testing.T) *ghtest.Server {
	server := ghtest.New(t)
	server.SetNow(noon)
	for _, job := range []string{"invoices-acme", "report-acme", "invoices-globex"} {
		w := ghtest.Registered{File: "scheduled-" + job + ".yml", Inputs: []string{"days"}}
		if job == "report-acme" {
			w.Inputs = nil
		}
		server.Register(w)
		for day := 8; day >= 0; day-- {
			at := noon.AddDate(0, 0, -day).Add(-5 * time.Hour)
			run := ghtest.Run{Workflow: w.File, Job: job, Title: job + ": tick", Created: at, Started: at.Add(time.Minute)}
			switch {
			case job == "invoices-acme" && day == 3:
				continue
			case job == "invoices-acme" && day == 5:
				run.Started, run.Conclusion = time.Time{}, "failure"
			}
			server.Add(run)
		}
	}
	looks := map[int64]int{}
	server.SetPlay(func(r *ghtest.Run) {
		if looks[r.ID]++; looks[r.ID] == 1 {
			r.Status = "in_progress"
		} else {
			r.Status, r.Conclusion = "completed", "success"
		}
	})
	return server
}

// words divides a command line as a shell does that has only single quotes.
func words(line string) (words []string) {
	for _, word := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(line, -1) {
		words = append(words, strings.Trim(word, "'"))
	}
	return words
}
