package serve

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/rescue"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestThousand has a thousand jobs due in the same second. They are dispatched at once as far
// as the limits allow, and the others as soon as they do.
func TestThousand(t *testing.T) {
	onHub(t, atOnceJobs(t, 1000), func(h *hub) {
		for _, job := range h.jobs { // they owe nothing from before
			h.Register(ghtest.Registered{File: job.File(), Created: h.begun})
		}
		time.Sleep(28 * time.Minute)
		dispatches := h.serve(12 * time.Minute)
		if len(dispatches) != perHour || len(windows(dispatches)) != perHour {
			t.Errorf("%d dispatches of %d windows", len(dispatches), len(windows(dispatches)))
		}
		slices.Sort(h.late)
		if p50, p99 := h.late[perMinute/2], h.late[perMinute*99/100]; p50 > 2*time.Second || p99 > 5*time.Second {
			t.Errorf("of those that the limits allow, half were accepted within %v, and 99 %% within %v", p50, p99)
		}
		for i := range h.late {
			if after := i + perMinute; after < len(h.late) && h.late[after]-h.late[i] < time.Minute {
				t.Fatalf("%d dispatches between %v and %v", perMinute+1, h.late[i], h.late[after])
			}
		}
		if last := h.late[len(h.late)-1]; last > 6*time.Minute {
			t.Errorf("the last one was accepted after %v", last)
		}
		if n := h.said("jobs wait: "); n != 1 {
			t.Errorf("%d remarks about the limits:\n%s", n, h.log.String())
		}
	})
}

// TestSkew has GitHub's clock ahead or behind: a run is created in the window that it is for.
func TestSkew(t *testing.T) {
	for _, ahead := range []time.Duration{0, 400 * time.Millisecond, -400 * time.Millisecond, 2 * time.Second, -2 * time.Second, -40 * time.Second, 3 * time.Hour, -3 * time.Hour} {
		onHub(t, jobsOf(3, schedule.Hour), func(h *hub) {
			const d = 2 * time.Hour
			h.SetSkew(ahead)
			h.SetArrange(func(runs []ghtest.Run) []ghtest.Run {
				for _, r := range runs {
					var slot time.Time
					if at := len(r.Title) - len("2006-01-02T15:04:05Z"); at > 0 {
						slot, _ = time.Parse(time.RFC3339, r.Title[at:])
					}
					if r.Created.Before(slot) {
						t.Errorf("clock ahead by %v: %s was created at %v", ahead, r.Title, r.Created)
					}
				}
				return runs
			})
			dispatches := h.serve(d)
			h.begun = h.begun.Add(ahead)
			h.expect(fmt.Sprintf("ahead by %v", ahead), windows(dispatches), h.owed(d))
			for i, late := range h.late {
				if i >= len(h.jobs) && late > 2*time.Second {
					t.Errorf("ahead by %v: late by %v", ahead, late)
				}
			}
			if said := h.said("this machine's clock is not GitHub's"); said != 0 != (ahead.Abs() > maxOffset) || said > 1 {
				t.Errorf("ahead by %v: %d remarks", ahead, said)
			}
		})
	}
}

// TestJumps has the machine sleep for some hours, and sets its clock. What it has slept
// through is caught up once, one job a second.
func TestJumps(t *testing.T) {
	for _, row := range []struct {
		name          string
		asleep, clock time.Duration
	}{
		{"suspend", 5 * time.Hour, 5 * time.Hour},
		{"clock set forward", 0, 5 * time.Hour},
		{"clock set back", 0, -5 * time.Hour},
	} {
		onHub(t, jobsOf(5, schedule.Hour), func(h *hub) {
			const d = 3 * time.Hour
			h.after(90*time.Minute+time.Second, func() {
				h.SetSkew(row.asleep)
				h.step.Store(int64(row.clock))
			})
			got, want := windows(h.serve(d)), h.owed(90*time.Minute)
			h.begun = h.begun.Add(90*time.Minute + row.asleep)
			for window := range h.owed(d - 90*time.Minute) {
				want[window] = 1
			}
			h.expect(row.name, got, want)
		})
	}
}

// TestDisabled disables a workflow, before the loop begins or before a slot, and enables it
// later. It is not dispatched meanwhile, that is said once, and then it is started soon.
func TestDisabled(t *testing.T) {
	for _, row := range []struct {
		disabled, enabled time.Duration
		within            time.Duration // it is started
		refused           int           // dispatches
	}{
		{0, 20 * time.Minute, sweepEvery, 0},
		{0, time.Minute, 50 * time.Second, 0},
		{6 * time.Minute, 30*time.Minute + 40*time.Second, time.Minute, 1},
		{6 * time.Minute, 46 * time.Minute, sweepEvery, 1},
	} {
		onHub(t, atOnceJobs(t, 1), func(h *hub) {
			set := func(state string) {
				h.Register(ghtest.Registered{File: h.jobs[0].File(), State: state, Created: h.begun.Add(-time.Hour)})
			}
			h.after(row.disabled, func() { set("disabled_manually") })
			h.after(row.enabled, func() { set("active") })
			time.Sleep(time.Nanosecond)
			h.serve(59 * time.Minute)
			started := slices.IndexFunc(h.accepted, func(at time.Duration) bool { return at >= row.enabled })
			if started < 0 || h.accepted[started] > row.enabled+row.within || len(h.accepted) != 2 {
				t.Errorf("%+v: started after %v", row, h.accepted)
			}
			if refused := h.posts() - len(h.accepted); refused != row.refused || h.said("is disabled") != 2 {
				t.Errorf("%+v: %d dispatches were refused\n%s", row, refused, h.log.String())
			}
		})
	}
}

// TestReserve has GitHub grant few requests. Those that the runs of jobs need are left, and
// once there are more again, the others are dispatched.
func TestReserve(t *testing.T) {
	onHub(t, jobsOf(40, schedule.Day), func(h *hub) {
		h.SetLimit(rescue.Reserve + 20)
		h.after(30*time.Minute, func() { h.SetLimit(0) })
		dispatches := h.serve(25 * time.Minute)
		if n := len(dispatches); n == 0 || n > 20 || h.said("jobs wait: GitHub's rate limit has 99 requests left") != 1 {
			t.Errorf("%d dispatches\n%s", n, h.log.String())
		}
		dispatches = append(dispatches, h.serve(90*time.Minute)...)
		h.expect("reserve", windows(dispatches), h.owed(115*time.Minute))
	})
}

// TestSlotInLook has the first look at GitHub take a while, in which the first slots of some
// jobs come: what it finds is of before them, and they are started.
func TestSlotInLook(t *testing.T) {
	onHub(t, jobsOf(16, schedule.Day), func(h *hub) {
		h.begun = h.begun.Add(26 * time.Hour)
		time.Sleep(time.Until(h.begun))
		for i, job := range h.jobs {
			if i%2 == 0 {
				at := job.Schedule.Window(h.begun).Start
				h.Add(ghtest.Run{Workflow: job.File(), Created: at, Started: at})
				continue
			}
			s, flaws := schedule.Parse(schedule.Spec{RunAt: []schedule.Moment{{Time: h.begun.Add(time.Duration(i) * time.Second)}}})
			if len(flaws) > 0 {
				t.Fatal(flaws)
			}
			h.jobs[i].Schedule = s
		}
		for n := range 15 {
			h.On(n+4, func() { time.Sleep(2 * time.Second) })
		}
		dispatches := h.serve(time.Minute)
		if len(dispatches) != len(h.jobs)/2 || len(windows(dispatches)) != len(dispatches) || slices.Max(h.late) > 3*time.Second {
			t.Errorf("%d dispatches, late by %v\n%s", len(dispatches), h.late, h.log.String())
		}
	})
}
