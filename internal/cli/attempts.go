package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/scheduled-actions/scheduled/internal/python"
)

// attempts are how often an entrypoint is tried within one run, and when.
type attempts struct {
	most    int
	backoff time.Duration                     // the longest first wait; it doubles from wait to wait
	timeout time.Duration                     // of all attempts and the waits between them; whole seconds
	random  func(time.Duration) time.Duration // from 0 to below its argument, as rand.N
	failed  func(remark string)               // told of each failure that is not the last
}

// execution is how the attempts at an entrypoint ended.
type execution struct {
	python.Outcome     // of the last one
	attempt        int // which that was, from 1
	most           int // how many there could have been
}

// do tries until an attempt succeeds or says that no other can, until they or
// their time are used up, or until ctx ends. Each attempt gets the time that is
// left, in whole seconds, and none begins with less than one.
func (a attempts) do(ctx context.Context, try func(n int, timeout time.Duration) (o python.Outcome, again bool)) execution {
	end := time.Now().Add(a.timeout)
	left := a.timeout
	for n := 1; ; n++ {
		outcome, again := try(n, left)
		e := execution{outcome, n, a.most}
		if e.OK || !again || n == a.most || ctx.Err() != nil {
			return e
		}
		wait := a.wait(n)
		if left = (time.Until(end) - wait).Truncate(time.Second); left <= 0 {
			e.Cause += "; the timeout leaves no time for another attempt"
			return e
		}
		a.failed(fmt.Sprintf("attempt %d of %d failed: %s; trying again in %v, for at most %v",
			n, a.most, e.Cause, wait.Round(time.Second), left))
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		if ctx.Err() != nil {
			e.Outcome = python.Outcome{Cause: context.Cause(ctx).Error()}
			return e
		}
	}
}

// wait returns how long to wait after the n-th attempt: half of it is random,
// so that jobs that failed together do not come back together.
func (a attempts) wait(n int) time.Duration {
	full := a.backoff << (n - 1)
	return full/2 + a.random(full/2)
}

// after says which attempt was the last, where there could have been several.
func (e execution) after() string {
	switch {
	case e.most == 1 || e.OK && e.attempt == 1:
		return ""
	case e.OK:
		return fmt.Sprintf(" at attempt %d of %d", e.attempt, e.most)
	case e.attempt == e.most:
		return fmt.Sprintf(" after %d attempts", e.most)
	}
	return fmt.Sprintf(" after %d of %d attempts", e.attempt, e.most)
}
