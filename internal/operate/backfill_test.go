package operate

import (
	"testing"

	"github.com/scheduled-actions/scheduled/internal/github/ghtest"
)

// TestBackfillUnlisted has GitHub fail between the history and the first run: no slot is
// told as one that was started, or would be.
func TestBackfillUnlisted(t *testing.T) {
	fake, e, wishes, _ := newEngine(t, 1)
	fake.Break(ghtest.Fault{Path: "/runs", Skip: 1, Status: 403, Body: `{"message":"Resource not accessible by integration"}`})
	done, err := backfill(t.Context(), t, e, wishes[0].Job, "2026-10-01", "2026-10-03", func(*Backfill) {})
	if err == nil || len(done.Slots) > 0 || len(fake.Dispatches()) > 0 {
		t.Errorf("%+v, %v", done, err)
	}
}
