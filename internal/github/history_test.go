package github

import (
	"cmp"
	"errors"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// daily is due at 10:37; in most tests the window is 21 10:37 to 22 10:37.
var daily = schedule.New(schedule.Day, "demo-175", "clean-files")

var noon = at("21 12:00")

// at returns that day and time in November 2026: "21 10:40".
func at(dayAndTime string) time.Time {
	t, err := time.Parse("2006-01 2 15:04", "2026-11 "+dayAndTime)
	if err != nil {
		panic(err)
	}
	return t
}

// executed is a run that started the entrypoint as soon as it was created,
// skipped one that only checked, failed one that failed, and running one that
// has not ended.
func executed(created string) ghtest.Run {
	return ghtest.Run{Created: at(created), Started: at(created)}
}

func skipped(created string) ghtest.Run { return ghtest.Run{Created: at(created)} }

func failed(created string) ghtest.Run {
	return ghtest.Run{Created: at(created), Conclusion: "failure"}
}

func running(created string) ghtest.Run {
	return ghtest.Run{Created: at(created), Status: "in_progress"}
}

// many returns n runs like the one given, ten seconds apart.
func many(n int, like ghtest.Run) (runs []ghtest.Run) {
	for range n {
		runs = append(runs, like)
		like.Created = like.Created.Add(10 * time.Second)
	}
	return runs
}

func daysAgo(n int, r ghtest.Run) ghtest.Run {
	r.Created = r.Created.AddDate(0, 0, -n)
	return r
}

// odd is a run that would confirm the window if not for these fields.
func odd(fields map[string]any) ghtest.Run {
	return ghtest.Run{Created: at("21 10:40"), Started: at("21 10:40"), Patch: fields}
}

// dispatched is a run that somebody dispatched, with that title, and that
// executed the entrypoint.
func dispatched(title, created string) ghtest.Run {
	return ghtest.Run{Event: "workflow_dispatch", Title: title, Created: at(created), Started: at(created)}
}

func steps(steps ...ghtest.Step) ghtest.Run {
	return ghtest.Run{Created: at("21 10:40"), Steps: steps}
}

// done is the step of an execution that succeeded.
var done = ghtest.Step{Name: schedule.EvidenceStep, Conclusion: "success", Started: at("21 10:40")}

func all(runs ...any) (flat []ghtest.Run) {
	for _, r := range runs {
		switch r := r.(type) {
		case ghtest.Run:
			flat = append(flat, r)
		case []ghtest.Run:
			flat = append(flat, r...)
		}
	}
	return flat
}

func newClient(t testing.TB, apiURL string) *Client {
	t.Helper()
	client, err := New(Config{APIURL: apiURL, Repository: ghtest.Repository, Token: "secret-token"})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func query(s schedule.Schedule) Query {
	return Query{Workflow: ghtest.Workflow, Job: "clean-files", DefaultBranch: "main", Schedule: s}
}

// decide reads the history and decides on it, as the program does.
func decide(t testing.TB, client *Client, q Query) (schedule.Decision, error) {
	t.Helper()
	history, err := client.History(t.Context(), q)
	tick := q.Tick
	tick.Now, tick.Runs, tick.Known = history.Now, history.Runs, history.Known
	if failure, ok := errors.AsType[*Failure](err); ok {
		tick.Now, tick.Unknown = cmp.Or(failure.Now, time.Now()), true
	} else if err != nil {
		t.Fatalf("history: %v", err)
	}
	return schedule.Decide(q.Schedule, tick), err
}

func TestHistory(t *testing.T) {
	run, skip := schedule.Unconfirmed, schedule.Confirmed
	rows := []struct {
		name     string
		runs     []ghtest.Run
		want     schedule.Reason
		missed   int
		requests int
	}{
		// One window.
		{"no runs", nil, run, 0, 1},
		{"only the run that asks", all(running("21 11:59")), run, 0, 1},
		{"executed", all(executed("21 10:40")), skip, 0, 2},
		{"executed, and the run that asks", all(running("21 11:59"), executed("21 10:40")), skip, 0, 2},
		{"executed on the slot", all(executed("21 10:37")), skip, 0, 2},
		{"executed a minute early", all(executed("21 10:36")), run, 0, 2}, // it ended inside: asked
		{"executed yesterday", all(executed("20 10:40")), run, 0, 2},
		{"executed and skipped", all(skipped("21 11:40"), executed("21 10:40")), skip, 0, 2},
		{"failed, executed and skipped", all(skipped("21 11:40"), executed("21 11:00"), failed("21 10:40")), skip, 0, 2},
		{"executed, failed when run again by hand", all(failed("21 11:40"), executed("21 11:00")), skip, 0, 2},
		{"skipped on stale evidence, then executed", all(executed("21 11:40"), skipped("21 10:40")), skip, 0, 3},
		{"only skipped", all(skipped("21 10:40"), skipped("21 11:40")), run, 0, 3},
		{"failed", all(failed("21 10:40")), run, 0, 2},
		{"executed, then cancelled", all(ghtest.Run{Created: at("21 10:40"), Started: at("21 10:40"), Conclusion: "cancelled"}), skip, 0, 2},
		{"executed, then timed out", all(ghtest.Run{Created: at("21 10:40"), Started: at("21 10:40"), Conclusion: "timed_out"}), skip, 0, 2},
		{"executed, then failed", all(ghtest.Run{Created: at("21 10:40"), Started: at("21 10:40"), Conclusion: "failure"}), skip, 0, 2},
		{"cancelled before it executed", all(ghtest.Run{Created: at("21 10:40"), Conclusion: "cancelled"}), run, 0, 2},
		{"skipped, after one that executed and then failed", all(skipped("21 11:40"), ghtest.Run{Created: at("21 10:40"), Started: at("21 10:40"), Conclusion: "failure"}), skip, 0, 3},
		{"failed, after one that executed and then failed", all(failed("21 11:40"), ghtest.Run{Created: at("21 10:40"), Started: at("21 10:40"), Conclusion: "failure"}), skip, 0, 3},
		{"failed more often than is asked", all(ghtest.Run{Created: at("21 10:38"), Started: at("21 10:38"), Conclusion: "failure"}, many(10, failed("21 11:40"))), run, 0, 11},
		{"still running the entrypoint", all(ghtest.Run{Created: at("21 10:40"), Started: at("21 10:40"), Status: "in_progress"}), run, 0, 1},
		{"dispatched", all(dispatched("", "21 10:40")), skip, 0, 2},

		// Older windows.
		{"missed two", all(executed("18 11:00")), run, 2, 2},
		{"missed two, by failing", all(failed("20 11:00"), failed("19 11:00"), executed("18 11:00")), run, 2, 4},
		{"missed from the first run on", all(failed("20 11:00"), failed("19 11:00")), run, 2, 3},
		{"green, but nothing executed", all(skipped("20 11:00"), skipped("19 11:00"), executed("18 11:00")), run, 2, 4},
		{"missed one, and some skipped", all(skipped("19 12:00"), executed("19 11:00"), skipped("19 11:30")), run, 1, 2},
		{"yesterday's failed after it executed", all(ghtest.Run{Created: at("20 11:00"), Started: at("20 11:00"), Conclusion: "failure"}, executed("18 11:00")), run, 0, 2},
		{"yesterday's executed astride", all(ghtest.Run{Created: at("20 10:30"), Started: at("20 10:40"), Updated: at("20 11:00")}), run, 0, 2},
		{"green beyond what is asked", all(many(6, skipped("20 11:00")), executed("18 11:00")), run, 0, 8}, // and one of each window, for the newest execution
		{"green beyond what is asked, in windows", all(skipped("20 11:00"), many(5, skipped("19 11:00")), executed("18 11:00")), run, 1, 8},
		{"failed in many windows", all(failed("20 11:00"), failed("19 11:00"), failed("18 11:00"), failed("17 11:00"), failed("16 11:00"), failed("15 11:00"), executed("14 11:00")), run, 6, 4},

		// Astride the slot.
		{"created before, started inside", all(ghtest.Run{Created: at("21 10:30"), Started: at("21 10:40")}), skip, 0, 2},
		{"created before, started inside, skipped since", all(skipped("21 11:40"), ghtest.Run{Created: at("21 10:30"), Started: at("21 10:40")}), skip, 0, 3},
		{"created and started before, ended inside", all(ghtest.Run{Created: at("21 10:30"), Started: at("21 10:36"), Updated: at("21 11:30")}), run, 0, 2},

		// Dispatched for a window.
		{"backfill of an older window", all(dispatched("clean-files: backfill 2026-11-05T10:37:00Z", "21 10:40")), run, 0, 1},
		{"backfill of an older window, after the execution", all(dispatched("clean-files: backfill 2026-11-05T10:37:00Z", "21 11:40"), executed("21 10:40")), skip, 0, 2},
		{"backfill of this window", all(dispatched("clean-files: backfill 2026-11-21T10:37:00Z", "21 10:40")), skip, 0, 2},
		{"backfill of this window, by another clock", all(dispatched("clean-files: backfill 2026-11-21T12:37:00+02:00", "21 10:40")), skip, 0, 2},
		{"backfill of this window, in small letters", all(dispatched("clean-files: backfill  2026-11-21t10:37:00z ", "21 10:40")), skip, 0, 2},
		{"backfill of yesterday's window, late", all(ghtest.Run{Event: "workflow_dispatch", Title: "clean-files: backfill 2026-11-20T10:37:00Z", Created: at("21 10:30"), Started: at("21 10:40")}), run, 0, 1},
		{"backfill of an older window, with blanks", all(dispatched("clean-files: backfill  2026-11-05T10:37:00Z ", "21 10:40")), run, 0, 1},
		{"backfill of a window that cannot be read", all(dispatched("clean-files: backfill 2026-11-21T10:", "21 10:40")), run, 0, 1},
		{"rescue of an older window, late: it served this one", all(dispatched("clean-files: window 2026-11-20T10:37:00Z", "21 10:40")), skip, 0, 2},
		{"a title without a job", all(dispatched("backfill 2026-11-05T10:37:00Z", "21 10:40")), skip, 0, 2},
		{"a job called like a backfill", all(dispatched("x: backfill 2026-11-05T10:37:00Z: backfill 2026-11-21T10:37:00Z", "21 10:40")), skip, 0, 2},
		{"no title", all(ghtest.Run{Event: "workflow_dispatch", Created: at("21 10:40"), Started: at("21 10:40"), Patch: map[string]any{"display_title": ghtest.Absent}}), skip, 0, 2},
		{"a tick with such a title", all(ghtest.Run{Title: "clean-files: backfill 2026-11-05T10:37:00Z", Created: at("21 10:40"), Started: at("21 10:40")}), skip, 0, 2},

		// Started again.
		{"re-run of a run of this window", all(ghtest.Run{Attempt: 2, Created: at("21 10:40"), Started: at("21 11:30")}), skip, 0, 2},
		{"re-run of yesterday's", all(ghtest.Run{Attempt: 2, Created: at("20 10:40"), Started: at("21 11:30")}), run, 0, 2},
		{"re-run of a run astride", all(ghtest.Run{Attempt: 3, Created: at("21 10:30"), Started: at("21 11:30")}), run, 0, 2},
		{"executed, and its re-run failed", all(ghtest.Run{Created: at("21 10:40"), Attempt: 2, Conclusion: "failure", Earlier: []ghtest.Run{executed("21 10:40")}}), skip, 0, 3},
		{"executed by a re-run, and the next one failed", all(ghtest.Run{Created: at("21 10:40"), Attempt: 3, Conclusion: "failure", Earlier: []ghtest.Run{failed("21 10:40"), executed("21 11:00")}}), skip, 0, 4},
		{"executed yesterday, and its re-run failed today", all(ghtest.Run{Created: at("20 10:40"), Updated: at("21 11:30"), Attempt: 2, Conclusion: "failure", Earlier: []ghtest.Run{executed("20 10:40")}}), run, 0, 3},
		{"all attempts failed", all(ghtest.Run{Created: at("21 10:40"), Attempt: 2, Conclusion: "failure", Earlier: []ghtest.Run{failed("21 10:40")}}), run, 0, 3},
		{"an attempt that GitHub has deleted", all(ghtest.Run{Created: at("21 10:40"), Attempt: 2, Conclusion: "failure"}), run, 0, 3},
		{"re-run since it was listed", all(ghtest.Run{Attempt: 2, Created: at("21 10:30"), Started: at("21 11:30"), Patch: map[string]any{"run_attempt": 1}}), run, 0, 2},

		// Not this job's.
		{"a schedule, before the default branch was renamed", all(ghtest.Run{Branch: "master", Created: at("21 10:40"), Started: at("21 10:40")}), skip, 0, 2},
		{"the same, with the branch in the path", all(ghtest.Run{Branch: "master", Path: ".github/workflows/" + ghtest.Workflow + "@refs/heads/master", Created: at("21 10:40"), Started: at("21 10:40")}), skip, 0, 2},
		{"another branch", all(ghtest.Run{Event: "workflow_dispatch", Branch: "dev", Created: at("21 10:40"), Started: at("21 10:40")}), run, 0, 1},
		{"another branch, in an earlier window", all(executed("18 11:00"), ghtest.Run{Event: "workflow_dispatch", Branch: "dev", Created: at("20 10:40"), Started: at("20 10:40")}), run, 1, 2},
		{"another branch before ours", all(executed("21 11:00"), ghtest.Run{Event: "workflow_dispatch", Branch: "dev", Created: at("21 10:40"), Started: at("21 10:40")}), skip, 0, 2},
		{"a fork", all(ghtest.Run{Head: "mallory/app", Created: at("21 10:40"), Started: at("21 10:40")}), run, 0, 1},
		{"this repository in other letters", all(ghtest.Run{Head: "Octo/App", Created: at("21 10:40"), Started: at("21 10:40")}), skip, 0, 2},
		{"another file", all(ghtest.Run{Path: ".github/workflows/ci.yml", Created: at("21 10:40"), Started: at("21 10:40")}), run, 0, 1},
		{"a file of that name elsewhere", all(ghtest.Run{Path: "ci/" + ghtest.Workflow, Created: at("21 10:40"), Started: at("21 10:40")}), run, 0, 1},
		{"the file with a ref", all(ghtest.Run{Path: ".github/workflows/" + ghtest.Workflow + "@refs/heads/main", Created: at("21 10:40"), Started: at("21 10:40")}), skip, 0, 2},
		{"the file with the branch", all(ghtest.Run{Path: ".github/workflows/" + ghtest.Workflow + "@main", Created: at("21 10:40"), Started: at("21 10:40")}), skip, 0, 2},
		{"the file with another branch", all(ghtest.Run{Path: ".github/workflows/" + ghtest.Workflow + "@refs/heads/dev", Created: at("21 10:40"), Started: at("21 10:40")}), run, 0, 1},
		{"the file with a branch that ends alike", all(ghtest.Run{Path: ".github/workflows/" + ghtest.Workflow + "@refs/heads/x/main", Created: at("21 10:40"), Started: at("21 10:40")}), run, 0, 1},
		{"the file with a tag of that name", all(ghtest.Run{Path: ".github/workflows/" + ghtest.Workflow + "@refs/tags/main", Created: at("21 10:40"), Started: at("21 10:40")}), run, 0, 1},
		{"the file with a pull request", all(ghtest.Run{Path: ".github/workflows/" + ghtest.Workflow + "@refs/pull/7/merge", Created: at("21 10:40"), Started: at("21 10:40")}), run, 0, 1},
		{"the file with a commit", all(ghtest.Run{Path: ".github/workflows/" + ghtest.Workflow + "@acb5820ced9479c074f688cc328bf03f341a511d", Created: at("21 10:40"), Started: at("21 10:40")}), run, 0, 1},
		{"a push", all(ghtest.Run{Event: "push", Created: at("21 10:40"), Started: at("21 10:40")}), run, 0, 1},
		{"a pull request", all(ghtest.Run{Event: "pull_request", Created: at("21 10:40"), Started: at("21 10:40")}), run, 0, 1},
		{"a call from another workflow", all(ghtest.Run{Event: "workflow_call", Created: at("21 10:40"), Started: at("21 10:40")}), run, 0, 1},

		// Steps.
		{"no steps", all(steps()), run, 0, 2},
		{"delivered", all(steps(done, ghtest.Step{Name: "Deliver: artifact", Conclusion: "success"}, ghtest.Step{Name: "Deliver: pages", Conclusion: "success"})), skip, 0, 2},
		{"a delivery was skipped by its own condition", all(steps(done, ghtest.Step{Name: "Deliver: pages", Conclusion: "skipped"})), skip, 0, 2},
		{"a delivery was skipped after a cancel", all(cancelled(steps(done, ghtest.Step{Name: "Deliver: pages", Conclusion: "skipped"}))), run, 0, 2},
		{"nothing was left to deliver at a cancel", all(cancelled(steps(done, ghtest.Step{Name: "Deliver: pages", Conclusion: "success"}))), skip, 0, 2},
		{"a delivery failed", all(steps(done, ghtest.Step{Name: "Deliver: artifact", Conclusion: "success"}, ghtest.Step{Name: "Deliver: pages", Conclusion: "failure"})), run, 0, 2},
		{"a notice failed", all(steps(done, ghtest.Step{Name: "After: Deliver: pages", Conclusion: "failure"}, ghtest.Step{Name: "After: artifacts", Conclusion: "cancelled"})), skip, 0, 2},
		{"a delivery was cancelled", all(steps(ghtest.Step{Name: "Deliver: pages", Conclusion: "cancelled"}, done)), run, 0, 2},
		{"a delivery did not end", all(steps(done, ghtest.Step{Name: "Deliver: pages"})), run, 0, 2},
		{"another step failed", all(steps(done, ghtest.Step{Name: "Clean up", Conclusion: "failure"})), skip, 0, 2},
		{"the step failed but was let pass", all(steps(ghtest.Step{Name: schedule.EvidenceStep, Conclusion: "failure", Started: at("21 10:40")})), run, 0, 2},
		{"the step has no conclusion", all(steps(ghtest.Step{Name: schedule.EvidenceStep, Started: at("21 10:40")})), run, 0, 2},
		{"the step has no start", all(steps(ghtest.Step{Name: schedule.EvidenceStep, Conclusion: "success"})), run, 0, 2},
		{"a step of nearly that name", all(steps(ghtest.Step{Name: "run entrypoint", Conclusion: "success", Started: at("21 10:40")})), run, 0, 2},
		{"the clean-up after it", all(steps(ghtest.Step{Name: "Post " + schedule.EvidenceStep, Conclusion: "success", Started: at("21 10:40")})), run, 0, 2},

		// Fields that are not what they should be.
		{"no branch", all(odd(map[string]any{"head_branch": nil})), run, 0, 1},
		{"no event", all(odd(map[string]any{"event": nil})), run, 0, 1},
		{"no conclusion", all(odd(map[string]any{"conclusion": nil})), run, 0, 1},
		{"no status", all(odd(map[string]any{"status": ghtest.Absent})), run, 0, 1},
		{"no creation", all(odd(map[string]any{"created_at": nil})), run, 0, 1},
		{"no id", all(odd(map[string]any{"id": nil})), run, 0, 1},
		{"no update", all(odd(map[string]any{"updated_at": nil})), skip, 0, 2},
		{"no attempt", all(odd(map[string]any{"run_attempt": ghtest.Absent})), skip, 0, 2},
		{"no path", all(odd(map[string]any{"path": ghtest.Absent})), skip, 0, 2},
		{"no repository of its commit", all(odd(map[string]any{"head_repository": nil})), skip, 0, 2},
		{"a field of the future", all(odd(map[string]any{"run_mood": []int{1}})), skip, 0, 2},
		{"a huge id", all(ghtest.Run{ID: 1<<62 + 1, Created: at("21 10:40"), Started: at("21 10:40")}), skip, 0, 2},

		// Pages.
		{"a hundred skips", all(executed("21 10:40"), many(100, skipped("21 10:50"))), skip, 0, 3},
		{"a full page that reaches back", all(executed("20 11:00"), executed("21 10:40"), many(98, skipped("21 10:50"))), skip, 0, 2},
		{"a full page that reaches back to a re-run", all(executed("19 11:00"), ghtest.Run{Attempt: 2, Created: at("20 11:00"), Updated: at("21 11:30")}, executed("21 10:40"), many(98, skipped("21 10:50"))), skip, 0, 2},
		{"a run is asked only once", all(many(120, failed("20 11:00")), skipped("21 10:40")), run, 1, 4},
		{"250 skips", all(executed("21 10:40"), many(250, skipped("21 10:50"))), skip, 0, 4},
		{"250 older runs", all(executed("21 10:40"), many(250, skipped("20 11:00"))), skip, 0, 2},
		{"astride, on the second page", all(ghtest.Run{Created: at("21 10:30"), Started: at("21 10:40")}, ghtest.Run{Created: at("21 10:31"), Updated: at("21 10:45")}, many(2, skipped("21 10:50")), many(97, ghtest.Run{Branch: "dev", Created: at("21 11:10")})), skip, 0, 4},
		{"missed counted on the second page", all(executed("18 11:00"), many(120, failed("20 11:00"))), run, 2, 4},
		{"missed counted past a backfill", all(executed("18 11:00"), many(120, failed("20 11:00")), dispatched("clean-files: backfill 2026-11-05T10:37:00Z", "20 12:00")), run, 2, 4},
		{"missed counted no further than they count", all(daysAgo(200, skipped("21 11:00")), daysAgo(150, failed("21 11:00")), many(99, failed("20 11:00"))), run, schedule.MaxMissed, 2},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			fake := ghtest.New(t)
			fake.SetNow(noon)
			fake.SetToken("secret-token")
			fake.Add(row.runs...)
			decision, err := decide(t, newClient(t, fake.URL), query(daily))
			if err != nil {
				t.Error(err)
			}
			if decision.Reason != row.want || decision.Missed != row.missed {
				t.Errorf("decision: %s, %d missed; want %s, %d missed", decision.Reason, decision.Missed, row.want, row.missed)
			}
			if requests := fake.Requests(); len(requests) != row.requests {
				t.Errorf("requests: want %d, got %d: %v", row.requests, len(requests), requests)
			}
		})
	}
}

// TestBudget measures the requests of a decision: 2 in the usual case.
func TestBudget(t *testing.T) {
	parse := func(spec schedule.Spec) schedule.Schedule {
		spec.Project, spec.ID, spec.Every = "demo-175", "clean-files", "day"
		s, flaws := schedule.Parse(spec)
		if len(flaws) > 0 {
			t.Fatal(flaws)
		}
		return s
	}
	moment := func(dayAndTime string) *schedule.Moment { return &schedule.Moment{Time: at(dayAndTime)} }
	busy := all(executed("19 10:40"), many(100, skipped("19 11:00")), executed("20 10:40"), many(100, skipped("20 11:00")))
	rows := []struct {
		name     string
		s        schedule.Schedule
		tick     schedule.Tick
		runs     []ghtest.Run
		want     schedule.Reason
		requests int
	}{
		{"confirmed", daily, schedule.Tick{}, all(busy, executed("21 10:40"), skipped("21 11:00")), schedule.Confirmed, 2},
		{"the first tick of a window", daily, schedule.Tick{}, all(executed("20 10:40"), skipped("20 11:00"), running("21 11:59")), schedule.Unconfirmed, 2},
		{"the same, a busy job", daily, schedule.Tick{}, busy, schedule.Unconfirmed, 3},
		{"the second tick, after a failure", daily, schedule.Tick{}, all(executed("20 10:40"), failed("21 10:40")), schedule.Unconfirmed, 3},
		{"the second tick, after a red clean-up", daily, schedule.Tick{}, all(executed("20 10:40"), ghtest.Run{Created: at("21 10:40"), Started: at("21 10:41"), Conclusion: "failure"}), schedule.Confirmed, 2},
		{"the first run ever", daily, schedule.Tick{}, all(running("21 11:59")), schedule.Unconfirmed, 1},
		{"by hand", daily, schedule.Tick{Forced: true}, all(executed("21 10:40")), schedule.Forced, 2},

		{"a new schedule of an old job", parse(schedule.Spec{Start: moment("21 00:00")}), schedule.Tick{}, all(many(250, skipped("19 11:00"))), schedule.Unconfirmed, 1},

		// Only the clock.
		{"disabled", parse(schedule.Spec{Disabled: true}), schedule.Tick{}, busy, schedule.Disabled, 1},
		{"before the first slot", parse(schedule.Spec{Start: moment("22 10:37")}), schedule.Tick{}, busy, schedule.NotStarted, 1},
		{"after the last window", parse(schedule.Spec{Until: moment("19 10:00")}), schedule.Tick{}, busy, schedule.Ended, 1},
		{"a slot to come", daily, schedule.Tick{Slot: at("22 10:37")}, busy, schedule.NotDue, 1},

		{"by hand, before the first slot", parse(schedule.Spec{Start: moment("22 10:37")}), schedule.Tick{Forced: true}, busy[:50], schedule.Forced, 1},
		{"by hand, after the last window", parse(schedule.Spec{Until: moment("20 00:00")}), schedule.Tick{Forced: true}, all(executed("19 10:40")), schedule.Forced, 2},
		{"expired", parse(schedule.Spec{Expires: time.Hour}), schedule.Tick{}, all(executed("20 10:40")), schedule.Expired, 2},
		{"in time, and confirmed", parse(schedule.Spec{Expires: time.Hour}), schedule.Tick{}, all(executed("21 10:40")), schedule.Confirmed, 2},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			fake := ghtest.New(t)
			fake.SetNow(noon)
			fake.Add(row.runs...)
			q := query(row.s)
			q.Tick = row.tick
			decision, err := decide(t, newClient(t, fake.URL), q)
			if err != nil || decision.Reason != row.want || decision.Missed != 0 {
				t.Errorf("%s, %d missed, %v; want %s", decision.Reason, decision.Missed, err, row.want)
			}
			if requests := fake.Requests(); len(requests) != row.requests {
				t.Errorf("%d requests, want %d: %v", len(requests), row.requests, requests)
			}
		})
	}
}

// cancelled returns the run as one that was cancelled.
func cancelled(run ghtest.Run) ghtest.Run {
	run.Conclusion = "cancelled"
	return run
}
