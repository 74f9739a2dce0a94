package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/atomic"
)

// maxRequest is more than a request to cancel ever takes, in bytes.
const maxRequest = 100

// Cancel asks the process that executes an older slot than this one in that lane to stop.
// Where a newer slot has asked already, it changes nothing. A request that nobody needs
// any more does no harm: it never stops the execution of its own slot or a newer one.
func (l *Ledger) Cancel(jobID string, lane Lane, slot time.Time) error {
	dir, err := l.folder()
	if err != nil {
		return fmt.Errorf("cancel job %q: %w", jobID, err)
	}
	defer dir.Close()
	if !cancelledFor(dir, jobID, lane).Before(slot) {
		return nil
	}
	if err := atomic.Write(dir.Root, cancelName(dir.of, jobID, lane), []byte(slot.UTC().Format(time.RFC3339)+"\n"), 0o600); err != nil {
		return fmt.Errorf("cancel job %q: %w", jobID, l.withHint(err))
	}
	return nil
}

// Uncancel removes a request for a slot that is still to come at now: it is of a clock that
// was ahead, or damage, and would stop every execution until then. The caller has the lock
// of the lane. Who is waiting for it asks again.
func (l *Ledger) Uncancel(jobID string, lane Lane, now time.Time) error {
	dir, err := l.folder()
	if err != nil {
		return fmt.Errorf("look for requests to cancel job %q: %w", jobID, err)
	}
	defer dir.Close()
	if !cancelledFor(dir, jobID, lane).After(now) {
		return nil
	}
	if err := dir.Remove(cancelName(dir.of, jobID, lane)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove request to cancel job %q: %w", jobID, l.withHint(err))
	}
	return nil
}

// Cancelled reports whether a newer slot has asked the process that executes this one in
// that lane to stop. A ledger that cannot be read stops nothing.
func (l *Ledger) Cancelled(jobID string, lane Lane, slot time.Time) bool {
	dir, err := l.folder()
	if err != nil {
		return false
	}
	defer dir.Close()
	return cancelledFor(dir, jobID, lane).After(slot)
}

// cancelledFor returns the slot that asked last; zero if none has.
func cancelledFor(dir place, jobID string, lane Lane) time.Time {
	content, err := readFile(dir.Root, cancelName(dir.of, jobID, lane), maxRequest)
	if err != nil {
		return time.Time{}
	}
	slot, err := time.Parse(time.RFC3339, strings.TrimSpace(string(content)))
	if err != nil {
		return time.Time{}
	}
	return slot
}

func cancelName(of, jobID string, lane Lane) string {
	return laneName(of, jobID, lane) + ".cancel"
}
