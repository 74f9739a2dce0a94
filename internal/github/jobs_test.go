package github

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// marked is a job with the steps of an execution that succeeded, and these after it.
func marked(name string, more ...jobStep) runJob {
	steps := []jobStep{{Name: "Set up job", Conclusion: "success"}, {schedule.EvidenceStep, "success", at("21 10:40")}}
	return runJob{Name: name, Status: "completed", Conclusion: "success", Attempt: 1, Steps: append(steps, more...)}
}

// decided is a job that decides, with these steps.
func decided(steps ...jobStep) runJob {
	return runJob{Name: checkJob, Status: "completed", Conclusion: "success", Attempt: 1, Steps: append([]jobStep{{Name: checkJob, Conclusion: "success"}}, steps...)}
}

func step(name, conclusion string) jobStep { return jobStep{Name: name, Conclusion: conclusion} }

// describe says what jobs show, in words: "1: 10:40", or "lanes: 10:37 10:40".
func describe(s shown) string {
	words := func(e execution) (w string) {
		w = "-"
		if !e.started.IsZero() {
			w = e.started.Format("15:04")
		}
		if !e.next.IsZero() {
			w += " next " + e.next.Format("2 15:04")
		}
		if e.outcome != "" {
			w += " " + e.outcome
		}
		return w
	}
	text := words(s.one)
	if s.lanes != nil {
		text = "lanes"
	}
	for _, l := range s.lanes {
		text += fmt.Sprintf(", %s: %s", l.slot.Format("2 15:04"), words(l.execution))
	}
	if !s.settled.Before.IsZero() {
		text += "; settled " + s.settled.Before.Format("2 15:04")
	}
	return text
}

func TestShown(t *testing.T) {
	const slot, next = " 2026-11-21T10:37:00Z", "Next run: 2026-11-23T08:00:00Z"
	ok := "success"
	settled := step("Settled before: 2026-11-20T10:37:00Z", ok)
	rows := []struct {
		name string
		id   string
		jobs []runJob
		want string
	}{
		// One job.
		{"the job", "x", []runJob{marked("x")}, "10:40"},
		{"the only one, of another name", "x", []runJob{marked("y")}, "10:40"},
		{"with another", "x", []runJob{marked("x"), marked("y")}, "10:40"},
		{"two of its name", "x", []runJob{marked("x"), marked("x")}, "-"},
		{"none of its name", "x", []runJob{marked("y"), marked("z")}, "-"},
		{"without an id", "", []runJob{marked(`""`), marked("y")}, "10:40"},

		// Marks of it.
		{"next", "x", []runJob{marked("x", step(next, ok))}, "10:40 next 23 08:00"},
		{"next, of a step that was skipped", "x", []runJob{marked("x", step(next, "skipped"))}, "10:40"},
		{"next, twice", "x", []runJob{marked("x", step(next, ok), step("Next run: 2026-11-24T08:00:00Z", ok))}, "10:40"},
		{"next, before", "x", []runJob{marked("x", step("Next run: 2026-11-21T10:00:00Z", ok))}, "10:40"},
		{"next, in years", "x", []runJob{marked("x", step("Next run: 2029-11-21T10:00:00Z", ok))}, "10:40"},
		{"next, no time", "x", []runJob{marked("x", step("Next run: ${{ steps.run.outputs.next }}", ok))}, "10:40"},
		{"next, not delivered", "x", []runJob{marked("x", step(next, ok), step("Deliver: files", "failure"))}, "-"},
		{"next, of another job", "x", []runJob{marked("x"), marked("y", step(next, ok))}, "10:40"},
		{"outcome", "x", []runJob{marked("x", step("Outcome: fine: 5\x1b[31m files\n", ok))}, "10:40 fine: 5 [31m files"},
		{"outcome of a failure", "x", []runJob{{Name: "x", Steps: []jobStep{step(schedule.EvidenceStep, "failure"), step("Outcome: failed: bad", ok), step(next, ok)}}}, "- failed: bad"},
		{"settled, told by the entrypoint", "x", []runJob{marked("x", settled)}, "10:40"},
		{"settled, told by a job of that id", checkJob, []runJob{marked(checkJob, settled)}, "10:40"},

		// Lanes.
		{"skipped", "x", []runJob{decided(settled), {Name: "x ${{ matrix.slot }}", Conclusion: "skipped"}}, "-; settled 20 10:37"},
		{"lane", "x", []runJob{decided(), marked("x" + slot)}, "lanes, 21 10:37: 10:40"},
		{"lane, settled", "x", []runJob{decided(settled), marked("x"+slot, step(next, ok))}, "lanes, 21 10:37: 10:40 next 23 08:00; settled 20 10:37"},
		{"lane, settled by a failed step", "x", []runJob{decided(step(settled.Name, "failure")), marked("x" + slot)}, "lanes, 21 10:37: 10:40"},
		{"lanes", "x", []runJob{decided(), marked("x 2026-11-20T10:37:00Z"), marked("x" + slot)}, "lanes, 20 10:37: 10:40, 21 10:37: 10:40"},
		{"two of one slot", "x", []runJob{decided(), marked("x" + slot), marked("x" + slot)}, "-"},
		{"two of one slot, and another", "x", []runJob{marked("x" + slot), marked("x" + slot), marked("x 2026-11-20T10:37:00Z")}, "lanes, 20 10:37: 10:40"},
		{"of another job", "x", []runJob{decided(), marked("y" + slot)}, "-"},
		{"without an id, lane", "", []runJob{decided(), marked(`""` + slot)}, "lanes, 21 10:37: 10:40"},
		{"an id like a lane", "x" + slot, []runJob{marked("x" + slot)}, "10:40"},
		{"lane of an id like a lane", "x" + slot, []runJob{decided(), marked("x" + slot + " 2026-11-20T10:37:00Z")}, "lanes, 20 10:37: 10:40"},
		{"an id with spaces around", " x ", []runJob{decided(), marked("x  2026-11-21T10:37:00Z")}, "lanes, 21 10:37: 10:40"},
		{"not in UTC", "x", []runJob{decided(), marked("x 2026-11-21T11:37:00+01:00")}, "-"},
		{"no such day", "x", []runJob{decided(), marked("x 2026-11-31T10:37:00Z")}, "-"},
		{"in lower case", "x", []runJob{decided(), marked("x 2026-11-21t10:37:00z")}, "-"},
		{"two that decide", "x", []runJob{decided(settled), decided(settled), marked("x" + slot)}, "lanes, 21 10:37: 10:40"},
		{"settled, told by a lane", checkJob, []runJob{decided(), marked(checkJob+slot, settled)}, "lanes, 21 10:37: 10:40"},
		{"lane to come", "x", []runJob{decided(), marked("x 2026-11-22T10:37:00Z")}, "lanes, 22 10:37: -"},
		{"settled to come", "x", []runJob{decided(step("Settled before: 2026-11-22T10:37:00Z", ok)), marked("x" + slot)}, "lanes, 21 10:37: 10:40"},
	}
	for _, row := range rows {
		jobs := jobList{Total: len(row.jobs), Jobs: row.jobs}
		got := describe(jobs.shows(row.id).sound(at("21 10:39"), noon))
		if got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

// TestLanes reads runs with lanes as a run for each.
func TestLanes(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	early := ghtest.Lane{Slot: at("19 10:37"), Conclusion: "failure", Started: time.Time{}, Outcome: "failed: ValueError: bad"}
	id := fake.Add(ghtest.Run{
		Created: at("21 10:40"), Conclusion: "failure", Attempt: 2, Settled: mark("19 10:37"), Updated: at("21 11:50"),
		Lanes: []ghtest.Lane{early, {Slot: at("20 10:37"), Conclusion: "failure"}, {Slot: at("21 10:37"), Started: at("21 10:50"), Next: at("23 08:00")}},
		Earlier: []ghtest.Run{{
			Created: at("21 10:40"), Conclusion: "failure",
			Lanes: []ghtest.Lane{early, {Slot: at("20 10:37"), Started: at("21 10:42")}},
		}},
	})
	client := newClient(t, fake.URL)
	history, err := client.History(t.Context(), query(daily))
	if err != nil {
		t.Fatal(err)
	}
	type view struct {
		Lane, Failed                          bool
		Slot, Started, Next, Settled, Updated string
		Outcome                               string
	}
	got := map[string]view{}
	stamp := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.Format("2 15:04")
	}
	for _, r := range history.Runs {
		if r.ID != id || r.URL == "" {
			t.Errorf("run %d with address %q", r.ID, r.URL)
		}
		got[stamp(r.Slot)] = view{r.Lane, r.Failed, stamp(r.Slot), stamp(r.Started), stamp(r.Next), stamp(r.Settled.Before), stamp(r.Updated), r.Outcome}
	}
	want := map[string]view{
		"19 10:37": {true, true, "19 10:37", "", "", "19 10:37", "21 11:50", "failed: ValueError: bad"},
		"20 10:37": {true, true, "20 10:37", "21 10:42", "", "19 10:37", "21 11:50", ""},
		"21 10:37": {true, false, "21 10:37", "21 10:50", "23 08:00", "19 10:37", "21 10:51", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAsked has dispatches that ask for a run at a time to come.
func TestAsked(t *testing.T) {
	rows := []struct {
		title, event string
		asked        string
		rescue       bool
	}{
		{"x: window 2026-11-25T08:00:00Z", "workflow_dispatch", "25 08:00", false},
		{"x: window 2026-11-21T10:37:00Z", "workflow_dispatch", "", true},
		{"x: backfill 2026-11-25T08:00:00Z", "workflow_dispatch", "", false},
		{"x: window 2026-11-25T08:00:00Z", "schedule", "", false},
		{"x: window soon", "workflow_dispatch", "", false},
	}
	for _, row := range rows {
		run := workflowRun{ID: 1, Title: row.title, Event: row.event, Created: at("21 10:40")}.run(daily)
		var asked time.Time
		if row.asked != "" {
			asked = at(row.asked)
		}
		if !run.Asked.Equal(asked) || run.Rescue != row.rescue {
			t.Errorf("%s by %s: asked %v, rescue %v", row.title, row.event, run.Asked, run.Rescue)
		}
	}
}

// FuzzShown: what jobs show of a job comes from the one job with its name, or the one of
// its name and a slot; nothing is shown that cannot be.
func FuzzShown(f *testing.F) {
	f.Add("x", "x", "x 2026-11-21T10:37:00Z", "Next run: 2026-11-23T08:00:00Z")
	f.Add("", `""`, `"" 2026-11-21T10:37:00Z`, "Outcome: failed: bad")
	f.Add("x 2026-11-21T10:37:00Z", "x 2026-11-21T10:37:00Z", checkJob, "Settled before: 2026-11-20T10:37:00Z")
	f.Add(checkJob, checkJob, checkJob+" 2026-11-21T10:37:00Z", "Settled before: 2026-11-20T10:37:00Z")
	f.Fuzz(func(t *testing.T, id, first, second, mark string) {
		created := at("21 10:39")
		jobs := jobList{Total: 2, Jobs: []runJob{marked(first, step(mark, "success")), marked(second, step(mark, "success"))}}
		s := jobs.shows(id).sound(created, noon)
		own := id
		if own == "" {
			own = unnamed
		}
		if !s.settled.Before.IsZero() {
			t.Error("jobs that execute say what is settled")
		}
		if !s.one.started.IsZero() && (first == own) == (second == own) {
			t.Errorf("one of %q and %q is job %q", first, second, own)
		}
		for _, l := range s.lanes {
			name := strings.TrimSpace(own)
			text := l.slot.Format(time.RFC3339)
			is := func(job string) bool {
				rest, ok := strings.CutSuffix(job, " "+text)
				return ok && strings.TrimSpace(rest) == name
			}
			if is(first) == is(second) {
				t.Errorf("one of %q and %q is the lane %s of %q", first, second, text, own)
			}
		}
		for _, run := range s.of(schedule.Run{ID: 7, Attempt: 1, Created: created}) {
			if run.Lane == run.Slot.IsZero() || !run.Next.IsZero() && !run.Next.After(run.Started) || run.Outcome != printable(run.Outcome) {
				t.Errorf("%+v", run)
			}
		}
	})
}
