package serve

import (
	"context"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// GitHub starts jobs on GitHub, by dispatches.
type GitHub struct {
	Client *github.Client
	Branch string // the default branch; "" to ask GitHub

	*Server
}

func (g *GitHub) begin(s *Server) { g.Server = s }

func (g *GitHub) wake(time.Time, bool) {}

func (g *GitHub) owed(pyproject.Job, time.Time) ([]schedule.Window, time.Time) {
	return nil, time.Time{}
}

func (g *GitHub) start(pyproject.Job, schedule.Window, time.Time) bool { return false }

func (g *GitHub) drain(context.Context) bool { return true }
