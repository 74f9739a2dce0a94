package python

import (
	"context"
	"fmt"
	"time"
)

// Attempts is how often an entrypoint is tried within one run, and when.
type Attempts struct {
	Most    int
	Backoff time.Duration // the longest first wait; it doubles from wait to wait
	Timeout time.Duration // for all attempts and the waits between them, in whole seconds

	Random func(time.Duration) time.Duration    // from 0 to below its argument, as rand.N
	Now    func() time.Time                     // the clock
	Sleep  func(context.Context, time.Duration) // returns early when the context ends
	Failed func(remark string)                  // gets each failure except the last
}

// Execution is how the attempts at an entrypoint ended.
type Execution struct {
	Outcome     // of the last attempt
	Attempt int // its number, from 1
	Most    int // the maximum number
}

// Do tries until an attempt succeeds or is refused, until the attempts or their time
// are used up, or until ctx ends. Each attempt gets the remaining time in whole
// seconds, and needs at least one.
func (a Attempts) Do(ctx context.Context, try func(n int, timeout time.Duration) Outcome) Execution {
	end := a.Now().Add(a.Timeout)
	left := a.Timeout
	for n := 1; ; n++ {
		e := Execution{try(n, left), n, a.Most}
		if e.OK || e.Refused || n == a.Most || ctx.Err() != nil {
			return e
		}
		wait := a.wait(n)
		if left = (end.Sub(a.Now()) - wait).Truncate(time.Second); left <= 0 {
			e.Cause += "; the timeout leaves no time for another attempt"
			return e
		}
		a.Failed(fmt.Sprintf("attempt %d of %d failed: %s; trying again in %v, for at most %v",
			n, a.Most, e.Cause, wait.Round(time.Second), left))
		a.Sleep(ctx, wait)
		if ctx.Err() != nil {
			e.Outcome = Outcome{Cause: context.Cause(ctx).Error()}
			return e
		}
	}
}

// wait returns how long to wait after the n-th attempt. Half of it is random, so that
// jobs that failed together are not tried again together.
func (a Attempts) wait(n int) time.Duration {
	full := a.Backoff << (n - 1)
	return full/2 + a.Random(full/2)
}

// After says which attempt was the last, if several were possible.
func (e Execution) After() string {
	switch {
	case e.Most == 1 || e.OK && e.Attempt == 1:
		return ""
	case e.OK:
		return fmt.Sprintf(" at attempt %d of %d", e.Attempt, e.Most)
	case e.Attempt == e.Most:
		return fmt.Sprintf(" after %d attempts", e.Most)
	}
	return fmt.Sprintf(" after %d of %d attempts", e.Attempt, e.Most)
}

// Sleep waits, at most until the context ends.
func Sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
