package serve

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestActOnGitHub triggers a job on GitHub, pauses it and resumes it.
func TestActOnGitHub(t *testing.T) {
	onHub(t, jobsOf(1, schedule.Day), func(h *hub) {
		client, err := github.New(github.Config{APIURL: h.URL, Repository: ghtest.Repository, Token: "s3cret-t0ken"})
		if err != nil {
			h.t.Fatal(err)
		}
		s := &Server{
			Clock: Wall{}, Log: slog.New(slog.DiscardHandler), File: h.file,
			Local: &Local{Workers: 1, Output: NewLines(io.Discard)}, GitHub: &GitHub{Client: client}, Web: &Web{},
		}
		s.begin()
		defer s.GitHub.drain(context.Background())
		s.swap(&Project{Jobs: h.jobs})
		request{"POST", "/jobs/job-0/trigger", "Accept: application/json", 200, "/actions/runs/"}.do(h.t, s.Web)
		if d := h.Dispatches(); len(d) != 1 || d[0].Ref != "main" || d[0].Inputs["force"] != "true" {
			h.t.Errorf("dispatches: %+v", d)
		}
		for _, want := range []struct{ verb, state string }{{"pause", "disabled_manually"}, {"resume", "active"}} {
			request{"POST", "/jobs/job-0/" + want.verb, "", 303, ""}.do(h.t, s.Web)
			workflows, err := client.Workflows(h.t.Context())
			if err != nil || workflows[h.jobs[0].File()].State != want.state {
				h.t.Errorf("after %s: %v, %v", want.verb, workflows, err)
			}
		}
	})
}
