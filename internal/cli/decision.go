package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/actions"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// decided is a decision in the output of `check --json` and `run --json`.
type decided struct {
	Job      string          `json:"job"`
	Run      bool            `json:"run"`
	Reason   schedule.Reason `json:"reason"`
	Window   decidedWindow   `json:"window"`
	Missed   int             `json:"missed"`
	Evidence *evidence       `json:"evidence"`
	Now      time.Time       `json:"now"`
}

type decidedWindow struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

type evidence struct {
	RunID     int64     `json:"run_id"`
	URL       string    `json:"url"`
	StartedAt time.Time `json:"started_at"`
}

func newDecided(job string, d schedule.Decision) decided {
	out := decided{
		Job:    job,
		Run:    d.Run,
		Reason: d.Reason,
		Window: decidedWindow{d.Window.Start, d.Window.End},
		Missed: d.Missed,
		Now:    d.Now.Truncate(time.Second),
	}
	if d.Evidence != nil {
		out.Evidence = &evidence{d.Evidence.ID, d.Evidence.URL, d.Evidence.Started}
	}
	return out
}

// words says a decision in one line.
func words(d schedule.Decision) string {
	window := fmt.Sprintf("window %s to %s", clock(d.Window.Start), clock(d.Window.End))
	switch d.Reason {
	case schedule.Confirmed:
		run := fmt.Sprintf("run %d", d.Evidence.ID)
		if d.Evidence.URL != "" {
			run = d.Evidence.URL
		}
		return fmt.Sprintf("%s is confirmed by %s, started %s: skipping", window, run, clock(d.Evidence.Started))
	case schedule.Forced:
		return window + " is forced, started by hand: running"
	case schedule.Rerun:
		return window + " is run again, by a re-run: running"
	case schedule.HistoryUnknown:
		return window + " is unknown, its history cannot be read: running"
	}
	parts := []string{window + " is unconfirmed"}
	if d.Last.IsZero() {
		parts = append(parts, "no earlier success is known")
	} else {
		parts = append(parts, "last success "+clock(d.Last))
	}
	if d.Missed > 0 {
		parts = append(parts, missed(d.Missed))
	}
	return strings.Join(parts, "; ") + ": running"
}

func missed(n int) string {
	if n == schedule.MaxMissed {
		return fmt.Sprintf("%d windows or more missed", n)
	}
	return count(n, "window") + " missed"
}

// tell hands a decision to the later steps and to the summary of the run.
func tell(runner *actions.Runner, job string, d schedule.Decision) {
	runner.Output("run", strconv.FormatBool(d.Run))
	runner.Output("reason", string(d.Reason))
	runner.Output("window-start", d.Window.Start.Format(time.RFC3339))
	runner.Output("window-end", d.Window.End.Format(time.RFC3339))
	runner.Output("scheduled-for", d.Window.Start.Format(time.RFC3339))
	runner.Output("missed", strconv.Itoa(d.Missed))
	runner.Output("key", d.Window.Key(job))
	runner.Summary(fmt.Sprintf("**%s**: %s\n", markdown(job), markdown(words(d))))
}

// markdown escapes text so that it reads in Markdown as it is.
func markdown(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_{}[]<>()#+!|&~$@", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
