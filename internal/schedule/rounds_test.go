package schedule

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
)

// TestRounds pins the ticks of some projects: they are frozen.
func TestRounds(t *testing.T) {
	rows := []struct {
		project     string
		every       time.Duration
		crons, want string
	}{
		{"", 15 * time.Minute, "26,41,56 * * * *|11 0 * * *|11 1 * * *|… 26", "every 15 minutes from minute 11"},
		{"", time.Hour, "56 0 * * *|56 1 * * *|56 2 * * *|… 25", "every hour at minute 56"},
		{"", 6 * time.Hour, "56 5 * * *|56 11 * * *|56 17 * * *|56 23 * * *", "every 6 hours from 05:56 UTC"},
		{"demo-175", 15 * time.Minute, "17,32,47 * * * *|2 0 * * *|2 1 * * *|… 26", "every 15 minutes from minute 2"},
		{"demo-175", 6 * time.Hour, "17 4 * * *|17 10 * * *|17 16 * * *|17 22 * * *", "every 6 hours from 04:17 UTC"},
	}
	for _, row := range rows {
		r := NewRounds(row.project, row.every)
		var crons []string
		for _, c := range r.Crons() {
			crons = append(crons, c.Expr)
		}
		if len(crons) > 4 {
			crons = append(crons[:3], fmt.Sprintf("… %d", len(crons)+1))
		}
		if got := strings.Join(crons, "|"); got != row.crons || r.String() != row.want {
			t.Errorf("%q, %v: %s, %s", row.project, row.every, r, got)
		}
	}
	if none := (Rounds{}); none.Crons() != nil || none.Every() != 0 {
		t.Errorf("no rounds: %v", none.Crons())
	}
}

// TestRoundsNext checks Next against the crons that GitHub reads, and both against
// the minutes that ticks may have.
func TestRoundsNext(t *testing.T) {
	for _, project := range []string{"", "a", "b", "demo-175", "c", "d", "e"} {
		for _, every := range RoundsEvery {
			r := NewRounds(project, every)
			var entries []cron.Schedule
			for _, c := range r.Crons() {
				parsed, err := cron.ParseStandard(c.Expr)
				if err != nil {
					t.Fatal(err)
				}
				entries = append(entries, parsed)
			}
			now := at("21 23:59").Add(-time.Minute)
			for range 200 {
				want := entries[0].Next(now)
				for _, e := range entries[1:] {
					if next := e.Next(now); next.Before(want) {
						want = next
					}
				}
				if got := r.Next(now); !got.Equal(want) || !slices.Contains(minutes, got.Minute()) {
					t.Fatalf("%q, %v, after %v: %v, want %v", project, every, now, got, want)
				}
				if got := r.Next(want.Add(-time.Second)); !got.Equal(want) {
					t.Fatalf("%q, %v, a second before %v: %v", project, every, want, got)
				}
				now = want
			}
		}
	}
}

// TestRoundsNeeded has jobs with windows of any length: the ticks that they need are
// among those of the rescue, and as far apart as the row says.
func TestRoundsNeeded(t *testing.T) {
	const day = 24 * time.Hour
	for _, row := range []struct {
		shortest, every, apart time.Duration
		crons                  int
	}{
		{15 * time.Minute, 15 * time.Minute, 15 * time.Minute, 25},
		{4*time.Hour - 1, 15 * time.Minute, 15 * time.Minute, 25},
		{4 * time.Hour, 15 * time.Minute, time.Hour, 24},
		{22 * time.Hour, 15 * time.Minute, time.Hour, 24},
		{23 * time.Hour, 15 * time.Minute, 6 * time.Hour, 4},
		{day, 15 * time.Minute, 6 * time.Hour, 4},
		{6 * day, 15 * time.Minute, 6 * time.Hour, 4},
		{7*day - time.Hour, 15 * time.Minute, day, 1},
		{28 * day, 15 * time.Minute, day, 1},
		{time.Hour, time.Hour, time.Hour, 24},
		{day, time.Hour, 6 * time.Hour, 4},
		{28 * day, time.Hour, day, 1},
		{time.Hour, 6 * time.Hour, 6 * time.Hour, 4},
		{day, 6 * time.Hour, 6 * time.Hour, 4},
		{28 * day, 6 * time.Hour, day, 1},
	} {
		for _, project := range []string{"", "a", "demo-175"} {
			r := NewRounds(project, row.every)
			needed := r.Needed(row.shortest)
			ticks := 0
			for _, c := range needed {
				parsed, err := cron.ParseStandard(c.Expr)
				if err != nil || !slices.Contains(r.Crons(), c) {
					t.Fatalf("%+v, %q: %s: %v", row, project, c.Expr, err)
				}
				for at := parsed.Next(at("21 00:00").Add(-1)); at.Day() == 21; at = parsed.Next(at) {
					ticks++
				}
			}
			if len(needed) != row.crons || ticks != int(day/row.apart) {
				t.Errorf("%+v, %q: %d crons with %d ticks a day", row, project, len(needed), ticks)
			}
		}
	}
	if needed := (Rounds{}).Needed(day); needed != nil {
		t.Errorf("no rounds need %v", needed)
	}
}
