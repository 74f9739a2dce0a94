package past

import (
	"testing"
	"time"
)

func TestLate(t *testing.T) {
	rows := []struct {
		lateness time.Duration
		want     string
	}{
		{0, "0s"},
		{59*time.Second + 999*time.Millisecond, "59s"},
		{time.Minute, "1m"},
		{59*time.Minute + 59*time.Second, "59m"},
		{time.Hour, "1h"},
		{23*time.Hour + 59*time.Minute, "23h59m"},
		{24 * time.Hour, "1d"},
		{9*24*time.Hour + 20*time.Hour, "9d20h"},
	}
	for _, row := range rows {
		if got := Late(row.lateness); got != row.want {
			t.Errorf("%v: %q, want %q", row.lateness, got, row.want)
		}
	}
}
