package github

import (
	"net/http"
	"testing"
)

// TestRateLimit has answers that come in another order than they were sent in.
func TestRateLimit(t *testing.T) {
	var limit rateLimit
	for i, row := range []struct {
		remaining, reset string
		want             int
	}{
		{"", "", -1},
		{"many", "100", -1},
		{"50", "100", 50},
		{"48", "100", 48},
		{"49", "100", 48},
		{"", "", 48},
		{"1000", "200", 1000},
		{"47", "100", 1000},
		{"999", "200", 999},
		{"0", "200", 0},
	} {
		header := http.Header{}
		header.Set("X-RateLimit-Remaining", row.remaining)
		header.Set("X-RateLimit-Reset", row.reset)
		limit.note(header)
		if got := limit.left(); got != row.want {
			t.Errorf("answer %d: %d left, want %d", i, got, row.want)
		}
	}
}
