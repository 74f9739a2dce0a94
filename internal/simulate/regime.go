package simulate

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Regimes is the file of the built-in regimes, to copy and change.
//
//go:embed regimes.json
var Regimes []byte

// Regime says how GitHub behaves. Shares are between 0 and 1.
type Regime struct {
	Sources   []string  `json:"sources"`                 // where its numbers come from
	Delay     Quantiles `json:"delay_minutes"`           // from a cron's time to the run it starts; empty: none
	Gaps      Quantiles `json:"gap_minutes"`             // between the runs of a workflow's throttled crons; empty: GitHub throttles none
	Whole     float64   `json:"whole_from"`              // with this many ticks a day in a workflow file, GitHub throttles all its crons together; 0: only those that fire every five hours or more often
	Dropped   float64   `json:"dropped"`                 // share of the ticks that start no run, beyond those that Gaps drops
	Doubled   float64   `json:"doubled"`                 // share of the ticks that start two
	Outage    float64   `json:"outage_hours"`            // length of an outage, in which no run is created
	Between   float64   `json:"outage_every_days"`       // each stretch of this length has one outage
	Dispatch  Quantiles `json:"dispatch_delay_minutes"`  // from a dispatch to the run it creates; empty: none
	Refused   float64   `json:"dispatch_failed"`         // share of the dispatches that create no run; those in an outage never do
	Overrun   Quantiles `json:"wait_overrun_minutes"`    // how much longer than asked a wait timer takes; empty: no longer
	Away      float64   `json:"serve_outage_hours"`      // length of an outage of the machine of serve
	AwayEvery float64   `json:"serve_outage_every_days"` // each stretch of this length has one
	Failed    float64   `json:"failed"`                  // share of the executions that fail
	Cancelled float64   `json:"cancelled"`               // share of the executions that are cancelled
	Lost      float64   `json:"lost"`                    // share of the runs that lose their runner
	Stale     float64   `json:"stale"`                   // share of the lists of runs that are behind
	Behind    float64   `json:"stale_minutes"`           // how far behind they are
	Down      float64   `json:"down"`                    // share of the checks and rescues without an answer of the API
	History   float64   `json:"history_days"`            // how long a run is listed
	Execution Quantiles `json:"execution_minutes"`       // how long the entrypoint takes
}

// Quantiles is a distribution: pairs of a share and the value that this share of
// the values does not exceed, from share 0 to share 1, linear between.
type Quantiles [][2]float64

// draw returns a random value, which is in minutes.
func (q Quantiles) draw(rng *rand.Rand) time.Duration {
	share := rng.Float64()
	above := 1
	for q[above][0] < share {
		above++
	}
	low, high := q[above-1], q[above]
	return minutes(low[1] + (high[1]-low[1])*(share-low[0])/(high[0]-low[0]))
}

func (q Quantiles) check() error {
	if len(q) == 0 {
		return nil
	}
	if len(q) < 2 || q[0][0] != 0 || q[len(q)-1][0] != 1 {
		return errors.New("needs pairs from share 0 to share 1")
	}
	for i := 1; i < len(q); i++ {
		if q[i][0] <= q[i-1][0] || q[i][1] < q[i-1][1] {
			return fmt.Errorf("pair %d is not greater than the previous one", i+1)
		}
	}
	if q[0][1] < 0 || q[len(q)-1][1] > most {
		return fmt.Errorf("has a value that is not between 0 and %.0f", most)
	}
	return nil
}

// most is the largest number in a regime: about two years in minutes.
const most = 1e6

func minutes(n float64) time.Duration { return time.Duration(n * float64(time.Minute)) }

// Read returns the regime that a text names: NAME, of a built-in one, FILE#NAME, or FILE
// if it has only one.
func Read(spec string) (Regime, error) {
	file, name, named := strings.Cut(spec, "#")
	if !named && filepath.Ext(file) != ".json" {
		return Parse(Regimes, spec)
	}
	text, err := atomic.Read(os.DirFS(filepath.Dir(file)), filepath.Base(file), 10<<20)
	if err != nil {
		return Regime{}, fmt.Errorf("read regimes: %w", err)
	}
	if !named {
		names, err := Names(text)
		if err != nil {
			return Regime{}, err
		}
		if len(names) != 1 {
			return Regime{}, fmt.Errorf("%s contains %s: choose one, as in %s#late", file, problem.Count(len(names), "regime"), file)
		}
		name = names[0]
	}
	return Parse(text, name)
}

// Parse reads a regime by its name from a file such as Regimes. Names joined by "+", as
// in "late+flaky", are combined: a later one overrides the fields that it sets. A name
// that is not in the file is that of a built-in regime.
func Parse(file []byte, name string) (Regime, error) {
	known, err := parseFile(Regimes)
	if err != nil {
		return Regime{}, err
	}
	own, err := parseFile(file)
	if err != nil {
		return Regime{}, err
	}
	maps.Copy(known, own)
	var r Regime
	var sources []string
	for _, layer := range append([]string{"ideal"}, strings.Split(name, "+")...) {
		text, found := known[layer]
		if !found {
			return r, fmt.Errorf("no regime %q: choose one of %s", layer, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
		if _, err := object(text); err != nil {
			return r, fmt.Errorf("read regime %q: %w", layer, err)
		}
		r.Sources = nil
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&r); err != nil {
			return r, fmt.Errorf("read regime %q: %w", layer, err)
		}
		if layer != "ideal" || name == "ideal" {
			sources = append(sources, r.Sources...)
		}
	}
	r.Sources = slices.Compact(sources)
	return r, r.check(name)
}

func parseFile(file []byte) (map[string]json.RawMessage, error) {
	regimes, err := object(file)
	if err != nil {
		return nil, fmt.Errorf("read regimes: %w", err)
	}
	return regimes, nil
}

// object reads a JSON object. It refuses duplicate keys, of which package json would
// silently keep the last.
func object(text []byte) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	_, _ = decoder.Token() // the text was read once already
	for decoder.More() {
		key, _ := decoder.Token()
		_ = decoder.Decode(new(json.RawMessage))
		name := strings.ToLower(fmt.Sprint(key)) // package json takes either case
		if known[name] {
			return nil, fmt.Errorf("%q appears twice", key)
		}
		known[name] = true
	}
	return fields, nil
}

// Names returns the names of the regimes in a file, sorted.
func Names(file []byte) ([]string, error) {
	regimes, err := parseFile(file)
	return slices.Sorted(maps.Keys(regimes)), err
}

// check says what is wrong with the values.
func (r Regime) check(name string) error {
	var flaws []string
	flaw := func(key, is string) { flaws = append(flaws, fmt.Sprintf("regime %q: %s %s", name, key, is)) }
	for key, q := range map[string]Quantiles{"delay_minutes": r.Delay, "gap_minutes": r.Gaps, "execution_minutes": r.Execution,
		"dispatch_delay_minutes": r.Dispatch, "wait_overrun_minutes": r.Overrun} {
		if err := q.check(); err != nil {
			flaw(key, err.Error())
		}
	}
	if n := len(r.Gaps); n > 0 && r.Gaps[n-1][1] < 1 {
		flaw("gap_minutes", "has no gap of a minute or more")
	}
	within := func(low, high float64, values map[string]float64) {
		for key, value := range values {
			if value < low || value > high {
				flaw(key, fmt.Sprintf("%v is not between %.0f and %.0f", value, low, high))
			}
		}
	}
	within(0, 1, map[string]float64{"dropped": r.Dropped, "doubled": r.Doubled, "dispatch_failed": r.Refused, "failed": r.Failed,
		"cancelled": r.Cancelled, "lost": r.Lost, "stale": r.Stale, "down": r.Down})
	within(0, most, map[string]float64{"outage_hours": r.Outage, "serve_outage_hours": r.Away, "stale_minutes": r.Behind, "whole_from": r.Whole})
	within(1, most, map[string]float64{"outage_every_days": r.Between, "serve_outage_every_days": r.AwayEvery, "history_days": r.History})
	if len(r.Execution) == 0 {
		flaw("execution_minutes", "is empty")
	}
	for key, of := range map[string][2]float64{"outage_every_days": {r.Between, r.Outage}, "serve_outage_every_days": {r.AwayEvery, r.Away}} {
		if of[0]*24 <= of[1] {
			flaw(key, fmt.Sprintf("%v leaves no room for outages of %v hours", of[0], of[1]))
		}
	}
	if len(flaws) == 0 {
		return nil
	}
	slices.Sort(flaws)
	return errors.New(strings.Join(flaws, "\n"))
}
