package github

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// TestPast reads the windows of the 18th to the 21st, each from 10:37 on.
func TestPast(t *testing.T) {
	numbered := func(number int, r ghtest.Run) ghtest.Run {
		r.Patch = map[string]any{"run_number": number}
		return r
	}
	other := func(created string) ghtest.Run {
		return ghtest.Run{Event: "workflow_dispatch", Branch: "dev", Created: at(created), Started: at(created)}
	}
	rows := []struct {
		name     string
		runs     []ghtest.Run
		want     string // the states of the windows
		requests int
	}{
		{"no runs at all", nil, "unknown unknown unknown due", 1},
		{"the first run ever", all(executed("19 10:40")), "missed confirmed missed due", 2},
		{"the oldest of those kept", all(numbered(7, failed("19 10:36")), numbered(8, executed("19 10:40"))), "unknown confirmed missed due", 3},
		{"one a window", all(executed("18 10:40"), executed("19 10:40"), executed("20 14:40"), executed("21 10:40")), "confirmed confirmed late confirmed", 5},
		{"skips cost nothing", all(executed("18 10:40"), many(50, skipped("18 11:00")), executed("20 10:40"), many(20, skipped("20 11:00"))), "confirmed missed confirmed due", 3},
		{"failures are asked, too", all(executed("18 10:40"), failed("19 10:40"), failed("21 10:40")), "confirmed failed missed failed", 4},
		{"executed, then failed in a later step", all(ghtest.Run{Created: at("19 10:40"), Started: at("19 10:40"), Conclusion: "failure"}, skipped("19 11:00")), "missed confirmed missed due", 3},
		{"executed, then cancelled", all(ghtest.Run{Created: at("19 10:40"), Started: at("19 10:40"), Conclusion: "cancelled"}), "missed confirmed missed due", 2},
		{"failed more often than is asked", all(executed("18 10:40"), many(9, failed("19 10:40"))), "confirmed failed missed due", 4},
		{"active", all(executed("18 10:40"), running("21 11:00")), "confirmed missed missed running", 2},
		{"queued", all(executed("18 10:40"), ghtest.Run{Created: at("21 11:00"), Status: "queued"}), "confirmed missed missed running", 2},
		{"waited for its turn, created before the slot", all(ghtest.Run{Created: at("19 10:30"), Started: at("19 10:40")}), "missed confirmed missed due", 2},
		{"run again", all(ghtest.Run{Attempt: 2, Created: at("19 10:40"), Started: at("20 11:00")}), "missed late missed due", 2},
		{"backfill", all(dispatched("clean-files: backfill 2026-11-19T10:37:00Z", "21 11:00")), "missed late missed due", 2},
		{"backfill of a window long gone", all(dispatched("clean-files: backfill 2026-11-05T10:37:00Z", "21 11:00")), "missed missed missed due", 1},
		{"rescued", all(failed("19 10:40"), dispatched("clean-files: window 2026-11-19T10:37:00Z", "19 11:00")), "missed rescued missed due", 2},
		{"skipped a window late", all(failed("18 10:40"), ghtest.Run{Created: at("20 10:30"), Updated: at("20 10:40")}), "failed missed missed due", 3},
		{"displaced", all(failed("18 10:40"), ghtest.Run{Created: at("19 10:40"), Conclusion: "cancelled"}), "failed missed missed due", 3},
		{"rescued a window late", all(failed("19 10:40"), dispatched("clean-files: window 2026-11-19T10:37:00Z", "20 11:00")), "missed failed rescued due", 3},
		{"named like a rescue, but a tick", all(ghtest.Run{Title: "clean-files: window 2026-11-19T10:37:00Z", Created: at("19 11:00"), Started: at("19 11:00")}), "missed confirmed missed due", 2},
		{"by hand, of a job named like a rescue", all(dispatched("x: window 2026-11-19T10:37:00Z: by hand", "19 11:00")), "missed confirmed missed due", 2},
		{"forced, and failed", all(executed("19 10:40"), ghtest.Run{Event: "workflow_dispatch", Created: at("19 20:00"), Conclusion: "failure"}), "missed confirmed missed due", 2},
		{"another branch", all(executed("18 10:40"), ghtest.Run{Event: "workflow_dispatch", Branch: "dev", Created: at("19 10:40"), Started: at("19 10:40")}), "confirmed unknown missed due", 2},
		{"another branch, in each window", all(failed("18 10:40"), other("18 11:00"), other("19 11:00"), other("21 11:00")), "unknown unknown missed unknown", 2},
		{"another event", all(executed("18 10:40"), ghtest.Run{Event: "push", Created: at("19 10:40"), Conclusion: "failure"}), "confirmed unknown missed due", 2},
		{"only skips", all(many(perWindow, skipped("19 10:40")), skipped("21 10:40")), "missed missed missed due", 2 + perWindow},
		{"only skips, whose evidence is gone", all(numbered(1, failed("18 10:40")), numbered(3, skipped("19 10:40")), numbered(4, skipped("20 10:40"))), "failed unknown missed due", 4},
		{"only skips, more than are asked", all(many(perWindow+1, skipped("19 10:40"))), "missed unknown missed due", 1 + perWindow},
		{"only skips of a later window", all(many(perWindow, ghtest.Run{Attempt: 2, Created: at("19 10:40"), Updated: at("20 11:00")})), "missed missed missed due", 1 + perWindow},
		{"so many that not all are asked", all(many(perWindow+1, ghtest.Run{Attempt: 2, Created: at("19 10:40"), Updated: at("20 11:00")})), "missed unknown missed due", 1 + perWindow},
		{"250 runs", all(executed("18 10:40"), many(249, failed("19 10:40"))), "confirmed failed missed due", 6},
		{"older pages are not read", all(many(200, skipped("16 10:40")), executed("18 10:40"), many(98, failed("19 10:40"))), "confirmed failed missed due", 4},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			fake := ghtest.New(t)
			fake.SetNow(noon)
			fake.Add(row.runs...)
			past, err := newClient(t, fake.URL).Past(t.Context(), query(daily), schedule.Reach{Windows: 4})
			if err != nil {
				t.Fatal(err)
			}
			if got := states(past); got != row.want {
				t.Errorf("states %s, want %s", got, row.want)
			}
			if requests := fake.Requests(); len(requests) != row.requests {
				t.Errorf("%d requests, want %d: %v", len(requests), row.requests, requests)
			}
		})
	}
}

// states returns the states of the windows from the 18th to the 21st.
func states(past Past) string {
	var states []string
	for _, a := range past.Accounts(at("18 10:37"), past.Now) {
		states = append(states, string(a.State))
	}
	slices.Reverse(states)
	return strings.Join(states, " ")
}

// TestPastAsksOldestFirst checks the order of the questions about one window.
func TestPastAsksOldestFirst(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	fake.Add(executed("21 11:30"), skipped("21 10:40"), skipped("21 11:00"))
	past, err := newClient(t, fake.URL).Past(t.Context(), query(daily), schedule.Reach{Windows: 1})
	if err != nil || past.Unasked != 0 {
		t.Fatal(past.Unasked, err)
	}
	var asked []string
	for _, request := range fake.Requests()[1:] {
		asked = append(asked, request.Path)
	}
	const runs = "/repos/octo/app/actions/runs/"
	if want := []string{runs + "2/jobs", runs + "3/jobs", runs + "1/jobs"}; !slices.Equal(asked, want) {
		t.Errorf("asked %v, want %v", asked, want)
	}
}

// TestPastIsBounded has more windows than may be asked about.
func TestPastIsBounded(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	const windows = pastEvidence + 50
	for i := range windows {
		run := executed("21 11:40")
		run.Created = run.Created.Add(-time.Duration(i) * time.Hour)
		run.Started = run.Created
		fake.Add(run)
	}
	hourly := schedule.New(schedule.Hour, "demo-175", "clean-files")
	past, err := newClient(t, fake.URL).Past(t.Context(), query(hourly), schedule.Reach{Windows: windows})
	if err != nil {
		t.Fatal(err)
	}
	served := 0
	for i, a := range past.Accounts(noon.Add((1-windows)*time.Hour), noon) {
		if a.Served() {
			served++
		} else if i < pastEvidence || a.State != schedule.StateUnknown {
			t.Fatalf("window %d is %s", i, a.State)
		}
	}
	if served != pastEvidence || past.Unasked != windows-pastEvidence {
		t.Errorf("%d windows served and %d not asked about", served, past.Unasked)
	}
	if requests := len(fake.Requests()); requests != windows/perPage+pastEvidence {
		t.Errorf("%d requests", requests)
	}
}

func TestPastDenied(t *testing.T) {
	rows := []struct {
		status int
		lacks  Right
	}{{401, Valid}, {403, Actions}, {404, Actions}}
	for _, row := range rows {
		for _, path := range []string{"/runs", "/jobs"} {
			fake := ghtest.New(t)
			fake.SetNow(noon)
			fake.Add(executed("21 10:40"))
			fake.Break(ghtest.Fault{Path: path, Status: row.status, Body: `{"message":"Resource not accessible by integration"}`})
			past, err := newClient(t, fake.URL).Past(t.Context(), query(daily), schedule.Reach{Windows: 4})
			if row.status == 404 && path == "/jobs" { // deleted since it was listed
				if err != nil || states(past) != "missed missed missed unknown" {
					t.Errorf("%s %d: %s, %v", path, row.status, states(past), err)
				}
				continue
			}
			denied, ok := errors.AsType[*Denied](err)
			if !ok || denied.Lacks != row.lacks || strings.Contains(err.Error(), "secret-token") {
				t.Errorf("%s %d: %v", path, row.status, err)
			}
			if Missing(err) != (row.status == 404) || path == "/runs" && !past.Now.Equal(noon) {
				t.Errorf("%s %d: missing %v, now %v", path, row.status, Missing(err), past.Now)
			}
		}
	}
}

// TestPastWithoutOne has a run with unreadable jobs: that of the 19th, or the first of
// two.
func TestPastWithoutOne(t *testing.T) {
	rows := []struct {
		status int
		twice  bool
		want   string
	}{
		{410, false, "confirmed unknown confirmed confirmed"},
		{422, false, "confirmed unknown confirmed confirmed"},
		{500, false, "confirmed unknown confirmed confirmed"},
		{502, true, "confirmed late confirmed confirmed"},
	}
	for _, row := range rows {
		inBubble(t, func(t *testing.T, fake *ghtest.Server, client *Client) {
			fake.SetNow(noon)
			fake.Add(executed("18 10:40"), executed("19 10:40"), executed("20 10:40"), executed("21 10:40"))
			if row.twice {
				fake.Add(executed("19 20:00"))
			}
			fake.Break(ghtest.Fault{Path: "/runs/2/jobs", Status: row.status})
			past, err := client.Past(t.Context(), query(daily), schedule.Reach{Windows: 4})
			if err != nil || states(past) != row.want || status(past.Lost) != row.status || past.Unasked != 0 {
				t.Errorf("%d: %s, lost for %v, %d unasked: %v", row.status, states(past), past.Lost, past.Unasked, err)
			}
		})
	}
}

// TestPastEndsInVain checks that it stops where GitHub answers nothing, or
// asks to wait for longer than anybody would.
func TestPastEndsInVain(t *testing.T) {
	rows := []struct {
		fault    ghtest.Fault
		requests int // at most
	}{
		{ghtest.Fault{Path: "/jobs", Status: 500}, 3 + (2*atOnce+1)*(1+maxRetries)},
		{ghtest.Fault{Path: "/jobs", Status: 429, Header: map[string]string{"Retry-After": "3600"}}, 3 + atOnce},
	}
	for _, row := range rows {
		inBubble(t, func(t *testing.T, fake *ghtest.Server, client *Client) {
			fake.SetNow(noon)
			for i := range 300 {
				fake.Add(daysAgo(i, executed("21 10:40")))
			}
			fake.Break(row.fault)
			_, err := client.Past(t.Context(), query(daily), schedule.Reach{Windows: 300})
			if requests := len(fake.Requests()); status(err) != row.fault.Status || requests > row.requests {
				t.Errorf("%d requests: %v", requests, err)
			}
		})
	}
}

// TestPastEndsAtARefusal checks that it stops asking at a refusal.
func TestPastEndsAtARefusal(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	for i := range 300 {
		fake.Add(daysAgo(i, executed("21 10:40")))
	}
	fake.Break(ghtest.Fault{Path: "/jobs", Status: 403, Body: `{"message":"Resource not accessible by integration"}`})
	_, err := newClient(t, fake.URL).Past(t.Context(), query(daily), schedule.Reach{Windows: 300})
	if _, ok := errors.AsType[*Denied](err); !ok {
		t.Error(err)
	}
	if requests := len(fake.Requests()); requests > 3+atOnce {
		t.Errorf("%d requests", requests)
	}
}

// TestWorkflowsWait checks that the list waits for a rate limit that is over soon.
func TestWorkflowsWait(t *testing.T) {
	inBubble(t, func(t *testing.T, fake *ghtest.Server, client *Client) {
		fake.Register(ghtest.Registered{File: "scheduled-clean-files.yml"})
		fake.Break(ghtest.Fault{Once: true, Status: 429, Header: map[string]string{"Retry-After": "300"}})
		if workflows, err := client.Workflows(t.Context()); err != nil || len(workflows) != 1 {
			t.Errorf("%v: %v", workflows, err)
		}
	})
}

func TestWorkflows(t *testing.T) {
	fake := ghtest.New(t)
	for i := range 250 {
		fake.Register(ghtest.Registered{File: fmt.Sprintf("scheduled-%d.yml", i)})
	}
	born := at("3 04:05")
	fake.Register(ghtest.Registered{File: "scheduled-7.yml", State: "disabled_manually", Created: born})
	workflows, err := newClient(t, fake.URL).Workflows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seven := workflows["scheduled-7.yml"]
	if len(workflows) != 250 || len(fake.Requests()) != 3 || !seven.Paused() || !seven.Created.Equal(born) || workflows["scheduled-8.yml"].Paused() {
		t.Errorf("%d workflows, the seventh %+v", len(workflows), seven)
	}
	fake.Break(ghtest.Fault{Status: 403, Body: `{"message":"Resource not accessible by integration"}`})
	if _, err := newClient(t, fake.URL).Workflows(t.Context()); err == nil || !strings.Contains(err.Error(), "read workflow list of octo/app: 403 Forbidden") {
		t.Error(err)
	}
}

// checkAccounts checks that windows have evidence only if a step in the answers
// proves it. It returns how many have.
func checkAccounts(t *testing.T, client *Client, a answers) (served int) {
	t.Helper()
	past, err := client.Past(t.Context(), query(daily), schedule.Reach{Windows: 4})
	if err != nil {
		return 0
	}
	accounts := past.Accounts(at("18 10:37"), noon)
	for _, account := range accounts {
		if !account.Served() {
			continue
		}
		served++
		if !provenIn(t, a, account.Window) {
			t.Errorf("%v is %s by %+v\nruns: %s\njobs: %s", account.Window, account.State, *account.Run, a.runs, a.jobs(fmt.Sprint(account.Run.ID)))
		}
	}
	return served
}

// FuzzAccounts has arbitrary answers.
func FuzzAccounts(f *testing.F) {
	fuzzAnswers(f, func(t *testing.T, client *Client, a answers) { checkAccounts(t, client, a) })
}

// TestAccountsOfMixes has answers that mix the values of fields: right, wrong, null
// and absent.
func TestAccountsOfMixes(t *testing.T) {
	var a answers
	client := answering(t, &a)
	random := rand.New(rand.NewPCG(20, 26))
	total := share(1000)
	served := 0
	for range total {
		a = mix(func(n int) int {
			if random.IntN(8) > 0 {
				return 0 // the right one
			}
			return random.IntN(n)
		})
		served += checkAccounts(t, client, a)
	}
	if served < total/10 {
		t.Errorf("%d windows of %d mixes have evidence", served, total)
	}
}
