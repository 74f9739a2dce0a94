package export

import (
	"cmp"
	_ "embed" // worker.js
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

//go:embed worker.js
var workerScript string

const (
	// workerDays is how far ahead the slots are written, unless that makes too large a table.
	workerDays = 400

	// maxTable keeps the table below what the free plan takes, in bytes, even uncompressed.
	// https://developers.cloudflare.com/workers/platform/limits/#worker-size "3 MB"
	maxTable = 2 << 20

	// maxAnHour is how many dispatches an hour GitHub surely takes: of "requests that create
	// content", it takes 500.
	// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
	maxAnHour = 400
)

// worker makes a Cloudflare Worker that dispatches the jobs that run on GitHub. Its slots are
// computed here, by the schedules themselves, so that it needs to know nothing of them.
func worker(p Project) ([]File, error) {
	jobs := p.dispatched()
	switch {
	case len(jobs) == 0:
		return nil, problem.New("`scheduled list` shows the next runs", "no job that GitHub runs has a slot to come")
	case p.Repository == "":
		return nil, problem.New("set GITHUB_REPOSITORY=owner/name, or add the remote origin", "the repository on GitHub is not known")
	}
	table, end, err := workerTable(jobs, p.Now, maxTable)
	if err != nil {
		return nil, err
	}
	p.note("the Worker has the slots up to %s: export and deploy it again before, and when a schedule changes", end.Format(time.DateOnly))
	there := p.onGitHub()
	for _, job := range jobs {
		if !slices.ContainsFunc(there, func(t pyproject.Job) bool { return t.ID == job.ID }) {
			p.notes.add("no workflow file yet: `scheduled sync` writes it", job)
		}
	}
	if most := busiest(jobs, p.Now); most > maxAnHour {
		p.note("%d slots in one hour are more than GitHub may take: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits", most)
	}
	script := heading("cloudflare-worker", "//") +
		strings.NewReplacer("{end}", strconv.FormatInt(end.Unix(), 10), "{table}", table).Replace(workerScript)
	settings := strings.NewReplacer(
		"{heading}", heading("cloudflare-worker", "#"),
		"{name}", p.name(),
		"{repository}", quoted(p.Repository),
		"{api}", quoted(strings.TrimSuffix(cmp.Or(p.APIURL, "https://api.github.com"), "/")),
	).Replace(workerSettings)
	return []File{{"worker.js", script}, {"wrangler.toml", settings}}, nil
}

// dispatched returns the jobs that the Worker dispatches, and notes why the others are not
// among them.
func (p Project) dispatched() (jobs []pyproject.Job) {
	for _, job := range p.Jobs {
		switch {
		case !job.Hosted():
			p.notes.add("left out, because GitHub does not run it", job)
		case job.Schedule.Spec().Disabled:
			p.notes.add("left out, because of enabled = false", job)
		case job.Schedule.Next(p.Now).IsZero():
			p.notes.add("left out, because no slot is to come", job)
		default:
			jobs = append(jobs, job)
		}
	}
	return jobs
}

// workerTable returns the rows of the table, in at most so many bytes, and when it ends.
func workerTable(jobs []pyproject.Job, now time.Time, most int) (table string, end time.Time, err error) {
	for days := workerDays; days >= 14; days /= 2 {
		end = now.UTC().Truncate(24*time.Hour).AddDate(0, 0, days)
		var b strings.Builder
		for _, job := range jobs {
			row, err := json.Marshal([]any{job.ID, job.File(), int(job.Schedule.Spec().Expires.Seconds()), packed(slots(job, now, end))})
			if err != nil {
				panic(err) // strings and numbers
			}
			b.WriteString("  " + string(row) + ",\n")
		}
		if b.Len() <= most {
			return b.String(), end, nil
		}
	}
	return "", end, problem.New("export fewer jobs at a time, each part with its own name for the Worker", "the slots of %s are too many for one Worker", problem.Count(len(jobs), "job"))
}

// slots returns the slots of a job between two times, in seconds since 1970.
func slots(job pyproject.Job, from, until time.Time) (all []int64) {
	for t := job.Schedule.Next(from); !t.IsZero() && t.Before(until); t = job.Schedule.Next(t) {
		all = append(all, t.Unix())
	}
	return all
}

// packed writes ascending times as runs of equal steps, three numbers each: how long after
// the last time of the run before the first one is, the step, and how many there are.
func packed(times []int64) []int64 {
	runs := []int64{}
	for last := int64(0); len(times) > 0; {
		step, n := int64(0), 1
		if len(times) > 1 {
			step = times[1] - times[0]
		}
		for n < len(times) && times[n]-times[n-1] == step {
			n++
		}
		runs = append(runs, times[0]-last, step, int64(n))
		last, times = times[n-1], times[n:]
	}
	return runs
}

// busiest returns the most slots that the jobs have in one hour of the next week.
func busiest(jobs []pyproject.Job, now time.Time) (most int) {
	hours := map[int64]int{}
	for _, job := range jobs {
		for _, slot := range slots(job, now, now.AddDate(0, 0, 7)) {
			hours[slot/3600]++
			most = max(most, hours[slot/3600])
		}
	}
	return most
}

// workerSettings has one cron for all jobs: the free plan has five for all Workers of an
// account. https://developers.cloudflare.com/workers/platform/limits/
const workerSettings = `{heading}#
# The token may be a fine-grained one for this repository, with the
# permission Actions: read and write.
#
#   npx wrangler secret put GITHUB_TOKEN
#   npx wrangler deploy
name = "{name}"
main = "worker.js"
compatibility_date = "2026-01-01"
workers_dev = false

[triggers]
crons = ["* * * * *"]

[vars]
REPOSITORY = {repository}
API = {api}

[observability]
enabled = true
`
