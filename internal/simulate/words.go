package simulate

import (
	"fmt"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Words says what helps the crons of the jobs.
func (v Variant) Words() string {
	var parts []string
	for _, part := range []struct {
		has  bool
		name string
	}{{v.Spares, "spares"}, {v.Rescue, "rescue"}, {v.Serve, "serve"}, {v.Pacemaker, "pacemaker"}} {
		if part.has {
			parts = append(parts, part.name)
		}
	}
	switch n := len(parts); n {
	case 0:
		return "with neither"
	case 1:
		return "with " + parts[0] + " only"
	default:
		return "with " + strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
}

// Lost says which windows could not be served, and which jobs have none, in lines of which
// the first is empty; "" for neither.
func (r Result) Lost(from time.Time, days int) string {
	var lines []string
	if n := r.Total.Unreached; n > 0 {
		lines = append(lines, fmt.Sprintf("GitHub delivered no tick in %s: these cannot be served.", problem.Count(n, "window")))
	}
	if n := r.Total.Expired; n > 0 {
		lines = append(lines, fmt.Sprintf("In %s the first run came later than expires allows.", problem.Count(n, "window")))
	}
	var none []string
	for _, o := range r.Jobs {
		if o.Windows == 0 {
			none = append(none, o.ID)
		}
	}
	if len(none) > 0 {
		lines = append(lines, fmt.Sprintf("No whole window of %s lies between %s and %s, the simulated time: choose another with --from.", problem.Some(none, problem.Show),
			from.Format(time.DateOnly), from.AddDate(0, 0, days).Format(time.DateOnly)))
	}
	if len(lines) == 0 {
		return ""
	}
	return "\n" + strings.Join(lines, "\n") + "\n"
}

// Percent writes a share. Only a complete one is 100 %.
func Percent(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	share := 100 * float64(part) / float64(whole)
	switch {
	case part == whole:
		return "100 %"
	case share > 99.99:
		return "99.99 %"
	}
	return fmt.Sprintf("%.2f %%", share)
}

// Span writes minutes for people: "12 min", "3.5 h", "2.1 d"; "-" for nil.
func Span(minutes *float64) string {
	switch {
	case minutes == nil:
		return "-"
	case *minutes < 120:
		return fmt.Sprintf("%.0f min", *minutes)
	case *minutes < 48*60:
		return fmt.Sprintf("%.1f h", *minutes/60)
	}
	return fmt.Sprintf("%.1f d", *minutes/60/24)
}
