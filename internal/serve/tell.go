package serve

import (
	"cmp"
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
	"github.com/scheduled-actions/scheduled/internal/webhook"
)

const (
	postPatience = 30 * time.Second // for a post
	postAgain    = time.Minute      // until one that was not taken is posted again
)

// teller tells people what happens to the jobs that are executed here, and pauses those that
// fail too often: what a rescue does for those on GitHub. It works beside the loop.
type teller struct {
	*Local
	working chan struct{}            // closed once it has no more to do; nil while it has nothing to do
	jobs    map[string]pyproject.Job // to look at
}

// subject is what a piece of news is about.
type subject struct {
	job   pyproject.Job
	alarm schedule.Alarm
	runs  []schedule.Run
}

// tell has the teller look at a job, if there is anything to tell about it.
func (l *Local) tell(job pyproject.Job) {
	if job.Options.Webhook == "" && job.Options.PauseAfter == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.teller.jobs == nil {
		l.teller.jobs = map[string]pyproject.Job{}
	}
	l.teller.jobs[job.ID] = job
	if l.teller.working == nil {
		l.teller.working = make(chan struct{})
		go l.teller.work()
	}
}

// wait waits until what happened is told, at most until ctx ends: who ends in between would
// tell it again.
func (t *teller) wait(ctx context.Context) {
	t.mu.Lock()
	working := t.working
	t.mu.Unlock()
	if working == nil {
		return
	}
	select {
	case <-working:
	case <-ctx.Done():
	}
}

// work looks at jobs until there is none left to look at.
func (t *teller) work() {
	for {
		t.mu.Lock()
		jobs := slices.Collect(maps.Values(t.jobs))
		clear(t.jobs)
		if len(jobs) == 0 {
			close(t.working)
			t.working = nil
		}
		t.mu.Unlock()
		if len(jobs) == 0 {
			return
		}
		for _, job := range t.look(jobs, t.Clock.Now()) {
			time.AfterFunc(postAgain, func() { t.tell(job) })
		}
	}
}

// look posts the events of jobs, each once. It returns the jobs of which one is still to be
// posted.
func (t *teller) look(jobs []pyproject.Job, now time.Time) (left []pyproject.Job) {
	book, err := ledger.Open(t.File, func(string) {})
	if err != nil {
		return nil // each execution says it
	}
	var news []webhook.News
	var about []subject
	for _, job := range jobs {
		n, a, err := t.news(book, job, now)
		if err != nil {
			t.Log.Warn("cannot read what to post about the job", "job", job.ID, "error", err)
		}
		news, about = append(news, n...), append(about, a...)
	}
	if len(news) == 0 {
		return nil
	}
	memory := &webhook.Memory{Folder: func() (*os.Root, error) { return ledger.Folder(t.File) }, Jobs: t.board.declared(), Now: now}
	claims, err := memory.Claim(news)
	if err != nil {
		t.Log.Warn("cannot post to webhooks", "error", err)
		return nil
	}
	done, events := make([]bool, len(claims)), make([]*webhook.Event, len(claims))
	for i, c := range claims {
		s := about[c.News]
		if events[i] = c.Event; c.Event == nil {
			events[i] = t.event(s, c.Kind, news[c.News].Paused, now)
		}
		err := t.post(s.job.Options.Webhook, *events[i])
		if done[i] = err == nil; err != nil {
			t.Log.Warn("cannot post to the webhook "+s.job.Options.Webhook, "job", s.job.ID, "error", err, "hint", problem.Hint(err))
			left = append(left, s.job)
			continue
		}
		t.Log.Info("posted: "+string(c.Kind), "job", s.job.ID, "slot", s.alarm.Window.Start)
	}
	if err := memory.Settle(news, claims, done, events); err != nil {
		t.Log.Warn("cannot save what was posted, so it may be posted again", "error", err)
	}
	return left
}

func (t *teller) post(name string, e webhook.Event) error {
	hook, err := webhook.New(t.Webhooks(name))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), postPatience)
	defer cancel()
	return hook.Post(ctx, e)
}

// news returns what is known about a job, and pauses it if it has failed too often.
func (t *teller) news(book *ledger.Ledger, job pyproject.Job, now time.Time) (news []webhook.News, about []subject, err error) {
	w, paused, err := watch(book, job, now)
	if err != nil || len(w.Runs) == 0 {
		return nil, nil, err
	}
	v := schedule.Rescue(w, now)
	gone := v.Why == schedule.Why(schedule.Disabled) || v.Why == schedule.Why(schedule.NotStarted) || v.Why == schedule.Why(schedule.Ended) && v.Window.IsZero()
	halted := false
	for _, a := range schedule.Alarms(w, v, now) {
		failed := a.Kind == schedule.JobFailed
		if failed && a.Window == v.Window && !schedule.Retry(a.Window, w.Runs, now).After(now) {
			a.Raised, a.Pause = false, false // it is tried again first, at once
		}
		if a.Pause && !paused && !gone {
			if halted, err = book.Pause(job.ID, now); err != nil {
				return nil, nil, err
			}
			t.Log.Error("paused: too many windows failed in a row", "job", job.ID, "windows", a.InARow, "hint", "`"+problem.Command("scheduled resume", job.ID)+"` resumes it")
		}
		n, wanted := webhook.About(job.ID, w.Tells, a)
		if !wanted || job.Options.Webhook == "" {
			continue
		}
		n.Unset, n.Gone, n.Held, n.Paused = t.Webhooks(job.Options.Webhook) == "", gone, paused, halted && failed
		n.Raised, n.Over = n.Raised && !gone && !paused, n.Over && !gone && !paused
		news, about = append(news, n), append(about, subject{job, a, w.Runs})
	}
	return news, about, nil
}

// watch returns what the ledger knows about a job.
func watch(book *ledger.Ledger, job pyproject.Job, now time.Time) (w schedule.Watch, paused bool, err error) {
	o := job.Options
	w = schedule.Watch{Schedule: job.Schedule, Patience: o.Patience, Parallel: o.MaxInstances > 1 || o.Cancel, Asked: map[int64]bool{},
		Tells: schedule.Telling{On: o.NotifyOn, After: o.NotifyAfter, PauseAfter: o.PauseAfter}}
	if w.Runs, w.Known, err = book.Past(job.ID); err != nil {
		return w, false, err
	}
	for _, r := range w.Runs {
		w.Asked[r.ID] = true
	}
	if w.Known.IsZero() && len(w.Runs) > 0 { // the job is as old as its first run
		w.Since = job.Schedule.Window(w.Runs[0].Created).Start
	}
	if paused, err = book.Paused(job.ID); err != nil {
		return w, false, err
	}
	pauses, err := book.Pauses(job.ID, now)
	for _, p := range pauses {
		if !paused || p.End.Before(now) {
			w.Resumed = p.End
		}
	}
	return w, paused, err
}

// event returns what is posted about an alarm, or about its end.
func (t *teller) event(s subject, kind schedule.Event, paused bool, now time.Time) *webhook.Event {
	e := &webhook.Event{
		Kind: kind, Repository: t.Repository, Project: t.Path, Job: s.job.ID, Group: s.job.Options.Group, Description: s.job.Options.Description,
		Time: now.Truncate(time.Second),
	}
	run, window, again := s.alarm.Last, s.alarm.Window, problem.Command("scheduled run", s.job.ID, "--force")
	switch kind {
	case schedule.JobRecovered:
		run, window, again = s.alarm.Evidence, s.job.Schedule.Window(now), ""
	case schedule.JobFailed:
		if e.Cause, e.Failed, e.Paused = strings.TrimPrefix(run.Outcome, "failed: "), s.alarm.InARow, paused; paused {
			again = problem.Command("scheduled resume", s.job.ID) + " && " + again
		}
	case schedule.JobMissed, schedule.JobExpired:
		from, to := cmp.Or(s.alarm.First, window).Start, window.Start
		again = problem.Command("scheduled backfill", s.job.ID, "--from", from.Format(time.RFC3339), "--to", to.Format(time.RFC3339))
	case schedule.JobLate:
		again = ""
	}
	e.RunAgain = again
	if !window.IsZero() {
		e.Window = &window
	}
	if run.ID != 0 {
		e.RunID = &run.ID
	}
	for _, r := range s.runs {
		if r.Success {
			e.LastSuccess = &webhook.Success{RunID: r.ID, StartedAt: r.Started}
		}
	}
	return e
}
