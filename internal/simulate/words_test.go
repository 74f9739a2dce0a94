package simulate_test

import (
	"testing"

	"github.com/scheduled-actions/scheduled/internal/simulate"
)

func TestPercentAndSpan(t *testing.T) {
	for _, row := range []struct{ got, want string }{
		{simulate.Percent(3, 3), "100 %"}, {simulate.Percent(99999, 100000), "99.99 %"}, {simulate.Percent(1, 3), "33.33 %"}, {simulate.Percent(0, 3), "0.00 %"}, {simulate.Percent(0, 0), "-"},
		{simulate.Span(new(0.4)), "0 min"}, {simulate.Span(new(119.4)), "119 min"}, {simulate.Span(new(120.0)), "2.0 h"}, {simulate.Span(new(2880.0)), "2.0 d"}, {simulate.Span(nil), "-"},
	} {
		if row.got != row.want {
			t.Errorf("got %q, want %q", row.got, row.want)
		}
	}
}
