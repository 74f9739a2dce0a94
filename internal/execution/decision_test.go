package execution

import (
	"strings"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

func TestMissedWords(t *testing.T) {
	s := schedule.New(schedule.Day, "", "clean-files")
	for want, d := range map[string]schedule.Decision{
		"no earlier success is known: running":                            {More: true},
		"no earlier success is known; 1 window missed: running":           {Missed: 1},
		"no earlier success is known; at least 5 windows missed: running": {Missed: 5, More: true},
	} {
		d.Reason, d.Window = schedule.Unconfirmed, s.Window(time.Unix(0, 0))
		if got := Describe(s, d, PlainLink); !strings.HasSuffix(got, want) {
			t.Errorf("%s; want %s", got, want)
		}
	}
}
