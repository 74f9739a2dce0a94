package schedule

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPacemakerWait(t *testing.T) {
	now := at("29 12:00")
	for _, row := range []struct{ next, want time.Duration }{
		{-time.Minute, time.Minute}, // it came while other jobs were started
		{0, time.Minute},
		{time.Second, time.Minute},
		{time.Minute, time.Minute},
		{3 * time.Minute, time.Minute}, // before it, not at it, although it may take a minute longer
		{3*time.Minute + time.Second, 2 * time.Minute},
		{6 * time.Minute, 2 * time.Minute},
		{15 * time.Minute, 5 * time.Minute},
		{17 * time.Minute, 15 * time.Minute},
		{time.Hour, 15 * time.Minute},
		{61 * time.Minute, 15 * time.Minute},
		{62 * time.Minute, time.Hour},
		{365 * 24 * time.Hour, time.Hour},
	} {
		if got := PacemakerWait(now, now.Add(row.next)); got != row.want {
			t.Errorf("next slot in %v: waits %v, want %v", row.next, got, row.want)
		}
	}
	if got := PacemakerWait(now, time.Time{}); got != 0 {
		t.Errorf("without a next slot: waits %v", got)
	}
}

// TestPacemakerReachesEverySlot plays chains of waits, each a little longer than asked, as
// GitHub's are: each ends before the slot, and is the longest that does for certain, until a
// rescue stays for the slot.
func TestPacemakerReachesEverySlot(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 14))
	for range 200 {
		now := at("29 12:00")
		slot := now.Add(time.Second + time.Duration(random.Int64N(int64(26*time.Hour))))
		for !PacemakerStays(now, slot) {
			wait := PacemakerWait(now, slot)
			i := slices.Index(PacemakerWaits, wait)
			if i < 0 || !now.Add(wait+time.Minute).Before(slot) {
				t.Fatalf("%v before the slot it waits %v", slot.Sub(now), wait)
			}
			if i+1 < len(PacemakerWaits) && now.Add(PacemakerWaits[i+1]+time.Minute).Before(slot) {
				t.Fatalf("%v before the slot it waits only %v", slot.Sub(now), wait)
			}
			now = now.Add(wait + time.Duration(random.Int64N(int64(time.Minute))))
		}
		if left := slot.Sub(now); left <= 0 || left > 2*time.Minute {
			t.Fatalf("it stays for %v", left)
		}
	}
	if now := at("29 12:00"); PacemakerStays(now, now) || PacemakerStays(now, time.Time{}) {
		t.Error("it stays for a slot that has passed, or for none")
	}
}

func TestLinkShort(t *testing.T) {
	asked := at("29 12:00")
	for _, row := range []struct {
		wait, took time.Duration
		short      bool
	}{
		{time.Hour, time.Hour, false},
		{time.Hour, time.Hour + 40*time.Minute, false}, // the runner came late
		{time.Hour, time.Hour - 10*time.Second, false}, // by another clock
		{time.Hour, 59 * time.Minute, true},
		{time.Hour, 20 * time.Second, true},
		{time.Minute, 50 * time.Second, false},
		{time.Minute, 20 * time.Second, true},
		{time.Minute, -time.Hour, true},
	} {
		if got := (Link{row.wait, asked}).Short(asked.Add(row.took)); got != row.short {
			t.Errorf("waited %v of %v: short is %v", row.took, row.wait, got)
		}
	}
	if (Link{}).Short(asked) || (Link{Wait: time.Hour}).Short(asked) || (Link{Asked: asked}).Short(asked) {
		t.Error("a wait of which nothing is known is short")
	}
}

// TestPacemakerRuns counts the runs of a day that docs/pacemaker.md names, where each wait and
// each rescue after it takes half a minute longer than asked.
func TestPacemakerRuns(t *testing.T) {
	runs := func(every time.Duration) (n int) {
		begin := at("29 00:00")
		slot := begin.Add(every)
		for now := begin; now.Before(begin.Add(24 * time.Hour)); n++ {
			if PacemakerStays(now, slot) {
				now = slot
				slot = slot.Add(every)
			}
			now = now.Add(PacemakerWait(now, slot) + 30*time.Second)
		}
		return n
	}
	page, err := os.ReadFile("../../docs/pacemaker.md")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("With one daily job\nthat makes %d runs a day, with one hourly job %d", runs(24*time.Hour), runs(time.Hour))
	if !strings.Contains(string(page), want) {
		t.Errorf("docs/pacemaker.md does not say %q", want)
	}
}
