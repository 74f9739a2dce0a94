package serve

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// action is what a person can do with a job.
type action struct {
	name, done string
	do         func(*Web, context.Context, entry) (url string, err error)
}

var actions = []action{
	{"trigger", "triggered", (*Web).trigger},
	{"pause", "paused", (*Web).pause},
	{"resume", "resumed", (*Web).resume},
}

// acted is the answer to an action.
type acted struct {
	Job    string  `json:"job"`
	Action string  `json:"action"`
	URL    *string `json:"url"` // of the run on GitHub; null without one
}

// act does something with the job in the path: by its id, or by its slug.
func (w *Web) act(a action) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		p, found := w.board.find(r.PathValue("job"))
		switch {
		case !found:
			w.refuse(out, r, http.StatusNotFound, problem.New("`scheduled list` shows the jobs", "there is no job %s", problem.Quote(r.PathValue("job"))))
			return
		case p.job == nil:
			w.refuse(out, r, http.StatusConflict, problem.New("`scheduled validate` shows its errors", "the job %s is not served, because of errors", problem.Show(p.id)))
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), time.Minute)
		defer cancel()
		url, err := a.do(w, ctx, p)
		if err != nil {
			w.Log.Error("could not be "+a.done, "job", p.id, "error", err, "hint", problem.Hint(err))
			status := http.StatusBadGateway
			if _, nothing := errors.AsType[idle](err); nothing {
				status = http.StatusServiceUnavailable
			}
			w.refuse(out, r, status, err)
			return
		}
		w.Log.Info(a.done+" by a person", "job", p.id)
		w.changed(p.id)
		if wantsJSON(r) {
			answer := acted{Job: p.id, Action: a.name}
			if url != "" {
				answer.URL = &url
			}
			writeJSON(out, http.StatusOK, answer)
			return
		}
		http.Redirect(out, r, "/#job-"+p.slug, http.StatusSeeOther)
	})
}

// byHand returns the command that starts the job without this loop.
func (p entry) byHand() string {
	if p.hosted {
		return problem.Command("scheduled trigger", p.id)
	}
	return problem.Command("scheduled run", p.id, "--force")
}

// idle is why this process starts nothing.
type idle struct{ error }

func (e idle) Unwrap() error { return e.error }

// trigger runs a job now, even if its window is confirmed or the job is paused.
func (w *Web) trigger(ctx context.Context, p entry) (url string, err error) {
	_, waiting, ending, _ := w.board.standing(w.Clock.Now())
	switch {
	case ending:
		return "", idle{errors.New("`scheduled serve` is ending: it starts no more jobs")}
	case waiting:
		return "", idle{problem.New("send this to the other one, or use `"+p.byHand()+"`", "another `scheduled serve` has this project")}
	case p.hosted:
		return w.GitHub.trigger(ctx, p.job)
	}
	w.force(p.id)
	return "", nil
}

// trigger starts a run at once, whatever the limits of dispatches: a person asks for it. It
// counts in them.
func (g *GitHub) trigger(ctx context.Context, job *pyproject.Job) (url string, err error) {
	g.mu.Lock()
	branch := g.Branch
	g.limits.note(g.offset.at(g.Clock.Now()))
	g.mu.Unlock()
	if branch == "" {
		if branch, err = g.Client.DefaultBranch(ctx); err != nil {
			return "", err
		}
	}
	run, err := g.Client.Dispatch(ctx, github.Dispatch{Workflow: job.File(), Branch: branch, Force: true, Details: true})
	return run.URL, err
}

func (w *Web) pause(ctx context.Context, p entry) (string, error) {
	return "", w.toggle(ctx, p, false)
}
func (w *Web) resume(ctx context.Context, p entry) (string, error) {
	return "", w.toggle(ctx, p, true)
}

// toggle pauses a job or resumes it: by its workflow on GitHub, or in the ledger.
func (w *Web) toggle(ctx context.Context, p entry, resume bool) error {
	if p.hosted {
		err := w.GitHub.Client.SetWorkflow(ctx, p.job.File(), resume)
		if err == nil {
			w.GitHub.switched(p.id, resume)
		}
		return err
	}
	book, err := ledger.Open(w.File, func(string) {})
	if err != nil {
		return err
	}
	if resume {
		_, err = book.Resume(p.id, w.Clock.Now())
	} else {
		_, err = book.Pause(p.id, w.Clock.Now())
	}
	return err
}

// switched takes in that the workflow of a job was enabled or disabled.
func (g *GitHub) switched(id string, enabled bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	state := "disabled_manually"
	if enabled {
		state = "active"
	}
	r := g.jobs[id]
	if r == nil {
		return
	}
	if g.bar(r, state); enabled {
		g.free(r)
	}
	g.swept = time.Time{} // what it owes, a sweep finds out
}

// runName is the name of a run in addresses; see logName.
var runName = pattern.New(`^[a-z0-9_-]{1,100}@[0-9]{1,19}$`)

// log sends the log of a run, as far as it is written.
func (w *Web) log(out http.ResponseWriter, r *http.Request) {
	name := r.PathValue("run")
	err := fs.ErrNotExist
	if runName.MatchString(name) {
		err = w.sendLog(out, r, name)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		w.refuse(out, r, http.StatusNotFound, problem.New("a log is removed after 30 days, or earlier if all logs exceed 1 GiB", "there is no log of %s", problem.Quote(name)))
	case err != nil:
		w.refuse(out, r, http.StatusInternalServerError, err)
	}
}

// sendLog sends a log. It follows no link out of the folder of logs.
func (w *Web) sendLog(out http.ResponseWriter, r *http.Request, name string) error {
	all, err := ledger.Folder(w.File)
	if err != nil {
		return err
	}
	defer all.Close()
	logs, err := all.OpenRoot(logFolder)
	if err != nil {
		return err
	}
	defer logs.Close()
	if info, err := logs.Lstat(name + ".log"); err != nil || !info.Mode().IsRegular() {
		return cmp.Or(err, fs.ErrNotExist)
	}
	file, err := logs.Open(name + ".log")
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	out.Header().Set("Content-Type", "text/plain; charset=utf-8")
	http.ServeContent(out, r, "", info.ModTime(), file)
	return nil
}

// wantsJSON reports whether a program asks, and not a person.
func wantsJSON(r *http.Request) bool {
	return strings.Contains(strings.ToLower(r.Header.Get("Accept")), "application/json")
}

func writeJSON(out http.ResponseWriter, status int, value any) {
	out.Header().Set("Content-Type", "application/json")
	out.WriteHeader(status)
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	_ = enc.Encode(value) // who asked has gone
}
