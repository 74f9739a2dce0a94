package serve

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/report"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestPastOnGitHub looks at the page of jobs on GitHub: their history is read once somebody
// looks, beside the dispatches, and not again within minutes.
func TestPastOnGitHub(t *testing.T) {
	onHub(t, jobsOf(2, schedule.Hour), func(h *hub) {
		type look struct {
			remark, states string
		}
		var mu sync.Mutex
		looked := map[time.Duration]look{}
		at := func(d time.Duration) {
			h.after(d, func() {
				page := &report.Report{Loop: &report.Loop{}}
				var l look
				for _, job := range h.on.history(page) {
					for _, w := range job.Windows[:2] {
						l.states += string(w.State) + " "
					}
				}
				l.remark = page.Loop.Remark
				mu.Lock()
				defer mu.Unlock()
				looked[d] = l
			})
		}
		const minute = time.Minute
		for _, d := range []time.Duration{119 * minute, 120 * minute, 121 * minute, 130 * minute, 131 * minute, 145 * minute, 149 * minute} {
			at(d)
		}
		h.after(140*minute, func() { h.Break(ghtest.Fault{Status: 502}) })
		h.serve(150 * minute)
		mu.Lock()
		defer mu.Unlock()
		for _, want := range []struct {
			at     time.Duration
			remark string
		}{
			{119 * minute, ". The history on GitHub is not read yet"},
			{120 * minute, ". GitHub was read 1m ago"},
			{121 * minute, ". GitHub was read 2m ago"},
			{130 * minute, ". GitHub was read 6m ago"}, // when five minutes were over, for somebody might still look
			{131 * minute, ". GitHub was read 1m ago"},
			{149 * minute, "; it cannot be read now: "},
		} {
			got := looked[want.at]
			if !strings.Contains(got.remark, want.remark) || want.at > 119*minute && strings.Count(got.states, "confirmed") < 2 {
				t.Errorf("after %v: %q, %s; want %q", want.at, got.remark, got.states, want.remark)
			}
		}
	})
}
