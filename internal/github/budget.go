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

// The most requests of one call that reads the runs of many jobs, those before it
// included. GITHUB_TOKEN has 1,000 an hour for each repository, a person's token 5,000 or
// more: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
const (
	sharedRequests = 900  // where the runs of jobs need some of them, or GitHub does not say how many there are
	ownRequests    = 2500 // where GitHub says so, and nothing is reserved
)

// allowance returns how many more requests such a call may send: half of those that were
// left when the client began, without those to leave to others, within the bounds.
func (c *Client) allowance(reserve int) int {
	sent, remaining := c.Sent(), c.Remaining()
	switch {
	case remaining < 0:
		return sharedRequests - sent
	case reserve > 0:
		return min(sharedRequests-sent, (remaining-reserve-sent)/2)
	}
	return min(ownRequests-sent, (remaining-sent)/2)
}

// budget limits the requests that ask runs for evidence. It is for several goroutines.
type budget struct {
	mu       sync.Mutex
	left     int   // requests, without those to try again
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
