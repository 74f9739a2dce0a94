package cli

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/simulate"
)

// perCadence is how many jobs of each cadence the tables of the README play.
const perCadence = 5

// TestSimulationPart holds the bars that the README speaks of.
func TestSimulationPart(t *testing.T) {
	part := simulationPart(t) + settingsPart(t)
	for _, want := range []string{
		"| throttled | hour | 100 % |", "| starved | day | 100 % |", "| starved | month | 100 % |", "| outage | week | 100 % |",
		"| throttled+flaky | day | 100 % |", "| throttled+flaky | week | 100 % |", "| `\"15m\"` | none |",
	} {
		if !strings.Contains(part, want) {
			t.Errorf("no %q in\n%s", want, part)
		}
	}
}

// simulationPart is the part of the README that says what becomes of jobs, as
// the simulator plays them for a year.
func simulationPart(t *testing.T) string { return regimesTable(t, sampleProject(t)) }

// settingsPart is the part that says what the options of the rescue are good for.
func settingsPart(t *testing.T) string { return settingsTable(t, sampleProject(t)) }

// sampleProject returns a project with jobs of each cadence and no options.
func sampleProject(t *testing.T) simulate.Project {
	t.Helper()
	project, err := (&Program{project: "../../testdata/year"}).openHosted()
	if err != nil {
		t.Fatal(err)
	}
	return project.simulated()
}

// simulated plays projects in regimes, a year each, all at once.
func simulated(t *testing.T, projects []simulate.Project, regimes []string) []simulate.Result {
	t.Helper()
	results := make([]simulate.Result, len(projects))
	var wait sync.WaitGroup
	for i := range projects {
		wait.Go(func() {
			regime, err := readRegime(regimes[i])
			if err == nil {
				results[i], err = simulate.Play(projects[i], regime, 365, 1)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	return results
}

// of sums up the jobs of one cadence.
func of(every schedule.Cadence, r simulate.Result) simulate.Outcome {
	var jobs []simulate.Outcome
	for _, job := range r.Jobs {
		if strings.HasPrefix(job.ID, string(every)+"-") {
			jobs = append(jobs, job)
		}
	}
	return simulate.Sum(string(every), jobs)
}

func regimesTable(t *testing.T, played simulate.Project) string {
	t.Helper()
	bare := played
	bare.Rescue, bare.Jobs = nil, append([]simulate.Job(nil), played.Jobs...)
	for i := range bare.Jobs {
		bare.Jobs[i].Crons = bare.Jobs[i].Crons[:1]
	}
	names := []string{"ideal", "late", "throttled", "starved", "outage", "throttled+flaky", "starved+flaky"}
	var projects []simulate.Project
	var regimes []string
	for _, name := range names {
		projects, regimes = append(projects, played, bare), append(regimes, name, name)
	}
	results := simulated(t, projects, regimes)
	var b strings.Builder
	b.WriteString("| regime | every | windows served | of those a tick reached | late, p50 | late, p95 | needless runs | one cron alone: served | late, p50 | late, p95 |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for i, name := range names {
		for _, every := range schedule.Cadences[1:] {
			o, without := of(every, results[2*i]), of(every, results[2*i+1])
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", name, every, percent(o.Served, o.Windows), percent(o.Served, o.Windows-o.Unreached),
				span(o.P50), span(o.P95), percent(o.Needless, o.Executions), percent(without.Served, without.Windows), span(without.P50), span(without.P95))
		}
	}
	return b.String()
}

// settingsTable says what the options rescue and patience do, and cost.
func settingsTable(t *testing.T, played simulate.Project) string {
	t.Helper()
	type setting struct{ rescue, patience time.Duration }
	settings := []setting{{15 * time.Minute, 0}, {15 * time.Minute, 15 * time.Minute}, {15 * time.Minute, time.Hour},
		{time.Hour, 0}, {time.Hour, time.Hour}, {6 * time.Hour, 0}, {0, 0}}
	var projects []simulate.Project
	var regimes []string
	for _, s := range settings {
		set := simulate.Project{AtOnce: played.AtOnce}
		if s.rescue > 0 {
			set.Rescue = expressions(schedule.NewRounds("acme", s.rescue).Crons())
		}
		for _, job := range played.Jobs {
			job.Patience = s.patience
			if job.Schedule.Every() == schedule.Hour {
				job.Patience = min(s.patience, 30*time.Minute) // as the option has it
			}
			set.Jobs = append(set.Jobs, job)
		}
		for _, name := range []string{"ideal", "throttled", "starved", "throttled+flaky"} {
			projects, regimes = append(projects, set), append(regimes, name)
		}
	}
	results := simulated(t, projects, regimes)
	var b strings.Builder
	b.WriteString("| `rescue` | `patience` | throttled: a day's lateness, p50 | p95 | starved: p50 | p95 | hours served, throttled+flaky | its minutes a month, at most | in a private repository | dispatches a month of a daily job |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for i, s := range settings {
		r := results[4*i : 4*i+4]
		throttled, starved, flaky := of(schedule.Day, r[1]), of(schedule.Day, r[2]), of(schedule.Hour, r[3])
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %.0f | $%.2f | %.0f |\n", written(s.rescue), written(s.patience), span(throttled.P50), span(throttled.P95),
			span(starved.P50), span(starved.P95), percent(flaky.Served, flaky.Windows), r[0].Rescue.Minutes, r[0].Rescue.Minutes*dollarsPerMinute, float64(throttled.Dispatches)/perCadence*30/365)
	}
	return b.String()
}

// written returns a time as an option has it.
func written(d time.Duration) string {
	switch {
	case d == 0:
		return "none"
	case d < time.Hour:
		return fmt.Sprintf("`\"%.0fm\"`", d.Minutes())
	}
	return fmt.Sprintf("`\"%.0fh\"`", d.Hours())
}

// TestSimulatedProject holds that the simulator plays what sync writes.
func TestSimulatedProject(t *testing.T) {
	played := sampleProject(t)
	if len(played.Rescue) == 0 || len(played.Jobs) != 4*perCadence || len(played.Jobs[0].Crons) != 1+schedule.DefaultSpares(schedule.Hour) {
		t.Errorf("the sample has a rescue at %v, and %d jobs, the first at %v", played.Rescue, len(played.Jobs), played.Jobs[0].Crons)
	}
}

func TestPercentAndSpan(t *testing.T) {
	for _, row := range []struct{ got, want string }{
		{percent(3, 3), "100 %"}, {percent(99999, 100000), "99.99 %"}, {percent(1, 3), "33.33 %"}, {percent(0, 3), "0.00 %"}, {percent(0, 0), "-"},
		{span(0.4), "0 min"}, {span(119.4), "119 min"}, {span(120), "2.0 h"}, {span(2880), "2.0 d"},
	} {
		if row.got != row.want {
			t.Errorf("got %q, want %q", row.got, row.want)
		}
	}
}
