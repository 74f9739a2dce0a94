package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/rescue"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/simulate"
)

// perCadence is how many jobs of each cadence the tables of the README play.
const perCadence = 5

// TestSimulationPart checks the bars that the README speaks of.
func TestSimulationPart(t *testing.T) {
	part := simulationPart(t) + settingsPart(t) + onTimePart(t)
	for _, want := range []string{
		"| throttled | hour | 100 % |", "| starved | day | 100 % |", "| starved | month | 100 % |", "| starved-file | day | 100 % |", "| outage | week | 100 % |",
		"| throttled+flaky | day | 100 % |", "| throttled+flaky | week | 100 % |", "| `\"15m\"` | none |",
		"| silent | hour | 0.00 % | - | - | 100 % | 1 min | 1 min | 100 % | 1 min | 1 min |",
	} {
		if !strings.Contains(part, want) {
			t.Errorf("no %q in\n%s", want, part)
		}
	}
}

// The parts of the README that say what becomes of jobs, as the simulator plays
// them for a year, and what the options of the rescue are good for. Both tests
// need them, and playing takes its time.
var (
	playedRegimes  = sync.OnceValues(regimesTable)
	playedSettings = sync.OnceValues(settingsTable)
	playedKinds    = sync.OnceValues(kindsTable)
	playedOnTime   = sync.OnceValues(onTimeTable)
)

func simulationPart(t *testing.T) string { return part(t, "simulation", playedRegimes) }
func kindsPart(t *testing.T) string      { return part(t, "kinds", playedKinds) }
func onTimePart(t *testing.T) string     { return part(t, "on-time", playedOnTime) }
func settingsPart(t *testing.T) string   { return part(t, "settings", playedSettings) }

// part simulates the years of a part of the docs. A short run takes the part as it is.
func part(t *testing.T, name string, played func() (string, error)) string {
	t.Helper()
	if testing.Short() {
		_, rest, _ := strings.Cut(everything(t), "<!-- begin "+name+" -->")
		text, _, _ := strings.Cut(rest, "<!-- end "+name+" -->")
		return text
	}
	text, err := played()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// sampleProject returns a project with jobs of each cadence and no options.
func sampleProject() (simulate.Project, error) {
	project, err := (&Program{project: "../../testdata/year"}).openValid()
	if err != nil {
		return simulate.Project{}, err
	}
	played, _ := project.simulated()
	return played, nil
}

// year is a year of a project in a regime.
type year struct {
	project simulate.Project
	regime  string
}

// simulated simulates years, all at once.
func simulated(years []year) ([]simulate.Result, error) {
	results, errs := make([]simulate.Result, len(years)), make([]error, len(years))
	var wait sync.WaitGroup
	for i, y := range years {
		wait.Go(func() {
			regime, err := simulate.Read(y.regime)
			if err == nil {
				results[i], err = simulate.Play(y.project, regime, 365, 1)
			}
			errs[i] = err
		})
	}
	wait.Wait()
	return results, errors.Join(errs...)
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

func regimesTable() (string, error) {
	played, err := sampleProject()
	if err != nil {
		return "", err
	}
	bare := played
	bare.Rescue, bare.Jobs = nil, slices.Clone(played.Jobs)
	for i, job := range bare.Jobs {
		bare.Jobs[i].Crons = job.Schedule.Crons(0)
	}
	names := []string{"ideal", "late", "throttled", "starved", "starved-file", "outage", "throttled+flaky", "starved+flaky", "starved-file+flaky"}
	var years []year
	for _, name := range names {
		years = append(years, year{played, name}, year{bare, name})
	}
	results, err := simulated(years)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("| regime | every | windows served | of those a tick reached | late, p50 | late, p95 | needless runs | one cron alone: served | late, p50 | late, p95 |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for i, name := range names {
		for _, every := range schedule.Cadences[1:] {
			o, without := of(every, results[2*i]), of(every, results[2*i+1])
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", name, every, simulate.Percent(o.Served, o.Windows), simulate.Percent(o.Served, o.Windows-o.Unreached),
				simulate.Span(o.P50), simulate.Span(o.P95), simulate.Percent(o.Needless, o.Executions), simulate.Percent(without.Served, without.Windows), simulate.Span(without.P50), simulate.Span(without.P95))
		}
	}
	return b.String(), nil
}

// onTimeTable says what serve and the pacemaker do.
func onTimeTable() (string, error) {
	played, err := sampleProject()
	if err != nil {
		return "", err
	}
	cadences := []schedule.Cadence{schedule.Hour, schedule.Day}
	played.Jobs = slices.DeleteFunc(played.Jobs, func(job simulate.Job) bool { return !slices.Contains(cadences, job.Schedule.Every()) })
	serve, pacemaker := played, played
	serve.Serve, pacemaker.Pacemaker = true, true
	names := []string{"late", "throttled", "starved", "starved-file", "silent", "throttled+incidents", "starved+serve-outages", "throttled+flaky", "silent+flaky"}
	var years []year
	for _, name := range names {
		years = append(years, year{played, name}, year{serve, name}, year{pacemaker, name})
	}
	results, err := simulated(years)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("| regime | every | spares and rescue: windows served | late, p50 | p95 | with serve: served | late, p50 | p95 | with pacemaker: served | late, p50 | p95 |\n|---|---|---|---|---|---|---|---|---|---|---|\n")
	for i, name := range names {
		for _, every := range cadences {
			fmt.Fprintf(&b, "| %s | %s ", name, every)
			for _, r := range results[3*i : 3*i+3] {
				o := of(every, r)
				fmt.Fprintf(&b, "| %s | %s | %s ", simulate.Percent(o.Served, o.Windows), simulate.Span(o.P50), simulate.Span(o.P95))
			}
			b.WriteString("|\n")
		}
	}
	return b.String(), nil
}

// sample is a job of the tables in the docs.
type sample struct {
	written string
	spec    schedule.Spec
}

var samples = []sample{
	{"`every = \"5 minutes\"`", schedule.Spec{Every: "5 minutes"}},
	{"`every = \"15 minutes\"`", schedule.Spec{Every: "15 minutes"}},
	{"`every = \"hour\"`", schedule.Spec{Every: "hour"}},
	{"`every = \"6 hours\"`", schedule.Spec{Every: "6 hours"}},
	{"`every = \"day\"`", schedule.Spec{Every: "day"}},
	{"`cron = \"0 9 * * 1-5\"`, `timezone = \"Europe/Berlin\"`", schedule.Spec{Cron: []string{"0 9 * * 1-5"}, Timezone: "Europe/Berlin"}},
	{"`every = \"week\"`", schedule.Spec{Every: "week"}},
	{"`every = \"month\"`", schedule.Spec{Every: "month"}},
	{"`cron = \"0 18 L * *\"`", schedule.Spec{Cron: []string{"0 18 L * *"}}},
	{"`run-at = 2026-06-15T09:00:00Z`", schedule.Spec{RunAt: []schedule.Moment{{Time: time.Date(2026, 6, 15, 9, 0, 0, 0, time.UTC), Offset: true}}}},
}

// schedule returns the schedule of a job of that id.
func (s sample) schedule(id string) schedule.Schedule {
	s.spec.Project, s.spec.ID = "acme", id
	parsed, flaws := schedule.Parse(s.spec)
	if len(flaws) > 0 {
		panic(fmt.Sprint(s.written, flaws))
	}
	return parsed
}

// kindsTable plays some of the samples that are no cadence.
func kindsTable() (string, error) {
	names := []string{"throttled", "starved", "throttled+flaky"}
	var rows []sample
	var years []year
	for _, s := range samples {
		if slices.Contains(schedule.Cadences, schedule.Cadence(s.spec.Every)) || s.spec.Every == "6 hours" {
			continue
		}
		rows = append(rows, s)
		played := simulate.Project{AtOnce: rescue.MaxDispatches, Rescue: schedule.NewRounds("acme", schedule.RoundsEvery[0]).Crons()}
		for i := range perCadence {
			id := fmt.Sprint("job-", i+1)
			when := s.schedule(id)
			played.Jobs = append(played.Jobs, simulate.Job{ID: id, Schedule: when, Crons: when.Crons(when.DefaultSpares())})
		}
		for _, name := range names {
			years = append(years, year{played, name})
		}
	}
	results, err := simulated(years)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("| job | throttled: windows served | late, p50 | p95 | starved: served | late, p50 | p95 | throttled+flaky: served | late, p50 | p95 |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for i, s := range rows {
		fmt.Fprintf(&b, "| %s ", s.written)
		for _, r := range results[len(names)*i : len(names)*(i+1)] {
			fmt.Fprintf(&b, "| %s | %s | %s ", simulate.Percent(r.Total.Served, r.Total.Windows), simulate.Span(r.Total.P50), simulate.Span(r.Total.P95))
		}
		b.WriteString("|\n")
	}
	return b.String(), nil
}

// settingsTable says what the options rescue and patience do, and cost.
func settingsTable() (string, error) {
	played, err := sampleProject()
	if err != nil {
		return "", err
	}
	type setting struct{ rescue, patience time.Duration }
	settings := []setting{{15 * time.Minute, 0}, {15 * time.Minute, 15 * time.Minute}, {15 * time.Minute, time.Hour},
		{time.Hour, 0}, {time.Hour, time.Hour}, {6 * time.Hour, 0}, {0, 0}}
	var years []year
	for _, s := range settings {
		set := simulate.Project{AtOnce: played.AtOnce}
		if s.rescue > 0 {
			set.Rescue = schedule.NewRounds("acme", s.rescue).Crons()
		}
		for _, job := range played.Jobs {
			switch job.Patience = s.patience; job.Schedule.Every() {
			case schedule.Hour:
				job.Patience = min(s.patience, 30*time.Minute) // as the option has it
			case schedule.Week, schedule.Month:
				continue // the table says nothing about it
			}
			set.Jobs = append(set.Jobs, job)
		}
		for _, name := range []string{"ideal", "throttled", "starved", "throttled+flaky"} {
			years = append(years, year{set, name})
		}
	}
	results, err := simulated(years)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("| `rescue` | `patience` | throttled: a day's lateness, p50 | p95 | starved: p50 | p95 | hours served, throttled+flaky | its minutes a month, at most | in a private repository | dispatches a month of a daily job |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for i, s := range settings {
		r := results[4*i : 4*i+4]
		throttled, starved, flaky := of(schedule.Day, r[1]), of(schedule.Day, r[2]), of(schedule.Hour, r[3])
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %.0f | $%.2f | %.0f |\n", written(s.rescue), written(s.patience), simulate.Span(throttled.P50), simulate.Span(throttled.P95),
			simulate.Span(starved.P50), simulate.Span(starved.P95), simulate.Percent(flaky.Served, flaky.Windows), r[0].Rescue.Minutes, r[0].Rescue.Minutes*dollarsPerMinute, float64(throttled.Dispatches)/perCadence*30/365)
	}
	return b.String(), nil
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

// TestSimulatedProject checks that the simulator simulates what sync writes.
func TestSimulatedProject(t *testing.T) {
	played, err := sampleProject()
	if err != nil {
		t.Fatal(err)
	}
	if len(played.Rescue) == 0 || len(played.Jobs) != 4*perCadence || len(played.Jobs[0].Crons) != 1+2 {
		t.Errorf("the sample has a rescue at %v, and %d jobs, the first at %v", played.Rescue, len(played.Jobs), played.Jobs[0].Crons)
	}
}
