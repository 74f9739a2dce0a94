package report

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/past"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// The picture of lateness, in its own units.
const (
	chartWidth, chartHeight      = 720, 240
	chartLeft, chartRight        = 60, 8
	chartTop, chartBottom        = 8, 32
	chartColumns                 = 60 // at most
	plotWidth, plotHeight        = chartWidth - chartLeft - chartRight, chartHeight - chartTop - chartBottom
	shortestShown, longestNeeded = time.Second, time.Hour
)

// marks are the lengths of time beside the picture.
var marks = []time.Duration{time.Second, 10 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 31 * 24 * time.Hour, 366 * 24 * time.Hour}

// column is the lateness of the executions whose slots were in a part of the time.
type column struct {
	from, to time.Time
	late     []time.Duration // sorted
}

// columns returns the parts of the time: whole hours, or whole days.
func (r *Report) columns() (columns []column) {
	first := r.Now
	for _, j := range r.Jobs {
		for _, w := range j.Windows {
			if w.Ran != nil && w.Start.Before(first) {
				first = w.Start
			}
		}
	}
	length := time.Hour
	for r.Now.Sub(first) > chartColumns*length {
		length *= 2
		if length > 6*time.Hour && length < 24*time.Hour {
			length = 24 * time.Hour
		}
	}
	begin := first.UTC().Truncate(length)
	for at := begin; at.Before(r.Now); at = at.Add(length) {
		columns = append(columns, column{from: at, to: at.Add(length)})
	}
	for _, j := range r.Jobs {
		for _, w := range j.Windows {
			n := int(w.Start.Sub(begin) / length)
			if late, counts := w.Late(); counts && !w.Start.Before(begin) && n < len(columns) {
				columns[n].late = append(columns[n].late, late)
			}
		}
	}
	for i := range columns {
		slices.Sort(columns[i].late)
	}
	return columns
}

// chart draws how late executions started, over time: a bar from the median to the 95th
// percentile, on a logarithmic scale.
func (r *Report) chart() node {
	columns := r.columns()
	longest, runs := longestNeeded, 0
	for _, c := range columns {
		if n := len(c.late); n > 0 {
			longest, runs = max(longest, c.late[n-1]), runs+n
		}
	}
	head := element("h2", attrs{"id", "lateness"}, "Lateness")
	if runs == 0 {
		return element("section", attrs{"class", "lateness", "aria-labelledby", "lateness"}, head, element("p", nil, "No window has an execution inside yet."))
	}
	top := longest // of a job that runs less than once a year, perhaps
	if i := slices.IndexFunc(marks, func(m time.Duration) bool { return m >= longest }); i >= 0 {
		top = marks[i]
	}
	var drawn []node
	for i, m := range marks {
		if m > top {
			break
		}
		class := "major"
		if i%2 == 1 {
			class = "minor" // left out where there is little room
		}
		y := number(height(m, top))
		drawn = append(drawn, element("line", attrs{"x1", number(chartLeft), "x2", number(chartWidth - chartRight), "y1", y, "y2", y}),
			element("text", attrs{"x", number(chartLeft - 8), "y", y, "dy", "0.35em", "text-anchor", "end", "class", class}, text(past.Late(m))))
	}
	width := float64(plotWidth) / float64(len(columns))
	for i, c := range columns {
		drawn = append(drawn, c.draw(chartLeft+width*float64(i), width, top))
	}
	for _, end := range []struct {
		at        time.Time
		x, anchor string
	}{{columns[0].from, number(chartLeft), "start"}, {r.Now, number(chartWidth - chartRight), "end"}} {
		drawn = append(drawn, element("text", attrs{"x", end.x, "y", number(chartHeight - 6), "text-anchor", end.anchor}, text(end.at.Format("2006-01-02"))))
	}
	p50, p95 := r.lateness(columns)
	words := fmt.Sprintf("Of %d executions, half started within %s of their slots, and 95 %% within %s.", runs, past.Late(p50), past.Late(p95))
	if runs == 1 {
		words = fmt.Sprintf("The only execution started %s after its slot.", past.Late(p50))
	}
	return element("section", attrs{"class", "lateness", "aria-labelledby", "lateness"}, head, element("p", nil, text(words)),
		element("svg", attrs{"viewBox", fmt.Sprintf("0 0 %d %d", chartWidth, chartHeight), "role", "img", "aria-label", "How late executions started, over time. " + words}, drawn...),
		element("p", attrs{"class", "note"}, "Each bar reaches from the median to the 95th percentile of its ", text(spanOf(columns[0])), "."))
}

// lateness returns the percentiles of all columns together.
func (r *Report) lateness(columns []column) (p50, p95 time.Duration) {
	var all []time.Duration
	for _, c := range columns {
		all = append(all, c.late...)
	}
	slices.Sort(all)
	p50, _ = schedule.NearestRank(all, 0.5)
	p95, _ = schedule.NearestRank(all, 0.95)
	return p50, p95
}

func spanOf(c column) string {
	switch length := c.to.Sub(c.from); {
	case length == time.Hour:
		return "hour"
	case length < 24*time.Hour:
		return fmt.Sprintf("%d hours", length/time.Hour)
	case length == 24*time.Hour:
		return "day"
	default:
		return fmt.Sprintf("%d days", length/(24*time.Hour))
	}
}

func (c column) draw(x, width float64, top time.Duration) node {
	p50, known := schedule.NearestRank(c.late, 0.5)
	if !known {
		return ""
	}
	p95, _ := schedule.NearestRank(c.late, 0.95)
	low, high := height(p50, top), height(p95, top)
	said := fmt.Sprintf("%s: half within %s, 95 %% within %s, of %d", past.Minute(c.from), past.Late(p50), past.Late(p95), len(c.late))
	bar := max(1, min(12, width-1))
	left := x + (width-bar)/2
	return element("g", nil, element("title", nil, text(said)),
		element("rect", attrs{"x", number(left), "y", number(high), "width", number(bar), "height", number(max(2, low-high)), "rx", "1"}),
		element("circle", attrs{"cx", number(left + bar/2), "cy", number(low), "r", number(max(1.5, bar/3))}))
}

// height returns where a lateness is in the picture.
func height(late, top time.Duration) float64 {
	share := math.Log(float64(max(late, shortestShown))/float64(shortestShown)) / math.Log(float64(top)/float64(shortestShown))
	return chartTop + plotHeight*(1-share)
}

func number(x float64) string { return fmt.Sprintf("%.4g", x) }
