package cli

import (
	"bytes"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// heard keeps what several goroutines write.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stderr heard
		p := Program{Stderr: &stderr}
		stop := p.progress(func() string { return "still at it" })
		time.Sleep(1999 * time.Millisecond)
		synctest.Wait()
		if said := stderr.String(); said != "" {
			t.Errorf("said before two seconds were over: %q", said)
		}
		time.Sleep(3 * time.Second)
		stop()
		if said, want := stderr.String(), "still at it\nstill at it\n"; said != want {
			t.Errorf("said %q, want %q", said, want)
		}
	})
}

func TestParseAge(t *testing.T) {
	rows := []struct {
		age  string
		want time.Duration // zero: refused
	}{
		{"30d", 30 * 24 * time.Hour}, {"1d", 24 * time.Hour}, {"36h", 36 * time.Hour}, {"1h30m", 90 * time.Minute},
		{"65535d", 36500 * 24 * time.Hour},
		{"d", 0}, {"-3d", 0}, {"1.5d", 0}, {"3", 0}, {"3w", 0}, {"99999999d", 0}, {"yesterday", 0},
	}
	for _, row := range rows {
		if got, err := parseAge(row.age); (err == nil) != (row.want != 0) || err == nil && got != row.want {
			t.Errorf("%q: %v, %v; want %v", row.age, got, err, row.want)
		}
	}
}
