package github

import (
	"context"
	"sync"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// evidenceShare is the part of the requests that GitHub still grants which one call may
// take to ask the runs of many jobs for evidence: the ticks of jobs and the next calls
// need some as well.
const evidenceShare = 4

// budget limits the requests that ask runs for evidence. It is for several goroutines.
type budget struct {
	mu       sync.Mutex
	left     int   // requests
	failures int   // in a row
	vain     error // why no other run would answer, too
}

// budget returns one of at most that many requests. reserve is the number of requests to
// leave to others.
func (c *Client) budget(most, reserve int) *budget {
	if remaining := c.Remaining(); remaining >= 0 {
		most = min(most, (remaining-reserve)/evidenceShare)
	}
	return &budget{left: most}
}

// take reports whether a run may be asked, which may take a request for each of its
// attempts.
func (b *budget) take(ctx context.Context, run schedule.Run) bool {
	requests := 1
	if !run.Success {
		requests += min(attempts, max(0, run.Attempt-1))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if ctx.Err() != nil || b.left < requests {
		return false
	}
	b.left -= requests
	return true
}

// note takes in what became of a request. No more are sent once a right is missing or a
// rate limit is used up, or more in a row failed than are sent at once.
func (b *budget) note(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.failures = 0
		return
	}
	if b.failures++; b.vain == nil && (hopeless(err) || b.failures > atOnce) {
		b.left, b.vain = 0, err
	}
}
