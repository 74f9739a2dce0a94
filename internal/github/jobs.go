package github

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// jobList holds the jobs of one attempt of a run.
// https://docs.github.com/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run
type jobList struct {
	Total int          `json:"total_count"`
	Jobs  page[runJob] `json:"jobs"`
}

// runJob is a job of a run.
type runJob struct {
	Name       string        `json:"name"`
	Status     string        `json:"status"`
	Conclusion string        `json:"conclusion"`
	Attempt    int           `json:"run_attempt"`
	Started    time.Time     `json:"started_at"`
	Completed  time.Time     `json:"completed_at"`
	Steps      page[jobStep] `json:"steps"`
}

type jobStep struct {
	Name       string    `json:"name"`
	Conclusion string    `json:"conclusion"`
	Started    time.Time `json:"started_at"`
}

func (jobList) noun() string     { return "jobs" }
func (l jobList) complete() bool { return l.Jobs != nil }

const (
	// checkJob is the name of the job that decides in a workflow with lanes.
	checkJob = "Check window"

	// unnamed is the name of the job in the workflow of a job without an id.
	unnamed = `""`
)

// shown is what the jobs of one attempt show of the executions of a job. A workflow has
// one of two shapes: one job that executes, or a job that decides and one for each slot,
// its lane. The shape may have changed since a run.
type shown struct {
	attempt int // 0 if unknown
	settled schedule.Settled
	handed  time.Time // when an older execution asked to be run next, as the check found; zero if the run does not say
	since   time.Time // with that, the slot of the last confirmed window
	waits   bool      // the job that decides has not begun
	one     execution // of the first shape
	lanes   []lane    // of the second
}

// execution is what one job shows.
type execution struct {
	started time.Time // start of the entrypoint, which succeeded; else zero
	next    time.Time // when it asked to be run next; zero if it did not
	kept    time.Time // the time that it came at because the job had asked for it; zero if it does not say
	outcome string    // how the entrypoint ended, for people
}

// lane is the job for one slot.
type lane struct {
	execution
	slot                    time.Time
	success, failed, active bool
	ended                   time.Time // zero while it is active
}

// shows reads the jobs of a run of the job with that id.
func (l jobList) shows(id string) (s shown) {
	name := cmp.Or(id, unnamed)
	check, checks := l.check()
	if checks {
		s.settled = schedule.ParseSettled(check.marked(schedule.SettledMark))
	}
	if s.lanes, s.attempt = l.lanes(name); s.lanes != nil {
		return s
	}
	own, ok := l.own(name)
	if ok {
		s.one, s.attempt = own.execution(), own.Attempt
	}
	switch {
	case checks:
		s.waits = check.waits()
		s.handed, s.since = schedule.ParseHands(check.marked(schedule.NextMark))
	case ok && own.skips():
		s.handed, s.since = schedule.ParseHands(own.marked(schedule.NextMark))
	}
	return s
}

// waits reports whether the job has not begun.
// https://docs.github.com/rest/actions/workflow-jobs
func (j runJob) waits() bool {
	return slices.Contains([]string{"queued", "waiting", "pending", "requested"}, j.Status)
}

// own returns the job of a generated workflow of the first shape, whose name is the id.
// If a run has only one job, it is that.
func (l jobList) own(name string) (own runJob, ok bool) {
	var named, all []runJob
	for _, j := range l.Jobs {
		if j.Name == name {
			named = append(named, j)
		}
		if j.Name != "" || j.Steps != nil { // else it is null
			all = append(all, j)
		}
	}
	switch {
	case len(named) == 1:
		return named[0], true
	case len(named) == 0 && len(all) == 1 && l.Total <= 1:
		return all[0], true
	}
	return runJob{}, false
}

// lanes returns what the jobs of the second shape show, and in which attempt. Of several
// jobs for one slot none counts.
func (l jobList) lanes(name string) (lanes []lane, attempt int) {
	several := map[time.Time]int{}
	for _, j := range l.Jobs {
		if slot := j.lane(name); !slot.IsZero() {
			several[slot]++
		}
	}
	for _, j := range l.Jobs {
		slot := j.lane(name)
		if slot.IsZero() || several[slot] != 1 {
			continue
		}
		attempt = max(attempt, j.Attempt)
		done := j.Status == "completed"
		lanes = append(lanes, lane{
			execution: j.execution(),
			slot:      slot,
			success:   done && j.Conclusion == "success",
			failed:    done && badly(j.Conclusion),
			active:    j.Status != "" && !done,
			ended:     j.Completed,
		})
	}
	return lanes, attempt
}

// lane returns the slot that the job is for; zero if it is no lane of the job with that
// name. GitHub may have removed spaces around the name.
func (j runJob) lane(name string) time.Time {
	at := len(j.Name) - len(" 2006-01-02T15:04:05Z")
	if at < 0 || j.Name[at] != ' ' || strings.TrimSpace(j.Name[:at]) != strings.TrimSpace(name) {
		return time.Time{}
	}
	slot, err := time.Parse("2006-01-02T15:04:05Z", j.Name[at+1:])
	if err != nil {
		return time.Time{}
	}
	return slot
}

// execution returns what the job shows. Its entrypoint executed only if the one step of
// that name succeeded: people can add other steps to the file. A delivery of what it
// produced must not have failed, or been cancelled, or been skipped because the job failed
// or was cancelled before it.
func (j runJob) execution() (e execution) {
	e.outcome = j.marked(schedule.OutcomeMark)
	for _, step := range j.Steps {
		skipped := step.Conclusion == "skipped" && j.Conclusion == "success"
		if strings.HasPrefix(step.Name, schedule.DeliveryMark) && step.Conclusion != "success" && !skipped {
			return e
		}
	}
	steps := j.entrypoints()
	if len(steps) != 1 || steps[0].Conclusion != "success" {
		return e
	}
	e.started = steps[0].Started
	if e.next, _ = schedule.ParseHands(j.marked(schedule.NextMark)); !e.next.After(e.started) {
		e.next, e.kept = time.Time{}, e.next
	}
	return e
}

// check returns the job that decides, of the second shape. It executes nothing of the
// project, so that what it says can be relied on.
func (l jobList) check() (check runJob, ok bool) {
	var deciding []runJob
	for _, j := range l.Jobs {
		if j.Name == checkJob {
			deciding = append(deciding, j)
		}
	}
	if len(deciding) != 1 || len(deciding[0].entrypoints()) > 0 { // it is a job with that id
		return runJob{}, false
	}
	return deciding[0], true
}

// entrypoints returns the steps that run the entrypoint: one, in a job of ours.
func (j runJob) entrypoints() (steps []jobStep) {
	for _, step := range j.Steps {
		if step.Name == schedule.EvidenceStep {
			steps = append(steps, step)
		}
	}
	return steps
}

// skips reports whether the job did not run its entrypoint.
func (j runJob) skips() bool {
	steps := j.entrypoints()
	return len(steps) == 1 && steps[0].Conclusion == "skipped"
}

// marked returns what follows a mark in the name of the one successful step that begins
// with it, as a printable line; "" without one.
func (j runJob) marked(mark string) (rest string) {
	found := 0
	for _, step := range j.Steps {
		if text, ok := strings.CutPrefix(step.Name, mark); ok && step.Conclusion == "success" {
			rest = text
			found++
		}
	}
	if found != 1 {
		return ""
	}
	return printable(rest)
}

// printable returns a text as one line without anything that cannot be seen.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return ' '
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// sound returns what is shown without times that cannot be right, of a run that was
// created then.
func (s shown) sound(created, now time.Time) shown {
	sound := func(e *execution) {
		if !plausible(created, e.started, now) {
			e.started = time.Time{}
		}
		if after := e.next.Sub(e.started); e.started.IsZero() || after <= 0 || after > maxLife {
			e.next = time.Time{}
		}
		if e.started.Sub(e.kept) > maxLife {
			e.kept = time.Time{}
		}
	}
	sound(&s.one)
	for i := range s.lanes {
		if s.lanes[i].slot.After(now) {
			s.lanes[i].started = time.Time{}
		}
		sound(&s.lanes[i].execution)
	}
	if s.settled.Before.After(now) {
		s.settled = schedule.Settled{}
	}
	if after := s.handed.Sub(created); after <= 0 || after > maxLife {
		s.handed = time.Time{}
	}
	return s
}

// of returns the run as its jobs show it: itself, or a run for each lane.
func (s shown) of(run schedule.Run) []schedule.Run {
	run.Attempt = cmp.Or(s.attempt, run.Attempt)
	run.Settled = s.settled
	if s.lanes == nil {
		run.Undecided = run.Active && s.waits
		run.Started, run.Next, run.Outcome = s.one.started, s.one.next, s.one.outcome
		run.Handed, run.Since, run.Kept = s.handed, s.since, s.one.kept
		return []schedule.Run{run}
	}
	lanes := make([]schedule.Run, len(s.lanes))
	for i, l := range s.lanes {
		lanes[i] = run
		lane := &lanes[i]
		lane.Lane, lane.Slot = true, l.slot
		lane.Started, lane.Next, lane.Outcome, lane.Kept = l.started, l.next, l.outcome, l.kept
		lane.Success, lane.Failed, lane.Active = l.success, l.failed, l.active
		lane.Updated = cmp.Or(l.ended, run.Updated)
	}
	return lanes
}

// merge adds what an earlier attempt showed: of each slot, the execution that succeeded.
func (s *shown) merge(earlier shown) {
	if s.one.started.IsZero() && !earlier.one.started.IsZero() {
		s.one.started, s.one.next, s.one.kept = earlier.one.started, earlier.one.next, earlier.one.kept
		s.attempt = earlier.attempt
	}
	known := map[time.Time]int{}
	for i, l := range s.lanes {
		known[l.slot] = i
	}
	for _, l := range earlier.lanes {
		i, ok := known[l.slot]
		switch {
		case !ok:
			s.lanes = append(s.lanes, l)
		case s.lanes[i].started.IsZero():
			s.lanes[i].started, s.lanes[i].next, s.lanes[i].kept = l.started, l.next, l.kept
		}
	}
	s.settled = cmp.Or(s.settled, earlier.settled)
}

// executed reports whether every execution is known to have succeeded.
func (s shown) executed() bool {
	for _, l := range s.lanes {
		if l.started.IsZero() {
			return false
		}
	}
	return s.lanes != nil || !s.one.started.IsZero()
}
