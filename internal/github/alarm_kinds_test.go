package github

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// of has an alarm be of another kind, for a window.
func (a Alarm) of(kind schedule.Event, window time.Time) Alarm {
	a.Kind, a.Window = kind, window
	return a
}

// TestAlarmKinds has issues of several kinds for one job: each has a life of its own.
func TestAlarmKinds(t *testing.T) {
	fake := ghtest.New(t)
	missed, expired := schedule.JobMissed, schedule.JobExpired
	next := noon.Add(time.Hour)
	both := failing("a", "once").of(missed, next)
	both.Over, both.End = true, "works"
	steps := []struct {
		name   string
		alarms []Alarm
		want   string
	}{
		{"it fails", []Alarm{failing("a", "once")}, "created #1"},
		{"it missed a window too", []Alarm{failing("a", "once"), failing("a", "once").of(missed, noon)}, "created #2"},
		{"it works", []Alarm{fine("a"), fine("a").of(missed, next)}, "closed #1, closed #2"},
		{"the same window", []Alarm{failing("a", "once").of(missed, noon)}, ""},
		{"the next one, which is over when it is seen", []Alarm{both}, "created #3"},
		{"and then", []Alarm{both}, "closed #3"},
		{"no more of it", []Alarm{both}, ""},
		{"another kind", []Alarm{failing("a", "once").of(expired, noon)}, "created #4"},
	}
	for _, step := range steps {
		if got := alarmed(t, fake, step.alarms...); got != step.want {
			t.Fatalf("%s: %s, want %s", step.name, got, step.want)
		}
	}
}

// TestAlarmOlder takes over an issue that an older version opened: it is of a job that
// failed.
func TestAlarmOlder(t *testing.T) {
	fake := ghtest.New(t)
	fake.Track(ghtest.Issue{State: "open", Title: "Scheduled job a fails", Labels: []string{alarmLabel},
		Body: "It fails.\n\n<!-- scheduled: {\"project\":\"pyproject.toml\",\"job\":\"a\",\"failing\":true} -->\n"})
	got := alarmed(t, fake, failing("a", "once"), failing("a", "once").of(schedule.JobMissed, noon)) + ", " + alarmed(t, fake, fine("a"))
	if got != "created #2, updated #1, closed #1" {
		t.Error(got)
	}
}

// TestAlarmPaused keeps the issue of a job that was paused because of it, until it runs
// again. That of one that a person paused is closed.
func TestAlarmPaused(t *testing.T) {
	for _, byUs := range []bool{true, false} {
		fake := ghtest.New(t)
		alarm, held := failing("a", "once"), fine("a")
		alarm.Paused, held.Held = byUs, true
		want := "created #1, closed #1"
		if byUs {
			want = "created #1, , closed #1"
		}
		got := alarmed(t, fake, alarm) + ", " + alarmed(t, fake, held)
		if byUs {
			got += ", " + alarmed(t, fake, fine("a"))
		}
		if got != want {
			t.Errorf("by us %v: %s", byUs, got)
		}
	}
}

// TestAlarmDry says what would be done, does not ask for a body, and changes nothing.
func TestAlarmDry(t *testing.T) {
	fake := ghtest.New(t)
	alarmed(t, fake, failing("a", "once"))
	fake.Requests()
	unasked := failing("b", "once")
	unasked.Body = func(context.Context, time.Time) string { t.Error("asked for a body"); return "" }
	done, err := newClient(t, fake.URL).Alarm(t.Context(), []Alarm{fine("a"), unasked}, none, true)
	if err != nil || len(done.Changed) != 2 || done.Changed[0].Operation != Closed || done.Changed[1].Operation != Created || len(open(fake)) != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	for _, request := range fake.Requests() {
		if !strings.HasPrefix(request.String(), "GET ") {
			t.Error(request)
		}
	}
}

// TestAlarmSame asks for no body, and so for no cause, where nothing changed.
func TestAlarmSame(t *testing.T) {
	fake := ghtest.New(t)
	alarm, made := failing("a", "once"), 0
	alarm.Body = func(context.Context, time.Time) string { made++; return "text" }
	for range 3 {
		alarmed(t, fake, alarm)
	}
	if made != 1 {
		t.Errorf("made %d bodies", made)
	}
}
