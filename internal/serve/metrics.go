package serve

import (
	"math"
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

// reasons are why dispatches fail; see GitHub.Failures.
var reasons = []string{"denied", "disabled", "limited", "missing", "refused", "unclear"}

// metrics are what Prometheus reads. The names are a contract, docs/serve-metrics.md.
type metrics struct {
	*prometheus.Registry
	executions *prometheus.CounterVec
	lateness   prometheus.Histogram

	mu     sync.Mutex
	served map[string]bool // ids of the jobs that are counted
}

func newMetrics(s *Server) *metrics {
	m := &metrics{
		Registry: prometheus.NewRegistry(),
		served:   map[string]bool{},
		executions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scheduled_executions_total",
			Help: "Executions of a job that are over, and dispatches that GitHub has accepted, by outcome.",
		}, []string{"job", "outcome"}),
		lateness: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "scheduled_lateness_seconds",
			Help:    "Time from a slot to the first start of its execution, or until GitHub accepted its dispatch.",
			Buckets: []float64{0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600},
		}),
	}
	m.MustRegister(m.executions, m.lateness, view{s})
	m.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// begin counts a job from 0, so that its first failure is an increase.
func (m *metrics) begin(id string, hosted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.served[id] = true
	if hosted {
		m.executions.WithLabelValues(id, dispatched)
		return
	}
	m.executions.WithLabelValues(id, succeeded)
	m.executions.WithLabelValues(id, failed)
}

// forget leaves out a job that is served no more.
func (m *metrics) forget(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.served, id)
	m.executions.DeletePartialMatch(prometheus.Labels{"job": id})
}

// executed counts what became of an execution, unless the job was removed meanwhile.
func (m *metrics) executed(id, outcome string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.served[id] {
		m.executions.WithLabelValues(id, outcome).Inc()
	}
}

// late takes in how late a window was started first.
func (m *metrics) late(d time.Duration) { m.lateness.Observe(max(d, 0).Seconds()) }

// view reads the other metrics when they are asked for.
type view struct{ *Server }

var (
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
	for _, desc := range []*prometheus.Desc{nextSlot, loopAge, dispatchErrors, rateLimit} {
		to <- desc
	}
}

func (v view) Collect(to chan<- prometheus.Metric) {
	remaining, failures := math.NaN(), map[string]int{}
	if v.GitHub != nil {
		failures = v.GitHub.Failures()
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
	for _, p := range v.board.all() {
		if next := p.coming(); !next.IsZero() {
			to <- prometheus.MustNewConstMetric(nextSlot, prometheus.GaugeValue, float64(next.Unix()), p.id)
		}
	}
}
