package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/python"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// least and most are the ends of what rand.N can return.
func least(time.Duration) time.Duration  { return 0 }
func most(n time.Duration) time.Duration { return n - 1 }

func TestAttemptsWait(t *testing.T) {
	for _, row := range []struct {
		backoff         time.Duration
		attempt         int
		shortest, bound time.Duration
	}{
		{time.Second, 1, time.Second / 2, time.Second},
		{30 * time.Second, 1, 15 * time.Second, 30 * time.Second},
		{30 * time.Second, 2, 30 * time.Second, time.Minute},
		{30 * time.Second, 3, time.Minute, 2 * time.Minute},
		{30 * time.Second, 9, 64 * time.Minute, 128 * time.Minute},
		{24 * time.Hour, 9, 128 * 24 * time.Hour, 256 * 24 * time.Hour},
	} {
		a := attempts{backoff: row.backoff, random: least}
		if got := a.wait(row.attempt); got != row.shortest {
			t.Errorf("backoff %v, attempt %d: at least %v, want %v", row.backoff, row.attempt, got, row.shortest)
		}
		a.random = most
		if got := a.wait(row.attempt); got != row.bound-1 {
			t.Errorf("backoff %v, attempt %d: at most %v, want just below %v", row.backoff, row.attempt, got, row.bound)
		}
	}
}

// trial is an attempt as a test plans it.
type trial struct {
	takes   time.Duration
	outcome python.Outcome
	never   bool // no other can be better
}

// play runs trials on a clock that jumps. It returns how long all took, and for
// each attempt when it began and what time it had, as "began/had".
func play(t *testing.T, ctx context.Context, a attempts, trials []trial) (e execution, took time.Duration, log []string) {
	began := time.Now()
	e = a.do(ctx, func(n int, timeout time.Duration) (python.Outcome, bool) {
		if n != len(log)+1 || n > len(trials) {
			t.Fatalf("attempt %d after %d of %d", n, len(log), len(trials))
		}
		log = append(log, fmt.Sprintf("%v/%v", time.Since(began), timeout))
		p := trials[n-1]
		if p.takes > timeout {
			p.takes, p.outcome = timeout, python.Outcome{Cause: "timed out"}
		}
		select {
		case <-time.After(p.takes):
		case <-ctx.Done():
			p.outcome = python.Outcome{Cause: context.Cause(ctx).Error()}
		}
		return p.outcome, !p.never
	})
	return e, time.Since(began), log
}

func TestAttempts(t *testing.T) {
	bad, good := python.Outcome{Cause: "bad"}, python.Outcome{OK: true}
	const s, m = time.Second, time.Minute
	const noTime = "; the timeout leaves no time for another attempt"
	for _, row := range []struct {
		name             string
		most             int
		backoff, timeout time.Duration
		cancel           time.Duration // when a signal comes; 0 if none does
		trials           []trial
		after            string
		cause            string // "" if it succeeds
		took             time.Duration
		log              []string
	}{
		{"once, good", 1, 30 * s, m, 0, []trial{{s, good, false}}, "", "", s, []string{"0s/1m0s"}},
		{"once, bad", 1, 30 * s, m, 0, []trial{{s, bad, false}}, "", "bad", s, []string{"0s/1m0s"}},
		{"good at first", 3, 30 * s, m, 0, []trial{{s, good, false}}, "", "", s, []string{"0s/1m0s"}},
		{"good at last", 3, 10 * s, m, 0, []trial{{s, bad, false}, {s, bad, false}, {s, good, false}}, " at attempt 3 of 3", "", 18 * s, []string{"0s/1m0s", "6s/54s", "17s/43s"}},
		{"always bad", 3, 10 * s, m, 0, []trial{{s, bad, false}, {s, bad, false}, {s, bad, false}}, " after 3 attempts", "bad", 18 * s, []string{"0s/1m0s", "6s/54s", "17s/43s"}},
		{"never better", 3, 10 * s, m, 0, []trial{{s, bad, true}}, " after 1 of 3 attempts", "bad", s, []string{"0s/1m0s"}},
		{"times out at first", 3, 10 * s, m, 0, []trial{{m + s, good, false}}, " after 1 of 3 attempts", "timed out" + noTime, m, []string{"0s/1m0s"}},
		{"times out in what is left", 3, 10 * s, m, 0, []trial{{50 * s, bad, false}, {m, good, false}}, " after 2 of 3 attempts", "timed out" + noTime, m, []string{"0s/1m0s", "55s/5s"}},
		{"times out at last", 2, 10 * s, m, 0, []trial{{50 * s, bad, false}, {m, good, false}}, " after 2 attempts", "timed out", m, []string{"0s/1m0s", "55s/5s"}},
		{"a second is left", 2, 10 * s, m, 0, []trial{{54 * s, bad, false}, {s, good, false}}, " at attempt 2 of 2", "", m, []string{"0s/1m0s", "59s/1s"}},
		{"less than a second is left", 2, 10 * s, m, 0, []trial{{54*s + 1, bad, false}}, " after 1 of 2 attempts", "bad" + noTime, 54*s + 1, []string{"0s/1m0s"}},
		{"only whole seconds", 2, 10 * s, m, 0, []trial{{s + 1, bad, false}, {s, good, false}}, " at attempt 2 of 2", "", 7*s + 1, []string{"0s/1m0s", "6.000000001s/53s"}},
		{"overruns its time", 2, 10 * s, m, 0, []trial{{m, bad, false}}, " after 1 of 2 attempts", "bad" + noTime, m, []string{"0s/1m0s"}},
		{"no wait fits", 10, 24 * time.Hour, 720 * time.Hour, 0, []trial{{s, bad, false}, {s, bad, false}, {s, bad, false}, {s, bad, false}, {s, bad, false}, {s, bad, false}}, " after 6 of 10 attempts", "bad" + noTime, 372*time.Hour + 6*s,
			[]string{"0s/720h0m0s", "12h0m1s/707h59m59s", "36h0m2s/683h59m58s", "84h0m3s/635h59m57s", "180h0m4s/539h59m56s", "372h0m5s/347h59m55s"}},
		{"a signal at work", 3, 10 * s, m, s / 2, []trial{{s, bad, false}}, " after 1 of 3 attempts", "signal", s / 2, []string{"0s/1m0s"}},
		{"a signal while waiting", 3, 10 * s, m, 2 * s, []trial{{s, bad, false}}, " after 1 of 3 attempts", "signal", 2 * s, []string{"0s/1m0s"}},
		{"a signal at the second", 3, 10 * s, m, 7 * s, []trial{{s, bad, false}, {5 * s, bad, false}}, " after 2 of 3 attempts", "signal", 7 * s, []string{"0s/1m0s", "6s/54s"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if row.cancel > 0 {
					time.AfterFunc(row.cancel, func() { cancel(errors.New("signal")) })
				}
				a := attempts{row.most, row.backoff, row.timeout, least, func(string) {}}
				e, took, log := play(t, ctx, a, row.trials)
				if e.OK != (row.cause == "") || e.Cause != row.cause || e.after() != row.after || took != row.took {
					t.Errorf("after %v: %+v,%s", took, e, e.after())
				}
				if diff := cmp.Diff(row.log, log); diff != "" {
					t.Errorf("attempts (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// What an owner reads of an attempt that failed, and of no other.
func TestAttemptsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		a := attempts{3, 30 * time.Second, time.Hour, most, func(remark string) { told = append(told, remark) }}
		bad := trial{10 * time.Second, python.Outcome{Cause: "ValueError: bad"}, false}
		play(t, t.Context(), a, []trial{bad, bad, bad})
		want := []string{
			"attempt 1 of 3 failed: ValueError: bad; trying again in 30s, for at most 59m20s",
			"attempt 2 of 3 failed: ValueError: bad; trying again in 1m0s, for at most 58m10s",
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// Whatever the options, the durations and the luck: attempts and waits end
// within the timeout, each attempt gets the whole seconds that are left, each
// wait is in its bounds, and nothing is tried after a success.
func TestAttemptsProperty(t *testing.T) {
	for seed := range uint64(2000) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			some := func(n time.Duration) time.Duration { return time.Duration(random.Int64N(int64(n))) }
			a := attempts{
				most:    1 + random.IntN(10),
				backoff: time.Second + some(30*time.Second).Truncate(time.Second),
				timeout: time.Second + some(time.Hour).Truncate(time.Second),
				random:  some,
				failed:  func(string) {},
			}
			begin := time.Now()
			var ends []time.Duration
			e := a.do(t.Context(), func(n int, timeout time.Duration) (o python.Outcome, again bool) {
				now := time.Since(begin)
				if left := a.timeout - now; timeout < time.Second || timeout != left.Truncate(time.Second) {
					t.Errorf("seed %d: attempt %d gets %v of %v", seed, n, timeout, left)
				}
				if full := a.backoff << max(0, n-2); n > 1 && (now-ends[n-2] < full/2 || now-ends[n-2] >= full) {
					t.Errorf("seed %d: attempt %d comes %v after the one before", seed, n, now-ends[n-2])
				}
				time.Sleep(min(timeout, some(a.timeout/2)))
				ends = append(ends, time.Since(begin))
				return python.Outcome{OK: random.IntN(8) == 0}, true
			})
			if took := time.Since(begin); took > a.timeout || took != ends[len(ends)-1] {
				t.Errorf("seed %d: took %v of %v, the last attempt ended at %v", seed, took, a.timeout, ends)
			}
			if e.attempt != len(ends) || e.attempt > a.most {
				t.Errorf("seed %d: %d attempts of %d, says %d", seed, len(ends), a.most, e.attempt)
			}
		})
	}
}

// A re-run counts on from the last number that the run before could have had.
func TestAttemptNumbers(t *testing.T) {
	for _, row := range []struct {
		runAttempt, attempts, n int
		want                    string
	}{
		{1, 1, 1, "1"},
		{2, 1, 1, "2"},
		{1, 3, 1, "1"},
		{1, 3, 3, "3"},
		{2, 3, 1, "4"},
		{2, 3, 3, "6"},
		{5, 10, 10, "50"},
	} {
		job := pyproject.Job{Options: pyproject.Options{Attempts: row.attempts}}
		environ := variables{runAttempt: row.runAttempt}.environ(job, row.n)
		if !slices.Contains(environ, "SCHEDULED_ATTEMPT="+row.want) {
			t.Errorf("%+v: %v", row, environ)
		}
	}
}

// What only imports a module is told of the window that holds.
func TestVariablesNow(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	job := pyproject.Job{ID: "clean", Schedule: schedule.New("day", "acme", "clean")}
	window := job.Schedule.Window(now)
	environ := (&Program{Now: func() time.Time { return now }}).variablesNow(job).environ(job, 1)
	for _, want := range []string{
		"SCHEDULED_WINDOW_START=" + window.Start.Format(time.RFC3339), "SCHEDULED_KEY=" + window.Key("clean"),
		"SCHEDULED_ATTEMPT=1", "SCHEDULED_TRIGGER=local", "SCHEDULED_MISSED=0",
	} {
		if !slices.Contains(environ, want) {
			t.Errorf("no %s in %q", want, environ)
		}
	}
}
