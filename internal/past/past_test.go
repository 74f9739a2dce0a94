package past

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// at reads "21 10:40" as that day and time in November 2026.
func at(dayAndTime string) time.Time {
	t, err := time.Parse("2006-01 2 15:04", "2026-11 "+dayAndTime)
	if err != nil {
		panic(err)
	}
	return t
}

func moment(dayAndTime string) *schedule.Moment { return &schedule.Moment{Time: at(dayAndTime)} }

// declared makes a schedule that has no flaw.
func declared(t *testing.T, spec schedule.Spec) schedule.Schedule {
	t.Helper()
	s, flaws := schedule.Parse(spec)
	if len(flaws) > 0 {
		t.Fatal(flaws)
	}
	return s
}

// TestStanding reads the past of jobs that have no window at times: it is noon of the
// 21st.
func TestStanding(t *testing.T) {
	daily := schedule.Spec{Every: "day", At: "10:37"}
	with := func(spec schedule.Spec, change func(*schedule.Spec)) schedule.Spec { change(&spec); return spec }
	rows := []struct {
		name            string
		spec            schedule.Spec
		runs            []ghtest.Run
		current, before schedule.State // "" for none
		next            string         // "" for none
		words           string
	}{
		{"disabled", with(daily, func(s *schedule.Spec) { s.Disabled = true }), []ghtest.Run{executed("20 11:00")},
			schedule.StatePaused, schedule.StateConfirmed, "", "next: none, the job is disabled"},
		{"not started", with(daily, func(s *schedule.Spec) { s.Start = moment("24 00:00") }), []ghtest.Run{executed("20 11:00")},
			"", "", "24 10:37", "next: 2026-11-24 10:37 UTC, the first"},
		{"ended", with(daily, func(s *schedule.Spec) { s.Until = moment("20 00:00") }), []ghtest.Run{executed("18 11:00")},
			"", schedule.StateMissed, "", "next: none, the last window ended 2026-11-20 10:37 UTC"},
		{"the last", with(daily, func(s *schedule.Spec) { s.Until = moment("22 00:00") }), []ghtest.Run{executed("21 11:00")},
			schedule.StateConfirmed, schedule.StateMissed, "", "next: none, the last window ends 2026-11-22 10:37 UTC"},
		{"counted", with(daily, func(s *schedule.Spec) { s.Start, s.Count = moment("20 00:00"), 1 }), []ghtest.Run{executed("20 11:00")},
			"", schedule.StateConfirmed, "", "next: none, the last window ended 2026-11-21 10:37 UTC"},
		{"once, to come", schedule.Spec{RunAt: []schedule.Moment{*moment("21 12:01")}}, nil,
			"", "", "21 12:01", "next: 2026-11-21 12:01 UTC, the first"},
		{"once, now", schedule.Spec{RunAt: []schedule.Moment{*moment("21 11:00")}}, []ghtest.Run{executed("21 11:01")},
			schedule.StateConfirmed, "", "", "next: none, the last window ends 2026-11-28 11:00 UTC"},
		{"once, over", schedule.Spec{RunAt: []schedule.Moment{*moment("19 11:00")}, Expires: time.Hour}, []ghtest.Run{executed("19 11:01")},
			"", schedule.StateConfirmed, "", "next: none, the last window ended 2026-11-19 12:00 UTC"},
		{"in a gap", with(daily, func(s *schedule.Spec) { s.Except = []time.Time{at("21 00:00")} }), []ghtest.Run{executed("20 11:00")},
			schedule.StateConfirmed, schedule.StateMissed, "22 10:37", "next: 2026-11-22 10:37 UTC"},
		{"expired", with(daily, func(s *schedule.Spec) { s.Expires = time.Hour }), []ghtest.Run{executed("20 11:00"), {Created: at("21 11:40")}},
			schedule.StateExpired, schedule.StateConfirmed, "22 10:37", "next: 2026-11-22 10:37 UTC"},
	}
	for _, row := range rows {
		fake, archive, jobs := newArchive(t, 1)
		jobs[0].Schedule = declared(t, row.spec)
		fake.Register(ghtest.Registered{File: jobs[0].File, Created: at("1 00:00")})
		fake.Add(executedBy(jobs[0].File, ghtest.Run{Created: at("2 00:00"), Conclusion: "cancelled"})...)
		fake.Add(executedBy(jobs[0].File, row.runs...)...)
		histories, err := archive.readAll(t.Context(), t, jobs)
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		h := histories[0]
		current, _ := h.Current()
		before, _ := h.Before()
		if current.State != row.current || before.State != row.before || Next(h) != row.words {
			t.Errorf("%s: current %q, before %q, %s", row.name, current.State, before.State, Next(h))
		}
		if next := h.Next(); next.IsZero() != (row.next == "") || row.next != "" && !next.Equal(at(row.next)) {
			t.Errorf("%s: next %v", row.name, next)
		}
		archive.Retention = 1
		if remarks := archive.Remarks(h); len(remarks) > 1 {
			t.Errorf("%s: %q", row.name, remarks)
		}
	}
}

func executed(created string) ghtest.Run {
	return ghtest.Run{Created: at(created), Started: at(created)}
}

func executedBy(file string, runs ...ghtest.Run) []ghtest.Run {
	for i := range runs {
		runs[i].Workflow = file
	}
	return runs
}

// TestUnreadWithoutWindows has a job that cannot be read, and has no window.
func TestUnreadWithoutWindows(t *testing.T) {
	s := declared(t, schedule.Spec{Every: "day", Start: moment("24 00:00")})
	histories := []History{{Job: Job{ID: "later", Schedule: s}, Unread: errors.New("410 Gone")}, {Now: at("21 12:00")}}
	if err := fillUnread(histories, schedule.Reach{Windows: 2}); err != nil || !histories[0].Now.Equal(at("21 12:00")) || len(histories[0].Accounts) != 0 {
		t.Errorf("%+v, %v", histories, err)
	}
}

// TestLocal has a job that does not run on GitHub: no request is about it.
func TestLocal(t *testing.T) {
	fake, archive, jobs := newArchive(t, 1)
	archive.Now = at("21 12:00")
	jobs[0].Local = true
	histories, err := archive.readAll(t.Context(), t, jobs)
	if requests := fake.Requests(); err != nil || len(requests) != 2 || histories[0].Accounts[0].State != schedule.StateDue {
		t.Errorf("%v, %+v, %v", requests, histories, err)
	}
	if remarks := archive.Remarks(histories[0]); len(remarks) != 1 || remarks[0] != "job-0: it does not run on GitHub: its windows are from the local ledger" {
		t.Errorf("%q", remarks)
	}
	if source := archive.SourceOf(jobs[0]); source != "the local ledger" {
		t.Error(source)
	}
}

// TestLocalByHand has a job whose last window is over, and was served by hand since.
func TestLocalByHand(t *testing.T) {
	s := declared(t, schedule.Spec{RunAt: []schedule.Moment{*moment("19 11:00")}, Expires: time.Hour})
	book, err := ledger.Open(filepath.Join(t.TempDir(), "pyproject.toml"), func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	archive := &Archive{Ledger: book, Now: at("21 12:00")}
	run, err := book.Start("once", at("20 12:00"), s.Latest(at("20 12:00")))
	if err == nil {
		err = run.Finish(at("20 12:01"), true, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	h, err := archive.Read(t.Context(), Job{ID: "once", Schedule: s}, schedule.Reach{Windows: 2})
	if before, _ := h.Before(); err != nil || before.State != schedule.StateLate || before.Window.Start != at("19 11:00") {
		t.Errorf("%+v, %v", h.Accounts, err)
	}
}

// TestResume checks the command that a remark names for a job among several projects.
func TestResume(t *testing.T) {
	for project, want := range map[string]string{
		"":                             "`scheduled resume send`",
		"services/mail/pyproject.toml": "`scheduled --project services/mail/pyproject.toml resume send`",
	} {
		remarks := Setup(Job{ID: "send", Project: project}, "disabled_manually", "octo/app", schedule.Window{}, 0)
		if len(remarks) != 1 || !strings.Contains(remarks[0], want) {
			t.Errorf("%q: %q, want %s", project, remarks, want)
		}
	}
}
