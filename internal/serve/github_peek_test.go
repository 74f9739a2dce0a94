package serve

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestAskedSlot has somebody ask for a later slot, as `trigger --in 3m` does: it is dispatched
// in its second, although its window was confirmed.
func TestAskedSlot(t *testing.T) {
	onHub(t, jobsOf(1, schedule.Day), func(h *hub) {
		asked := h.begun.Add(13 * time.Minute)
		h.after(10*time.Minute, func() {
			h.Add(ghtest.Run{Workflow: h.jobs[0].File(), Job: "job-0", Event: "workflow_dispatch", Created: time.Now(), Title: "job-0: " + schedule.RescueMark + asked.UTC().Format(time.RFC3339)})
		})
		counts := windows(h.serve(20 * time.Minute))
		if key := h.jobs[0].File() + " " + asked.UTC().Format(time.RFC3339); counts[key] != 1 || len(counts) != 2 {
			t.Errorf("dispatched %v, want %s once\n%s", counts, key, h.log.String())
		}
		if last := h.accepted[len(h.accepted)-1]; last < 13*time.Minute || last > 13*time.Minute+2*time.Second {
			t.Errorf("accepted after %v", last)
		}
	})
}

// TestEndOfNeeded has a run end that another job waits for, between two sweeps: a sweep comes
// within the time between two looks.
func TestEndOfNeeded(t *testing.T) {
	for _, needed := range []bool{true, false} {
		jobs := jobsOf(2, schedule.Day)
		if needed {
			jobs[1].Options.Needs = []string{jobs[0].ID}
		}
		onHub(t, jobs, func(h *hub) {
			sweeps := func() (n int) { // since the last call
				for _, r := range h.Requests() {
					if strings.HasSuffix(r.Path, "/actions/workflows") {
						n++
					}
				}
				return n
			}
			var after atomic.Int64
			h.after(10*time.Minute+30*time.Second, func() {
				h.Add(ghtest.Run{ID: 77, Workflow: h.jobs[0].File(), Job: "job-0", Status: "in_progress", Created: time.Now()})
			})
			h.after(12*time.Minute, func() { sweeps(); h.Finish("success", 77) })
			h.after(12*time.Minute+peekEvery+2*time.Second, func() { after.Store(int64(sweeps())) })
			h.serve(14 * time.Minute)
			if got := after.Load() > 0; got != needed {
				t.Errorf("needed %v: %d sweeps within a minute", needed, after.Load())
			}
		})
	}
}
