package simulate

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

func TestBuiltInRegimes(t *testing.T) {
	names, err := Names(Regimes)
	if want := []string{"flaky", "ideal", "incidents", "late", "outage", "serve-outages", "silent", "starved", "starved-file", "throttled"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("names %v, error %v; want %v", names, err, want)
	}
	for _, name := range names {
		for _, with := range []string{name, name + "+flaky"} {
			r := regime(t, with)
			if len(r.Sources) == 0 || r.History != 90 {
				t.Errorf("%s: sources %q, history of %v days", with, r.Sources, r.History)
			}
			if flaky := strings.Contains(with, "flaky"); (r.Failed > 0) != flaky {
				t.Errorf("%s: %v of the executions fail", with, r.Failed)
			}
		}
	}
}

// TestLayers: a later regime overrides the fields that it sets, and no other.
func TestLayers(t *testing.T) {
	file := []byte(`{"mine": {"sources": ["me"], "delay_minutes": [[0, 1], [1, 2]], "failed": 0.1}, "late": {"dropped": 0.5}}`)
	got, err := Parse(file, "throttled+mine")
	if err != nil {
		t.Fatal(err)
	}
	want := regime(t, "throttled")
	want.Sources, want.Delay, want.Failed = append(want.Sources, "me"), Quantiles{{0, 1}, {1, 2}}, 0.1
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("throttled+mine (-want +got):\n%s", diff)
	}
	if got, err := Parse(file, "late"); err != nil || got.Dropped != 0.5 || len(got.Delay) > 0 {
		t.Errorf("late of the file is %+v, error %v", got, err)
	}
}

func TestRefusedRegimes(t *testing.T) {
	rows := []struct{ file, name, want string }{
		{`{}`, "thirsty", `no regime "thirsty": choose one of flaky, ideal, incidents, late, outage, serve-outages, silent, starved, starved-file, throttled`},
		{`[]`, "late", "read regimes: "},
		{`{"x": {"delay": 1}}`, "x", `read regime "x": json: unknown field "delay"`},
		{`{"x": {"failed": 30}}`, "x", `regime "x": failed 30 is not between 0 and 1`},
		{`{"x": {"gap_minutes": [[0, 5]]}}`, "x", `regime "x": gap_minutes needs pairs from share 0 to share 1`},
		{`{"x": {"gap_minutes": [[0, 5], [1, 4]]}}`, "x", `regime "x": gap_minutes pair 2 is not greater than the previous one`},
		{`{"x": {"execution_minutes": []}}`, "x", `regime "x": execution_minutes is empty`},
		{`{"x": {"outage_hours": 48, "outage_every_days": 2}}`, "x", `regime "x": outage_every_days 2 leaves no room for outages of 48 hours`},
		{`{"x": {"history_days": -1}}`, "x", `regime "x": history_days -1 is not between 1 and 1000000`},
		{`{"x": {"history_days": 0}}`, "x", `regime "x": history_days 0 is not between 1 and 1000000`},
		{`{"x": {"gap_minutes": [[0, 0], [1, 0]]}}`, "x", `regime "x": gap_minutes has no gap of a minute`},
		{`{"x": {"whole_from": -1}}`, "x", `regime "x": whole_from -1 is not between 0 and 1000000`},
		{`{"x": {"failed": 0, "lost": 0, "failed": 1}}`, "x", `read regime "x": "failed" appears twice`},
		{`{"x": {"failed": 0, "Failed": 1}}`, "x", `read regime "x": "Failed" appears twice`},
		{`{"x": {}, "x": {"failed": 1}}`, "x", `read regimes: "x" appears twice`},
		{`{"x": {"serve_outage_hours": 48, "serve_outage_every_days": 2}}`, "x", `regime "x": serve_outage_every_days 2 leaves no room for outages of 48 hours`},
		{`{"x": {"dispatch_failed": 2}}`, "x", `regime "x": dispatch_failed 2 is not between 0 and 1`},
		{`{"x": {"wait_overrun_minutes": [[0, 2], [1, 1]]}}`, "x", `regime "x": wait_overrun_minutes pair 2 is not greater than the previous one`},
		{`{"x": {"dispatch_delay_minutes": [[0, 2]]}}`, "x", `regime "x": dispatch_delay_minutes needs pairs from share 0 to share 1`},
		{`{"x": {"outage_hours": 0.1, "outage_every_days": 0.5}}`, "x", `regime "x": outage_every_days 0.5 is not between 1 and 1000000`},
		{`{"x": {"delay_minutes": [[0, 1], [1, 1e9]]}}`, "x", `regime "x": delay_minutes has a value that is not between 0 and 1000000`},
	}
	for _, row := range rows {
		if _, err := Parse([]byte(row.file), row.name); err == nil || !strings.HasPrefix(err.Error(), row.want) {
			t.Errorf("%s: error %v, want %s", row.file, err, row.want)
		}
	}
}

// TestDelivery measures what the regimes do to ticks against the numbers that
// their sources tell.
func TestDelivery(t *testing.T) {
	rows := []struct {
		name, cron     string
		ticksADay      float64
		p25, p50, p100 float64 // minutes of the gaps
	}{
		{"ideal", "*/5 * * * *", 288, 5, 5, 5},
		{"throttled", "*/5 * * * *", 65.5, 14.6, 21.3, 58.5},
		{"throttled", "17 6 * * *", 1, 1440 - 185, 1440, 1440 + 688},
		{"starved", "17 * * * *", 6.1, 180, 236, 349},
		{"late", "*/5 * * * *", 288, 0, 5, 120},
		{"starved", "17 */4 * * *", 5.4, 208, 266, 588}, // as hourly
		{"starved", "17 */6 * * *", 4, 174, 330, 1048},  // as daily
		{"throttled", "17 9 * * 1-5", 5.0 / 7, 1440 - 120, 1440, 3*1440 + 688},
	}
	for _, row := range rows {
		r := regime(t, row.name)
		r.Doubled = 0
		s := newDelivery(r, Start, Start.AddDate(1, 0, 0), rand.New(rand.NewPCG(1, 0)))
		ticks, err := s.deliver(crons(row.cron), rand.New(rand.NewPCG(2, 0)))
		if err != nil {
			t.Fatal(err)
		}
		var gaps []float64
		for i := 1; i < len(ticks); i++ {
			gaps = append(gaps, ticks[i].Sub(ticks[i-1]).Minutes())
		}
		slices.Sort(gaps)
		p25, p50 := gaps[len(gaps)/4], gaps[len(gaps)/2]
		if a := float64(len(ticks)) / 365; math.Abs(a-row.ticksADay) > 0.05*row.ticksADay {
			t.Errorf("%s, %s: %.1f ticks a day, want %v", row.name, row.cron, a, row.ticksADay)
		}
		if math.Abs(p25-row.p25) > 5+0.05*row.p25 || math.Abs(p50-row.p50) > 5+0.05*row.p50 || gaps[len(gaps)-1] > row.p100 {
			t.Errorf("%s, %s: gaps p25 %.1f, p50 %.1f, max %.1f; want %v, %v, at most %v", row.name, row.cron, p25, p50, gaps[len(gaps)-1], row.p25, row.p50, row.p100)
		}
	}
}

// TestThrottledFiles has files of several entries.
func TestThrottledFiles(t *testing.T) {
	rescue := []string{"22,37,52 * * * *", "7 0 * * *", "7 6 * * *", "7 12 * * *", "7 18 * * *"}
	daily := []string{"7 0 * * *", "7 6 * * *", "7 12 * * *", "7 18 * * *"}
	rows := []struct {
		name      string
		crons     []string
		ticksADay float64
	}{
		{"ideal", rescue, 76},
		{"starved", daily, 4},
		{"starved-file", daily, 4}, // fewer than twelve: each is delivered
		{"starved", rescue, 6.1 + 4},
		{"starved-file", rescue, 6.1},
	}
	for _, row := range rows {
		r := regime(t, row.name)
		r.Doubled = 0
		s := newDelivery(r, Start, Start.AddDate(1, 0, 0), rand.New(rand.NewPCG(1, 0)))
		ticks, err := s.deliver(crons(row.crons...), rand.New(rand.NewPCG(2, 0)))
		if a := float64(len(ticks)) / 365; err != nil || math.Abs(a-row.ticksADay) > 0.02*row.ticksADay {
			t.Errorf("%s, %q: %.2f ticks a day, error %v; want %v", row.name, row.crons, a, err, row.ticksADay)
		}
	}
}

func TestSpoiledTicks(t *testing.T) {
	rows := []struct {
		name   string
		regime Regime
		low    int // of 8,760 ticks
		high   int
	}{
		{"none", Regime{}, 8760, 8760},
		{"half are dropped", Regime{Dropped: 0.5}, 4200, 4560},
		{"a tenth are doubled", Regime{Doubled: 0.1}, 9500, 9780},
		{"a day of every five is an outage", Regime{Outage: 24, Between: 5}, 7005, 7012},
	}
	for _, row := range rows {
		s := newDelivery(row.regime, Start, Start.AddDate(1, 0, 0), rand.New(rand.NewPCG(1, 0)))
		ticks, err := s.deliver(crons("17 * * * *"), rand.New(rand.NewPCG(2, 0)))
		if err != nil || len(ticks) < row.low || len(ticks) > row.high || !slices.IsSortedFunc(ticks, time.Time.Compare) {
			t.Errorf("%s: %d ticks, error %v; want %d to %d", row.name, len(ticks), err, row.low, row.high)
		}
	}
}

func TestPicture(t *testing.T) {
	s := schedule.New(schedule.Day, "acme", "a")
	o := Outcome{windows: newTally(s, Start, Start.AddDate(0, 0, 41)).windows}
	for i := range o.windows {
		o.windows[i].served = i < 20 || i >= 30 || i == 25
		if i >= 10 && i < 20 || i == 35 {
			o.windows[i].late = 20 * time.Hour
		}
	}
	rows := []struct {
		width int
		want  string
	}{{4, "█▓!▓"}, {8, "██▓▓!!█▓"}, {1, "!"}}
	for _, row := range rows {
		if got := o.Picture(row.width, NewPen(false)); got != row.want {
			t.Errorf("Picture(%d) = %s, want %s", row.width, got, row.want)
		}
	}
	if got := (Outcome{}).Picture(3, NewPen(false)); got != "···" {
		t.Errorf("a picture of nothing is %s", got)
	}
}

// FuzzParse: every accepted regime can be simulated.
func FuzzParse(f *testing.F) {
	f.Add(Regimes, "outage+flaky")
	f.Add([]byte(`{"x": {"delay_minutes": [[0, 0], [1, 1e300]]}}`), "x")
	f.Add([]byte(`{"x": {"stale": 1, "stale_minutes": 1e300, "history_days": 1}}`), "x")
	p := project(1, quarterly)
	f.Fuzz(func(t *testing.T, file []byte, name string) {
		r, err := Parse(file, name)
		if err != nil {
			return
		}
		result, err := Play(p, r, 3, 1)
		if err != nil || result.Total.Served > result.Total.Windows {
			t.Errorf("served %d of %d windows, error %v", result.Total.Served, result.Total.Windows, err)
		}
	})
}
