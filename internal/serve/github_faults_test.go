package serve

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// faults are what can happen to a request.
var faults = map[string]ghtest.Fault{
	"500":                       {Status: 500},
	"502":                       {Status: 502},
	"502 and done":              {Status: 502, Late: true},
	"429":                       {Status: 429},
	"429 that says when":        {Status: 429, Header: map[string]string{"Retry-After": "40"}},
	"429 and done":              {Status: 429, Late: true},
	"no answer":                 {Hang: true},
	"no answer and done":        {Hang: true, Late: true},
	"connection reset":          {Drop: true},
	"connection reset and done": {Drop: true, Late: true},
	"half an answer":            {Cut: true},
	"a page of a proxy":         {Status: 200, Body: "<html>", Late: true},
	"401":                       {Status: 401, Body: `{"message":"Bad credentials"}`},
	"403":                       {Status: 403, Body: `{"message":"Resource not accessible by personal access token"}`},
	"404":                       {Status: 404, Body: `{"message":"Not Found"}`},
	"422":                       {Status: 422, Body: `{"message":"Workflow does not have 'workflow_dispatch' trigger"}`},
	"disabled":                  {Status: 422, Body: `{"message":"Cannot trigger a 'workflow_dispatch' on a disabled workflow"}`},
}

// TestFaults has faults strike each request of an hour, each fault some of them. Each window
// is dispatched once, whatever happens to one request: none is lost, and none is doubled.
func TestFaults(t *testing.T) {
	const d = time.Hour
	names := slices.Sorted(maps.Keys(faults))
	for n := 1; n <= 30; n++ {
		for i, name := range names {
			if (n+i)%5 != 0 {
				continue
			}
			onHub(t, jobsOf(2, schedule.Hour), func(h *hub) {
				fault := faults[name]
				fault.Number = n
				h.Break(fault)
				h.expect(fmt.Sprintf("%s at request %d", name, n), windows(h.serve(d)), h.owed(d))
				if most := 110; len(h.Requests()) > most {
					t.Errorf("%s at request %d: more than %d requests", name, n, most)
				}
			})
		}
	}
}

// TestTrouble has GitHub in trouble for twenty minutes: with dispatches, or with everything.
// It is not hammered, it is said once, and then each window is dispatched once.
func TestTrouble(t *testing.T) {
	const d = 45 * time.Minute
	for _, path := range []string{"/dispatches", ""} {
		for _, name := range slices.Sorted(maps.Keys(faults)) {
			fault := faults[name]
			fault.Path = path
			onHub(t, jobsOf(6, schedule.Hour), func(h *hub) {
				h.after(2*time.Minute, func() { h.Break(fault) })
				h.after(22*time.Minute, h.Mend)
				dispatches := h.serve(d)
				h.expect(name+" "+path, windows(dispatches), h.owed(d))
				if n := h.posts(); n > 12+7*3 {
					t.Errorf("%s %s: %d dispatches were sent\n%s", name, path, n, h.log.String())
				}
				if n := h.said("level=WARN") + h.said("level=ERROR"); n > 9 {
					t.Errorf("%s %s: %d remarks\n%s", name, path, n, h.log.String())
				}
			})
		}
	}
}

// TestForgets has GitHub list no run in its first minute, and a loop that is killed and begun
// again all the time: what it has dispatched, it knows by its ledger.
func TestForgets(t *testing.T) {
	onHub(t, jobsOf(3, schedule.Hour), func(h *hub) {
		h.SetArrange(func(runs []ghtest.Run) []ghtest.Run {
			return slices.DeleteFunc(runs, func(r ghtest.Run) bool { return time.Since(r.Created) < time.Minute })
		})
		var all []ghtest.Dispatch
		for range 240 {
			all = append(all, h.serve(15*time.Second)...)
		}
		h.expect("forgetful", windows(all), h.owed(time.Hour))
	})
}

// TestKilled kills the loop all the time, and tears the end off its ledger or removes it: then
// GitHub knows what was dispatched.
func TestKilled(t *testing.T) {
	onHub(t, jobsOf(3, schedule.Hour), func(h *hub) {
		var all []ghtest.Dispatch
		for i := range 150 {
			all = append(all, h.serve(24*time.Second)...)
			logs, _ := filepath.Glob(filepath.Join(filepath.Dir(h.file), ".scheduled", "*", "dispatches.log"))
			for _, log := range logs {
				content, err := os.ReadFile(log)
				if err == nil {
					err = os.WriteFile(log, content[:len(content)*(i%5)/5], 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		h.expect("killed", windows(all), h.owed(time.Hour))
	})
}

// TestAnswerLost ends the loop while a dispatch has no answer yet, which was served: the next
// loop finds its run, though GitHub lists it late.
func TestAnswerLost(t *testing.T) {
	onHub(t, jobsOf(1, schedule.Hour), func(h *hub) {
		h.SetArrange(func(runs []ghtest.Run) []ghtest.Run {
			return slices.DeleteFunc(runs, func(r ghtest.Run) bool { return time.Since(r.Created) < 9*time.Second })
		})
		h.Break(ghtest.Fault{Path: "/dispatches", Once: true, Hang: true, Late: true})
		all := h.serve(2 * time.Second)
		all = append(all, h.serve(10*time.Minute)...)
		h.expect("lost", windows(all), h.owed(10*time.Minute))
	})
}

// TestOutage has GitHub answer nothing for ten minutes, in which five jobs come due, or in
// which the loop begins. It is asked seldom, it is said once and shown, and then the jobs are
// started one a second, the oldest window first.
func TestOutage(t *testing.T) {
	for _, cold := range []bool{false, true} {
		jobs := jobsOf(5, schedule.Hour)
		for i := range jobs {
			s, flaws := schedule.Parse(schedule.Spec{Cron: []string{fmt.Sprintf("%d * * * *", 34-i)}})
			if len(flaws) > 0 {
				t.Fatal(flaws)
			}
			jobs[i].Schedule = s
		}
		onHub(t, jobs, func(h *hub) {
			for _, job := range jobs { // they owe nothing from before
				h.Register(ghtest.Registered{File: job.File(), Created: h.begun})
			}
			var asked int
			var trouble []string
			h.after(29*time.Minute+30*time.Second, func() { h.Break(ghtest.Fault{Status: 502}); asked = len(h.Requests()) })
			h.after(39*time.Minute, func() { trouble = h.on.unable() })
			h.after(39*time.Minute+30*time.Second, func() { h.Mend(); asked = len(h.Requests()) - asked })
			if cold {
				time.Sleep(29*time.Minute + 40*time.Second)
			} else {
				time.Sleep(20 * time.Minute)
			}
			dispatches := h.serve(59*time.Minute - time.Since(h.begun))
			if most := 35; asked > most {
				t.Errorf("cold %v: %d requests in the outage", cold, asked)
			}
			if len(trouble) == 0 || len(h.on.unable()) > 0 {
				t.Errorf("cold %v: shown in the outage: %q, and after it: %q", cold, trouble, h.on.unable())
			}
			if said, over := h.said("GitHub cannot be read"), h.said("no longer: GitHub cannot be read"); said != 2 || over != 1 || h.said("level=") > 30 {
				t.Errorf("cold %v: said %d times, over %d times\n%s", cold, said, over, h.log.String())
			}
			for i, d := range dispatches {
				if d.File != jobs[len(jobs)-1-i].File() {
					t.Errorf("cold %v: dispatch %d is of %s", cold, i, d.File)
				}
			}
			slices.Sort(h.accepted)
			for i := range len(h.accepted) - 1 {
				if h.accepted[i+1]-h.accepted[i] < pace {
					t.Errorf("cold %v: accepted after %v", cold, h.accepted)
				}
			}
			if len(h.accepted) != len(jobs) || h.accepted[0] > 39*time.Minute+30*time.Second+slowPause {
				t.Errorf("cold %v: accepted after %v\n%s", cold, h.accepted, h.log.String())
			}
		})
	}
}

// TestOneDenied has GitHub deny the dispatch of one job. That is said of this job, and the
// others start on time.
func TestOneDenied(t *testing.T) {
	onHub(t, jobsOf(4, schedule.Hour), func(h *hub) {
		fault := faults["403"]
		fault.Path = h.jobs[1].File() + "/dispatches"
		h.Break(fault)
		const d = 3 * time.Hour
		want := h.owed(d)
		for window := range want {
			if strings.HasPrefix(window, h.jobs[1].File()) {
				delete(want, window)
			}
		}
		h.expect("denied", windows(h.serve(d)), want)
		for i, late := range h.late {
			if i >= len(h.jobs) && late > time.Second {
				t.Errorf("dispatch %d was late by %v", i, late)
			}
		}
		if h.said("could not be dispatched") != 1 || h.said("GitHub accepts no dispatches") > 0 {
			t.Error(h.log.String())
		}
	})
}
