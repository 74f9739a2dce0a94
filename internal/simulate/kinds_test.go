package simulate

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// kind is a job of another kind than the cadences, and how many whole windows it has in
// the 120 days from Start.
type kind struct {
	spec    schedule.Spec
	windows int
}

func on(month time.Month, day, hour int) *schedule.Moment {
	return &schedule.Moment{Time: time.Date(2026, month, day, hour, 0, 0, 0, time.UTC)}
}

var kindsOfJobs = []kind{
	{schedule.Spec{Every: "15 minutes"}, 120*24*4 - 1},
	{schedule.Spec{Every: "2 hours"}, 120*12 - 1},
	{schedule.Spec{Every: "7 hours"}, 411},
	{schedule.Spec{Every: "3 days", At: "09:30", Timezone: "America/New_York"}, 39},
	{schedule.Spec{Every: "2 weeks"}, 8},
	{schedule.Spec{Every: "monday", At: "02:30", Timezone: "Europe/Berlin"}, 16},
	{schedule.Spec{Every: "2 months", Start: on(1, 31, 0)}, 1},
	{schedule.Spec{Cron: []string{"0 9 * * 1-5"}, Timezone: "Europe/Berlin"}, 85},
	{schedule.Spec{Cron: []string{"*/30 8-17 * * 1-5"}, Timezone: "Australia/Lord_Howe"}, 86*20 - 1},
	{schedule.Spec{Cron: []string{"0 9,17 * * *", "30 12 * * SAT"}}, 256},
	{schedule.Spec{Cron: []string{"0 6 L * *"}}, 3},
	{schedule.Spec{Cron: []string{"0 6 * * MON#1"}, Expires: 24 * time.Hour}, 3},
	{schedule.Spec{RunAt: []schedule.Moment{*on(2, 3, 9), *on(3, 29, 2)}, Timezone: "Europe/Berlin"}, 2},
	{schedule.Spec{Every: "day", At: "10:00", Start: on(2, 1, 0), Count: 10}, 10},
	{schedule.Spec{Every: "day", At: "10:00", Until: on(2, 1, 0)}, 31},
	{schedule.Spec{Every: "day", At: "10:00", Except: []time.Time{on(2, 1, 0).Time, on(2, 2, 0).Time}}, 117},
	{schedule.Spec{Every: "6 hours", Expires: time.Hour}, 479},
	{schedule.Spec{Every: "day", Disabled: true}, 0},
	{schedule.Spec{Every: "hour", Start: on(12, 1, 0)}, 0},
	{schedule.Spec{Every: "hour", Until: &schedule.Moment{Time: Start.AddDate(-1, 0, 0)}}, 0},
	{schedule.Spec{RunAt: []schedule.Moment{{Time: Start.AddDate(-1, 0, 0)}}}, 0},
	{schedule.Spec{Every: "12 months"}, 0},
}

func (k kind) job(t *testing.T) Job {
	t.Helper()
	k.spec.Project, k.spec.ID = "acme", fmt.Sprint(k.spec.Every, k.spec.Cron, len(k.spec.RunAt), k.spec.Disabled)
	s := parse(t, k.spec)
	return newJob(k.spec.ID, s, s.DefaultSpares())
}

// brief is a regime in which executions fit into the shortest windows.
func brief(t *testing.T, name string) Regime {
	t.Helper()
	r := regime(t, name)
	r.Doubled, r.Execution = 0, Quantiles{{0, 0.5}, {1, 2}}
	return r
}

// TestKinds: where no tick is lost, each window of a job of any kind is served, once;
// where there is no window, nothing is executed.
func TestKinds(t *testing.T) {
	for _, name := range []string{"ideal", "late"} {
		delay := minutes(latest(regime(t, name)))
		for _, k := range kindsOfJobs {
			job := k.job(t)
			_, lives := play(t, Project{Jobs: []Job{job}}, brief(t, name), 120, 1)
			name := fmt.Sprintf("%s, %s, %+v", name, job.Schedule, job.Crons)
			l := lives[0]
			l.checkTally(t, name)
			l.checkSkips(t, name)
			l.checkCoalescing(t, name)
			o := Outcome{windows: l.tally.windows}.counted()
			if o.Windows != k.windows || o.Windows == 0 && l.tally.executions > 1 {
				t.Errorf("%s: %d windows, want %d; %d executions", name, o.Windows, k.windows, l.tally.executions)
			}
			if room := min(job.Schedule.Shortest(), cmp.Or(k.spec.Expires, 366*day)); room > delay+5*minute && o.Served != o.Windows {
				t.Errorf("%s: %d of %d windows are served, %d are expired", name, o.Served, o.Windows, o.Expired)
			}
		}
	}
}

// latest returns how many minutes late a tick can be.
func latest(r Regime) float64 {
	if len(r.Delay) == 0 {
		return 0
	}
	return r.Delay[len(r.Delay)-1][1]
}

// TestPromisesOfKinds checks the same as TestPromises, of jobs of random kinds.
func TestPromisesOfKinds(t *testing.T) {
	expired, seeds := 0, uint64(16)
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		rng := rand.New(rand.NewPCG(seed, 2))
		r, p := anyRegime(rng), Project{Rescue: quarterly}
		for _, i := range rng.Perm(len(kindsOfJobs))[:6] {
			p.Jobs = append(p.Jobs, kindsOfJobs[i].job(t))
		}
		g, lives := play(t, p, r, 100, seed)
		for _, l := range lives {
			name := fmt.Sprintf("seed %d, %s", seed, l.job.Schedule)
			expired += Outcome{windows: l.tally.windows}.counted().Expired
			l.checkPromises(t, name, g)
		}
	}
	if !testing.Short() && expired < 100 {
		t.Errorf("only %d windows are expired", expired)
	}
}
