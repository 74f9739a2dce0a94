package ghtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// answer is GitHub's answer to a request.
type answer struct {
	status int
	header http.Header
	body   []byte
	sample []byte // the body without the runs already checked against the types, which takes most of a test's time
}

func (a answer) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client may be gone
}

func (s *Server) say(status int, body any) answer {
	var now time.Time
	s.locked(func() { now = s.now })
	if now.IsZero() {
		now = time.Now()
	}
	data := marshal(body)
	return answer{status: status, body: data, sample: data, header: http.Header{
		"Content-Type":          {"application/json; charset=utf-8"},
		"Date":                  {now.UTC().Format(http.TimeFormat)},
		"X-Ratelimit-Limit":     {"1000"},
		"X-Ratelimit-Remaining": {"987"},
		"X-Ratelimit-Reset":     {strconv.FormatInt(now.Add(time.Hour).Unix(), 10)},
	}}
}

func (s *Server) refuse(status int, message string) answer {
	return s.say(status, map[string]string{
		"message": message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status),
	})
}

// unknown answers requests that GitHub may know but the fake does not.
func (s *Server) unknown(r *http.Request) answer {
	s.violate(r, "the fake does not know this request")
	return s.elsewhere(r)
}

// elsewhere answers for repositories that do not exist.
func (s *Server) elsewhere(*http.Request) answer {
	return s.refuse(http.StatusNotFound, "Not Found")
}

func (s *Server) repository(*http.Request) answer {
	return s.say(http.StatusOK, fixtures.Repository)
}

func (s *Server) jobs(r *http.Request) answer {
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	var run *listed
	s.locked(func() { run = s.runs[id] })
	if run == nil {
		return s.elsewhere(r)
	}
	return s.say(http.StatusOK, run.jobs)
}

// list answers with one page of the runs of a workflow file.
func (s *Server) list(r *http.Request) answer {
	perPage, page := number(r, "per_page", 30), number(r, "page", 1)
	var total, last int
	var runs, unchecked []json.RawMessage
	s.locked(func() {
		arranged := s.arranged(r.PathValue("file"))
		total = len(arranged)
		last = min(page*perPage, total)
		for _, run := range arranged[min((page-1)*perPage, total):last] {
			runs = append(runs, run.run)
			if !run.checked && run.Patch == nil {
				unchecked = append(unchecked, run.run)
				run.checked = true
			}
		}
	})
	a := s.say(http.StatusOK, nil)
	a.body, a.sample = runList(total, runs), runList(total, unchecked)
	if last < total {
		query := r.URL.Query()
		query.Set("page", strconv.Itoa(page+1))
		a.header.Set("Link", fmt.Sprintf(`<http://%s%s?%s>; rel="next"`, r.Host, r.URL.Path, query.Encode()))
	}
	return a
}

// arranged returns the runs of a file in the order of the list. The caller holds
// the lock.
func (s *Server) arranged(file string) (arranged []*listed) {
	var runs []Run
	for _, run := range s.runs {
		if run.Workflow == file {
			runs = append(runs, run.Run)
		}
	}
	slices.SortFunc(runs, func(a, b Run) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.ID, a.ID))
	})
	if s.arrange != nil {
		runs = s.arrange(runs)
	}
	for _, run := range runs {
		arranged = append(arranged, s.runs[run.ID])
	}
	return arranged
}

// runList writes a list. json.Marshal would parse every run again.
func runList(total int, runs []json.RawMessage) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"total_count":%d,"workflow_runs":[`, total)
	for i, run := range runs {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(run)
	}
	b.WriteString("]}")
	return b.Bytes()
}

// number returns a positive number from the query, or its default.
func number(r *http.Request, name string, otherwise int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n < 1 {
		return otherwise
	}
	return n
}
