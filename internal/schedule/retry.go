package schedule

import "time"

// firstRetry is how long a resident loop waits after the second failure in a window.
const firstRetry = 15 * time.Second

// Retry returns when a resident loop may execute a window, given the job's runs: at once
// without a failure or after the first one, and 15, 30, 60 seconds and so on after the end
// of the next ones. A run whose end is not known counts from its start. No failure counts
// that lies ahead of now: it is of a clock that was wrong. Where a run confirms the window
// that lies ahead, it may be executed from then on, when Decide finds that it need not be.
func Retry(w Window, runs []Run, now time.Time) (at time.Time) {
	failed := 0
	for _, r := range runs {
		switch {
		case r.Confirms(w) && r.Started.After(now):
			return r.Started
		case !r.serves(w) || !r.Started.IsZero() || r.Active || r.Updated.After(now):
			continue
		}
		failed++
		if r.Updated.After(at) {
			at = r.Updated
		}
	}
	if failed < 2 {
		return now
	}
	wait := firstRetry
	for ; failed > 2 && wait < w.End.Sub(w.Start); failed-- {
		wait *= 2
	}
	return at.Add(wait)
}
