//go:build unix

package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// varies is what differs from call to call in the output of serve.
var varies = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|(\d+(\.\d+)?(h|ms|m|s))+|127\.0\.0\.1:\d+`)

// TestDocsServe starts serve as docs/serve.md does, and compares what it says with that page.
func TestDocsServe(t *testing.T) {
	page, err := os.ReadFile("../../docs/serve.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```toml\n")
	project, rest, _ := strings.Cut(rest, "```")
	_, rest, _ = strings.Cut(rest, "```console\n$ scheduled serve --local --listen 127.0.0.1:0\n")
	want, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("docs/serve.md shows no call")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pyproject.toml"), []byte(project), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, dir, "--listen", "127.0.0.1:0")
	s.says(t, "succeeded", 1)
	if code := s.end(t, syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
	same := func(text string) string { return varies.ReplaceAllString(text, "…") }
	if diff := cmp.Diff(same(want), same(s.said())); diff != "" {
		t.Errorf("docs/serve.md (-want +got):\n%s", diff)
	}
}
