package serve

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// asleep is how long the loop may not wake before something is wrong with it.
const asleep = 60 * time.Second

// ill returns why the loop is not alive; nil if it is. After the clock was set, that takes
// until the loop wakes, at most 15 seconds.
func (s *Server) ill() (why []string) {
	age, _, ending, _ := s.board.standing(s.Clock.Now())
	if !ending && age.Abs() > asleep {
		why = append(why, fmt.Sprintf("the loop has not woken for %s", age.Abs().Round(time.Second)))
	}
	return why
}

// unready returns why not all jobs are started on time; nil if they are.
func (s *Server) unready() (why []string) {
	why = s.ill()
	_, waiting, ending, reload := s.board.standing(s.Clock.Now())
	if ending {
		why = append(why, "`scheduled serve` is ending: it starts no more jobs")
	}
	if waiting {
		why = append(why, "another `scheduled serve` has this project: waiting for its turn")
	}
	if reload != nil {
		why = append(why, "pyproject.toml was not reloaded: "+reload.Error())
	}
	if err := s.board.unrecorded(); err != nil {
		why = append(why, "the history cannot be read: "+err.Error())
	}
	if s.GitHub != nil {
		why = append(why, s.GitHub.unable()...)
	}
	for _, p := range s.board.all() {
		if p.refused != nil {
			why = append(why, fmt.Sprintf("%s cannot be started: %s", problem.Show(p.id), p.refused))
		}
	}
	return why
}

// answer writes what is wrong, a line each, or that nothing is. Who has not shown the token
// that others need learns how much is wrong, and not what.
func (w *Web) answer(out http.ResponseWriter, r *http.Request, why []string) {
	out.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if len(why) == 0 {
		fmt.Fprintln(out, "ok")
		return
	}
	out.WriteHeader(http.StatusServiceUnavailable)
	if w.Token != nil {
		if known, _ := w.Token.admits(r); !known {
			fmt.Fprintf(out, "%s; send the token to read what is wrong\n", problem.Count(len(why), "problem"))
			return
		}
	}
	for _, line := range why {
		fmt.Fprintln(out, oneLine(strings.Join(strings.Fields(line), " ")))
	}
}
