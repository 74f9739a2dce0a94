package python

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
		a := Attempts{Backoff: row.backoff, Random: least}
		if got := a.wait(row.attempt); got != row.shortest {
			t.Errorf("backoff %v, attempt %d: at least %v, want %v", row.backoff, row.attempt, got, row.shortest)
		}
		a.Random = most
		if got := a.wait(row.attempt); got != row.bound-1 {
			t.Errorf("backoff %v, attempt %d: at most %v, want just below %v", row.backoff, row.attempt, got, row.bound)
		}
	}
}

// trial is an attempt as a test plans it.
type trial struct {
	takes   time.Duration
	outcome Outcome
}

// player plays trials on its own clock.
type player struct {
	now    time.Time
	signal time.Duration // when a signal comes; 0 if none does
	cancel context.CancelCauseFunc
	trials []trial
	log    []string // for each attempt when it began and what time it had, as "began/had"
}

var began = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// sleep lets time pass, up to the signal.
func (p *player) sleep(ctx context.Context, d time.Duration) {
	if left := p.signal - p.now.Sub(began); p.signal > 0 && left <= d && ctx.Err() == nil {
		p.now = p.now.Add(left)
		p.cancel(errors.New("signal"))
		return
	}
	p.now = p.now.Add(d)
}

// play returns how the attempts ended and how long all took.
func (p *player) play(t *testing.T, a Attempts) (Execution, time.Duration) {
	var ctx context.Context
	ctx, p.cancel = context.WithCancelCause(t.Context())
	defer p.cancel(nil)
	p.now = began
	a.Now, a.Sleep = func() time.Time { return p.now }, p.sleep
	e := a.Do(ctx, func(n int, timeout time.Duration) Outcome {
		if n != len(p.log)+1 || n > len(p.trials) {
			t.Fatalf("attempt %d after %d of %d", n, len(p.log), len(p.trials))
		}
		p.log = append(p.log, fmt.Sprintf("%v/%v", p.now.Sub(began), timeout))
		trial := p.trials[n-1]
		if trial.takes > timeout {
			trial.takes, trial.outcome = timeout, Outcome{Cause: "timed out"}
		}
		p.sleep(ctx, trial.takes)
		if ctx.Err() != nil {
			return Outcome{Cause: context.Cause(ctx).Error()}
		}
		return trial.outcome
	})
	return e, p.now.Sub(began)
}

func TestAttempts(t *testing.T) {
	bad, good, refused := Outcome{Cause: "bad"}, Outcome{OK: true}, Outcome{Cause: "bad", Refused: true}
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
		{"once, good", 1, 30 * s, m, 0, []trial{{s, good}}, "", "", s, []string{"0s/1m0s"}},
		{"once, bad", 1, 30 * s, m, 0, []trial{{s, bad}}, "", "bad", s, []string{"0s/1m0s"}},
		{"good at first", 3, 30 * s, m, 0, []trial{{s, good}}, "", "", s, []string{"0s/1m0s"}},
		{"good at last", 3, 10 * s, m, 0, []trial{{s, bad}, {s, bad}, {s, good}}, " at attempt 3 of 3", "", 18 * s, []string{"0s/1m0s", "6s/54s", "17s/43s"}},
		{"always bad", 3, 10 * s, m, 0, []trial{{s, bad}, {s, bad}, {s, bad}}, " after 3 attempts", "bad", 18 * s, []string{"0s/1m0s", "6s/54s", "17s/43s"}},
		{"refused", 3, 10 * s, m, 0, []trial{{s, refused}}, " after 1 of 3 attempts", "bad", s, []string{"0s/1m0s"}},
		{"times out at first", 3, 10 * s, m, 0, []trial{{m + s, good}}, " after 1 of 3 attempts", "timed out" + noTime, m, []string{"0s/1m0s"}},
		{"times out in what is left", 3, 10 * s, m, 0, []trial{{50 * s, bad}, {m, good}}, " after 2 of 3 attempts", "timed out" + noTime, m, []string{"0s/1m0s", "55s/5s"}},
		{"times out at last", 2, 10 * s, m, 0, []trial{{50 * s, bad}, {m, good}}, " after 2 attempts", "timed out", m, []string{"0s/1m0s", "55s/5s"}},
		{"a second is left", 2, 10 * s, m, 0, []trial{{54 * s, bad}, {s, good}}, " at attempt 2 of 2", "", m, []string{"0s/1m0s", "59s/1s"}},
		{"less than a second is left", 2, 10 * s, m, 0, []trial{{54*s + 1, bad}}, " after 1 of 2 attempts", "bad" + noTime, 54*s + 1, []string{"0s/1m0s"}},
		{"only whole seconds", 2, 10 * s, m, 0, []trial{{s + 1, bad}, {s, good}}, " at attempt 2 of 2", "", 7*s + 1, []string{"0s/1m0s", "6.000000001s/53s"}},
		{"overruns its time", 2, 10 * s, m, 0, []trial{{m, bad}}, " after 1 of 2 attempts", "bad" + noTime, m, []string{"0s/1m0s"}},
		{"no wait fits", 10, 24 * time.Hour, 720 * time.Hour, 0, []trial{{s, bad}, {s, bad}, {s, bad}, {s, bad}, {s, bad}, {s, bad}}, " after 6 of 10 attempts", "bad" + noTime, 372*time.Hour + 6*s,
			[]string{"0s/720h0m0s", "12h0m1s/707h59m59s", "36h0m2s/683h59m58s", "84h0m3s/635h59m57s", "180h0m4s/539h59m56s", "372h0m5s/347h59m55s"}},
		{"a signal at work", 3, 10 * s, m, s / 2, []trial{{s, bad}}, " after 1 of 3 attempts", "signal", s / 2, []string{"0s/1m0s"}},
		{"a signal while waiting", 3, 10 * s, m, 2 * s, []trial{{s, bad}}, " after 1 of 3 attempts", "signal", 2 * s, []string{"0s/1m0s"}},
		{"a signal at the second", 3, 10 * s, m, 7 * s, []trial{{s, bad}, {5 * s, bad}}, " after 2 of 3 attempts", "signal", 7 * s, []string{"0s/1m0s", "6s/54s"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := player{signal: row.cancel, trials: row.trials}
			e, took := p.play(t, Attempts{Most: row.most, Backoff: row.backoff, Timeout: row.timeout, Random: least, Failed: func(string) {}})
			if e.OK != (row.cause == "") || e.Cause != row.cause || e.After() != row.after || took != row.took {
				t.Errorf("after %v: %+v,%s", took, e, e.After())
			}
			if diff := cmp.Diff(row.log, p.log); diff != "" {
				t.Errorf("attempts (-want +got):\n%s", diff)
			}
		})
	}
}

// What an owner reads of an attempt that failed, unless it was the last.
func TestAttemptsTold(t *testing.T) {
	var told []string
	bad := trial{10 * time.Second, Outcome{Cause: "ValueError: bad"}}
	p := player{trials: []trial{bad, bad, bad}}
	p.play(t, Attempts{Most: 3, Backoff: 30 * time.Second, Timeout: time.Hour, Random: most, Failed: func(remark string) { told = append(told, remark) }})
	want := []string{
		"attempt 1 of 3 failed: ValueError: bad; trying again in 30s, for at most 59m20s",
		"attempt 2 of 3 failed: ValueError: bad; trying again in 1m0s, for at most 58m10s",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// For all options, durations and random numbers: attempts and waits end within the
// timeout, each attempt gets the whole seconds that are left, each wait is in its
// bounds, and nothing is tried after a success.
func TestAttemptsProperty(t *testing.T) {
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 0))
		some := func(n time.Duration) time.Duration { return time.Duration(random.Int64N(int64(n))) }
		now := began
		a := Attempts{
			Most:    1 + random.IntN(10),
			Backoff: time.Second + some(30*time.Second).Truncate(time.Second),
			Timeout: time.Second + some(time.Hour).Truncate(time.Second),
			Random:  some,
			Failed:  func(string) {},
			Now:     func() time.Time { return now },
			Sleep:   func(_ context.Context, d time.Duration) { now = now.Add(d) },
		}
		var ends []time.Duration
		e := a.Do(t.Context(), func(n int, timeout time.Duration) Outcome {
			at := now.Sub(began)
			if left := a.Timeout - at; timeout < time.Second || timeout != left.Truncate(time.Second) {
				t.Errorf("seed %d: attempt %d gets %v of %v", seed, n, timeout, left)
			}
			if full := a.Backoff << max(0, n-2); n > 1 && (at-ends[n-2] < full/2 || at-ends[n-2] >= full) {
				t.Errorf("seed %d: attempt %d comes %v after the one before", seed, n, at-ends[n-2])
			}
			now = now.Add(min(timeout, some(a.Timeout/2)))
			ends = append(ends, now.Sub(began))
			return Outcome{OK: random.IntN(8) == 0}
		})
		if took := now.Sub(began); took > a.Timeout || took != ends[len(ends)-1] {
			t.Errorf("seed %d: took %v of %v, the last attempt ended at %v", seed, took, a.Timeout, ends)
		}
		if e.Attempt != len(ends) || e.Attempt > a.Most {
			t.Errorf("seed %d: %d attempts of %d, says %d", seed, len(ends), a.Most, e.Attempt)
		}
	}
}
