package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

// TestStatusEndsInVain has 100 jobs, and a GitHub that answers nothing about their
// runs: status asks about few of them.
func TestStatusEndsInVain(t *testing.T) {
	var toml strings.Builder
	for i := range 100 {
		fmt.Fprintf(&toml, "[tool.scheduled.job-%d]\nevery = \"day\"\nentrypoint = \"app:run\"\n", i)
	}
	file := filepath.Join(t.TempDir(), "pyproject.toml")
	if err := os.WriteFile(file, []byte(toml.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	const atOnce, tries = 8, 4
	rows := []struct {
		status, skip int
		requests     int // at most
		unread       int // at least
		message      string
	}{
		{500, 0, 2 + (2*atOnce+1)*tries, 0, "read run list of octo/app: 500 "},
		{403, 0, 2 + 2*atOnce, 0, "read run list of octo/app: 403 "},
		{500, 50, 2 + 50 + (4*atOnce+1)*tries, 30, "unknown here: job-"},
		{403, 50, 2 + 50 + 4*atOnce, 30, "unknown here: job-"},
	}
	for _, row := range rows {
		fake := ghtest.New(t)
		fake.SetNow(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
		fault := ghtest.Fault{Path: "/runs", Skip: row.skip, Status: row.status}
		if row.status == 500 { // a 403 that has it is about a rate limit
			fault.Header = map[string]string{"Retry-After": "0"}
		}
		fake.Break(fault)
		var out, talk bytes.Buffer
		p := &Program{Stdout: &out, Stderr: &talk, Now: time.Now, project: file, Environ: []string{
			"GITHUB_REPOSITORY=" + ghtest.Repository, "GITHUB_API_URL=" + fake.URL, "GITHUB_TOKEN=s3cret-t0ken",
		}}
		err := p.status("", false)
		unread := strings.Count(out.String(), " unknown  unknown ")
		if requests := len(fake.Requests()); requests > row.requests || unread < row.unread || err == nil || !strings.HasPrefix(err.Error(), row.message) {
			t.Errorf("%d from %d on: %d requests, %d jobs unread, error %v", row.status, row.skip, requests, unread, err)
		}
	}
}
