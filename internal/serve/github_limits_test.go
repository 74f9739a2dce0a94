package serve

import (
	"testing"
	"time"
)

// TestAnswered has a minute's dispatches answered late: GitHub may have got them late, too, so
// the next one waits for a minute after that.
func TestAnswered(t *testing.T) {
	var l limits
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for i := range perMinute {
		sent := at.Add(time.Duration(i) * 10 * time.Millisecond)
		l.note(sent)
		l.answered(sent, sent.Add(4*time.Second))
	}
	if opens, want := l.opens(at.Add(5*time.Second)), at.Add(64*time.Second+margin); !opens.Equal(want) {
		t.Errorf("another one may be sent at %v, want %v", opens, want)
	}
}
