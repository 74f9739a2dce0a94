package serve

import (
	"crypto/sha256"
	"errors"
	"os"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// source is the project file, as the loop knows it.
type source struct {
	path string
	info os.FileInfo // when its content was read
	sum  [sha256.Size]byte

	unread time.Time // since when it cannot be read; zero if it can
	said   bool      // that it cannot be read
}

// changed reports whether the content of the file is another than before. The error says
// that it cannot be read.
func (s *source) changed() (bool, error) {
	info, err := os.Stat(s.path)
	if err != nil || s.info != nil && os.SameFile(info, s.info) && info.ModTime().Equal(s.info.ModTime()) && info.Size() == s.info.Size() {
		return false, err
	}
	content, err := os.ReadFile(s.path)
	if err != nil {
		return false, err
	}
	was := s.sum
	s.info, s.sum = info, sha256.Sum256(content)
	return was != s.sum, nil
}

// notice takes in whether the file can be read at now. It reports whether that is to be said:
// once, and not while it is away for a moment, as when an editor writes it.
func (s *source) notice(away bool, now time.Time) (say bool) {
	switch {
	case !away:
		s.unread, s.said = time.Time{}, false
	case s.unread.IsZero():
		s.unread = now
	}
	say = away && !s.said && now.Sub(s.unread).Abs() >= grace
	s.said = s.said || say
	return say
}

// load reads the project for the first time.
func (s *Server) load() error {
	_, _ = s.source.changed() // Load says why it cannot be read
	project, err := s.Load()
	if err != nil {
		return err
	}
	for _, broken := range project.Broken {
		s.complain("the job is not served", broken.Problems, "job", broken.ID)
	}
	s.swap(project)
	return nil
}

// reload reads the project again if its file has another content, or a person asks for it.
// A project with any error is not taken: the old one stays.
func (s *Server) reload(now time.Time) {
	s.mu.Lock()
	asked := s.asked
	s.asked = false
	s.mu.Unlock()
	changed, unread := s.source.changed()
	back := s.source.said && unread == nil
	if s.source.notice(unread != nil, now) {
		s.stay(unread)
	}
	if !changed && !asked && !back {
		return
	}
	project, err := s.Load()
	if err == nil {
		err = flaws(project)
	}
	if err != nil {
		s.stay(err)
		return
	}
	s.swap(project)
	s.reloads++
	s.board.reloaded(nil)
	s.Log.Info("the project is reloaded", "jobs", len(project.Jobs), "reload", s.reloads)
}

// stay says why the project is not reloaded.
func (s *Server) stay(why error) {
	s.reloads++
	s.board.reloaded(why)
	s.complain("the project is not reloaded, the jobs stay as they are", why, "reload", s.reloads)
}

// flaws returns what is wrong with the jobs of a project; nil if nothing is.
func flaws(project *Project) error {
	var all problem.Problems
	for _, broken := range project.Broken {
		all = append(all, broken.Problems...)
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// complain logs an error, or each of several that a file has, with its place and hint.
func (s *Server) complain(message string, err error, attrs ...any) {
	all, several := errors.AsType[problem.Problems](err)
	if !several {
		s.Log.Error(message, append(attrs, "error", err, "hint", problem.Hint(err))...)
	}
	for _, p := range all {
		s.Log.Error(message+": "+p.Error(), append(attrs, "hint", p.Hint)...) // each message once
	}
}

// swap serves another project from now on. What is executing goes on.
func (s *Server) swap(project *Project) {
	tracks := map[string]*track{}
	for i := range project.Jobs {
		job := &project.Jobs[i]
		t := s.tracks[job.ID]
		if t == nil {
			t = &track{anew: true}
		}
		t.Job, t.on, t.stale = job, s.executor(*job), true
		tracks[job.ID] = t
	}
	s.project, s.tracks, s.loaded = project, tracks, true
	fresh, gone := s.board.serve(project, s.hosted)
	for _, id := range gone {
		s.metrics.forget(id)
	}
	for _, id := range fresh {
		s.metrics.begin(id, s.hosted(tracks[id].Job))
	}
}

// hosted reports whether GitHub executes a job.
func (s *Server) hosted(job *pyproject.Job) bool { return s.GitHub != nil && !job.Options.Serve }

// executor returns who starts a job.
func (s *Server) executor(job pyproject.Job) executor {
	if s.hosted(&job) {
		return s.GitHub
	}
	return s.Local
}
