package ghtest

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
)

// routes returns the handler of all requests.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, answer func(*http.Request) answer) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.reply(w, r, answer) })
	}
	for pattern, answer := range map[string]func(*http.Request) answer{
		"GET ":                               s.repository,
		"GET /actions/workflows":             s.workflows,
		"GET /actions/workflows/{file}/runs": s.listOf,
		"GET /actions/runs/{id}/jobs":        s.jobs,
		"GET /actions/runs":                  s.list,

		"GET /actions/permissions/workflow": s.workflowSettings,
		"GET /pages":                        s.pages,

		"GET /environments":        s.listEnvironments,
		"PUT /environments/{name}": s.putEnvironment,

		"GET /actions/runs/{id}/attempts/{n}/jobs": s.attempt,

		"GET /actions/runs/{id}":                    s.getRun,
		"POST /actions/runs/{id}/cancel":            s.cancel,
		"GET /actions/workflows/{file}":             s.getWorkflow,
		"PUT /actions/workflows/{file}/disable":     s.setWorkflow("disabled_manually"),
		"PUT /actions/workflows/{file}/enable":      s.setWorkflow("active"),
		"POST /actions/workflows/{file}/dispatches": s.dispatch,

		"GET /branches/{branch...}":                s.getBranch,
		"GET /commits/{ref...}":                    s.inRepository(s.getCommitOf),
		"GET /compare/{basehead...}":               s.compare,
		"GET /contents/{path...}":                  s.getContents,
		"POST /git/blobs":                          s.inRepository(s.createBlob),
		"GET /git/blobs/{id}":                      s.inRepository(s.getBlob),
		"POST /git/trees":                          s.inRepository(s.createTree),
		"GET /git/trees/{id}":                      s.inRepository(s.getTree),
		"POST /git/commits":                        s.inRepository(s.createCommit),
		"GET /git/commits/{id}":                    s.inRepository(s.getCommit),
		"GET /git/ref/{ref...}":                    s.inRepository(s.getRef),
		"GET /git/matching-refs/{ref...}":          s.inRepository(s.matchingRefs),
		"POST /git/refs":                           s.inRepository(s.createRef),
		"PATCH /git/refs/{ref...}":                 s.inRepository(s.updateRef),
		"DELETE /git/refs/{ref...}":                s.inRepository(s.deleteRef),
		"GET /pulls":                               s.listPulls,
		"POST /pulls":                              s.createPull,
		"GET /pulls/{number}":                      s.getPull,
		"PATCH /pulls/{number}":                    s.updatePull,
		"GET /pulls/{number}/commits":              s.pullCommits,
		"GET /issues":                              s.listIssues,
		"POST /issues":                             s.createIssue,
		"PATCH /issues/{number}":                   s.editIssue,
		"GET /issues/{number}/comments":            s.listComments,
		"POST /issues/{number}/comments":           s.createComment,
		"POST /issues/{number}/labels":             s.addLabels,
		"GET /labels":                              s.listLabels,
		"POST /labels":                             s.createLabel,
		"POST /pulls/{number}/requested_reviewers": s.requestReviewers,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		handle(method+" "+repos+path, answer)
	}
	handle(repos+"/", s.unknown)
	handle("/", s.elsewhere)
	return mux
}

// recording records every request and checks it against GitHub's API.
func (s *Server) recording(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // the client is gone
		}
		path, _ := strings.CutPrefix(r.URL.Path, base)
		s.locked(func() {
			s.requests = append(s.requests, Request{r.Method, path, r.URL.Query(), r.Header, body})
		})
		s.record(r, checkRequest(r, body))
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// record records violations.
func (s *Server) record(r *http.Request, wrong []string) {
	s.locked(func() {
		for _, w := range wrong {
			s.violate(r, "%s", w)
		}
	})
}

// reply serves a request, checks the answer against GitHub's API and sends it, unless
// a fault prevents that.
func (s *Server) reply(w http.ResponseWriter, r *http.Request, answer func(*http.Request) answer) {
	var n int
	var meanwhile []func()
	var fault *Fault
	s.locked(func() {
		s.served++
		n = s.served
		meanwhile = s.hooks[n]
		delete(s.hooks, n)
		if i := slices.IndexFunc(s.faults, func(f *Fault) bool { return f.fits(r.URL.Path, n) }); i >= 0 {
			fault = s.faults[i]
		}
	})
	for _, f := range meanwhile {
		f()
	}
	early := fault != nil && fault.early()
	a := s.answer(r, answer, early)
	if !early {
		s.record(r, checkAnswer(r, a))
	}
	if fault != nil {
		fault.inject(w, r, a, s.closed)
		return
	}
	a.write(w)
}

// answer serves a request if the token may make it, unless a fault prevents that.
func (s *Server) answer(r *http.Request, answer func(*http.Request) answer, early bool) (a answer) {
	s.locked(func() {
		switch {
		case early:
			a = s.say(http.StatusOK, nil)
		case s.token != "" && r.Header.Get("Authorization") != "Bearer "+s.token:
			a = s.refuse(http.StatusUnauthorized, "Bad credentials")
		case s.archived(r):
			a = s.refuse(http.StatusForbidden, "Repository was archived so is read-only.")
		case s.forbids(r):
			a = s.refuse(s.rights.refusal())
		default:
			a = answer(r)
		}
	})
	return a
}
