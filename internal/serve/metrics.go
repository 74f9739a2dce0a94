package serve

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// What became of an execution, as scheduled_executions_total has it.
const (
	succeeded  = "succeeded"
	failed     = "failed"     // a timeout counts as a failure
	cancelled  = "cancelled"  // by the next window
	stopped    = "stopped"    // by the end of the loop
	dispatched = "dispatched" // GitHub has accepted the run, and knows what becomes of it
)

// outcomes are all of these.
var outcomes = [...]string{succeeded, failed, cancelled, stopped, dispatched}

// reasons are why dispatches fail; see GitHub.failures.
var reasons = []string{"denied", "disabled", "limited", "missing", "refused", "unclear"}

// metrics are what Prometheus reads. The names are a contract, docs/serve-metrics.md.
type metrics struct {
	*prometheus.Registry
	lateness prometheus.Histogram

	mu       sync.Mutex
	executed map[string]tally // by job
}

// tally is what became of the executions of a job. A counter of the client library takes
// half a kilobyte, and there are thousands of jobs.
type tally struct {
	hosted bool
	of     [len(outcomes)]uint32
}

func newMetrics(s *Server) *metrics {
	m := &metrics{
		Registry: prometheus.NewRegistry(),
		executed: map[string]tally{},
		lateness: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "scheduled_lateness_seconds",
			Help:    "Time from a slot to the first start of its execution, or until GitHub accepted its dispatch.",
			Buckets: []float64{0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600},
		}),
	}
	m.MustRegister(m.lateness, view{s, m})
	m.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// begin counts a job from 0, so that its first failure is an increase.
func (m *metrics) begin(id string, hosted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.executed[id]
	t.hosted = hosted
	m.executed[id] = t
}

// forget leaves out a job that is served no more.
func (m *metrics) forget(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.executed, id)
}

// count counts what became of an execution, unless the job was removed meanwhile.
func (m *metrics) count(id, outcome string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t, served := m.executed[id]; served {
		t.of[slices.Index(outcomes[:], outcome)]++
		m.executed[id] = t
	}
}

// each calls do with what is counted. A job that is executed here has both of its usual
// outcomes from the beginning, one on GitHub its dispatches.
func (m *metrics) each(do func(id, outcome string, n float64)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, t := range m.executed {
		for i, outcome := range outcomes {
			usual := t.hosted == (outcome == dispatched) && outcome != cancelled && outcome != stopped
			if t.of[i] > 0 || usual {
				do(id, outcome, float64(t.of[i]))
			}
		}
	}
}

// late takes in how late a window was started first.
func (m *metrics) late(d time.Duration) { m.lateness.Observe(max(d, 0).Seconds()) }

// view reads the other metrics when they are asked for.
type view struct {
	*Server
	metrics *metrics
}

var (
	executions = prometheus.NewDesc("scheduled_executions_total",
		"Executions of a job that are over, and dispatches that GitHub has accepted, by outcome.", []string{"job", "outcome"}, nil)
	nextSlot = prometheus.NewDesc("scheduled_next_slot_timestamp_seconds",
		"Next slot of a job, as the loop last saw it, in seconds since 1970.", []string{"job"}, nil)
	loopAge = prometheus.NewDesc("scheduled_loop_age_seconds",
		"Time since the loop last woke. It wakes at least every 15 seconds.", nil, nil)
	dispatchErrors = prometheus.NewDesc("scheduled_dispatch_errors_total",
		"Dispatches that GitHub has not accepted, by reason.", []string{"reason"}, nil)
	rateLimit = prometheus.NewDesc("scheduled_rate_limit_remaining",
		"Requests that GitHub still grants before it resets its rate limit; NaN if that is unknown.", nil, nil)
)

func (v view) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{executions, nextSlot, loopAge, dispatchErrors, rateLimit} {
		to <- desc
	}
}

func (v view) Collect(to chan<- prometheus.Metric) {
	remaining, failures := math.NaN(), map[string]int{}
	if v.GitHub != nil {
		failures = v.GitHub.failures()
		if n := v.GitHub.Client.Remaining(); n >= 0 {
			remaining = float64(n)
		}
	}
	age, _, _, _ := v.board.standing(v.Clock.Now())
	for _, reason := range reasons {
		to <- prometheus.MustNewConstMetric(dispatchErrors, prometheus.CounterValue, float64(failures[reason]), reason)
	}
	to <- prometheus.MustNewConstMetric(rateLimit, prometheus.GaugeValue, remaining)
	to <- prometheus.MustNewConstMetric(loopAge, prometheus.GaugeValue, max(age, 0).Seconds())
	v.metrics.each(func(id, outcome string, n float64) {
		to <- prometheus.MustNewConstMetric(executions, prometheus.CounterValue, n, id, outcome)
	})
	for _, p := range v.board.all() {
		if next := p.coming(); !next.IsZero() {
			to <- prometheus.MustNewConstMetric(nextSlot, prometheus.GaugeValue, float64(next.Unix()), p.id)
		}
	}
}
