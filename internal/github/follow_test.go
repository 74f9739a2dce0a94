package github

import (
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

// TestOnce has GitHub say how soon to send a dispatch again. One that is to be sent once is
// not: its run may be there.
func TestOnce(t *testing.T) {
	for _, once := range []bool{true, false} {
		fake := ghtest.New(t)
		fake.Break(ghtest.Fault{Once: true, Status: 429, Header: map[string]string{"Retry-After": "0"}})
		client := newClient(t, fake.URL)
		ctx, cancel := Within(t.Context(), time.Minute, "start a run")
		if once {
			ctx = Once(ctx)
		}
		_, err := client.Dispatch(ctx, Dispatch{Workflow: ghtest.Workflow, Branch: "main", Slot: noon})
		cancel()
		if n := len(fake.Dispatches()); once != Limited(err) || (n == 0) != once {
			t.Errorf("once %v: %d started, %v", once, n, err)
		}
		if wait, asked := Wait(err); asked != once || wait != 0 {
			t.Errorf("once %v: asked to wait %v, %v", once, wait, asked)
		}
	}
}

// TestOnDate hears GitHub's clock in every answer, also in a refusal, and only one that can
// be right.
func TestOnDate(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	fake.Break(ghtest.Fault{Number: 1, Status: 404}, ghtest.Fault{Number: 2, Header: map[string]string{"Date": "yesterday"}})
	client := newClient(t, fake.URL)
	here, heard := noon.Add(time.Hour), 0
	client.OnDate(func() time.Time { here = here.Add(time.Second); return here }, func(asked, answered, date time.Time) {
		if heard++; !date.Equal(noon) || answered.Sub(asked) != time.Second {
			t.Errorf("%v to %v by this clock, %v by GitHub's", asked, answered, date)
		}
	})
	for range 3 {
		_, _ = client.RunState(t.Context(), 1)
	}
	if heard != 2 {
		t.Errorf("heard %d", heard)
	}
	if reset := client.Reset(); !reset.Equal(noon.Add(time.Hour)) {
		t.Errorf("the limit is reset at %v", reset)
	}
}

// TestNewest reads back to a time, and says how far.
func TestNewest(t *testing.T) {
	fake := ghtest.New(t)
	fake.SetNow(noon)
	for i := range 250 {
		fake.Add(ghtest.Run{Created: noon.Add(-time.Duration(i) * time.Minute)})
	}
	client := newClient(t, fake.URL)
	for _, row := range []struct {
		back, pages, runs int
		known             time.Time
	}{
		{0, 3, 100, noon.Add(-99 * time.Minute)},
		{99, 3, 200, noon.Add(-199 * time.Minute)},
		{1000, 1, 100, noon.Add(-99 * time.Minute)},
		{1000, 3, 250, time.Time{}},
	} {
		runs, known, now, err := client.Newest(t.Context(), "main", noon.Add(-time.Duration(row.back)*time.Minute), row.pages)
		if err != nil || len(runs) != row.runs || !known.Equal(row.known) || !now.Equal(noon) || runs[0].File != ghtest.Workflow {
			t.Errorf("%+v: %d runs since %v, %v, %v", row, len(runs), known, now, err)
		}
	}
}

// TestBegan takes the start of the first job that a runner has.
func TestBegan(t *testing.T) {
	for _, row := range []struct {
		run  ghtest.Run
		want time.Time
	}{
		{ghtest.Run{Status: "queued"}, time.Time{}},
		{ghtest.Run{Status: "in_progress", Began: noon.Add(time.Minute)}, noon.Add(time.Minute)},
		{ghtest.Run{Began: noon.Add(time.Second)}, noon.Add(time.Second)},
		{ghtest.Run{Conclusion: "skipped"}, time.Time{}},
	} {
		fake := ghtest.New(t)
		fake.SetNow(noon)
		row.run.Created = noon
		began, err := newClient(t, fake.URL).Began(t.Context(), fake.Add(row.run))
		if err != nil || !began.Equal(row.want) {
			t.Errorf("%+v: %v, %v", row.run, began, err)
		}
	}
}
