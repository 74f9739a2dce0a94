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

// answer is GitHub's answer to a request. The lock is held in methods that return
// one.
type answer struct {
	status int
	header http.Header
	body   []byte
	sample []byte // the body without runs like those that were checked already, which takes most of a test's time
}

func (a answer) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client may be gone
}

// say answers with a body as JSON, or without one if it is nil.
func (s *Server) say(status int, body any) answer {
	now, limit, remaining := s.clock(), 1000, 987
	if s.limit > 0 {
		limit, remaining = s.limit, max(0, s.limit-s.served)
	}
	var data []byte
	if body != nil {
		data = marshal(body)
	}
	return answer{status: status, body: data, sample: data, header: http.Header{
		"Content-Type":          {"application/json; charset=utf-8"},
		"Date":                  {now.UTC().Format(http.TimeFormat)},
		"X-Ratelimit-Limit":     {strconv.Itoa(limit)},
		"X-Ratelimit-Remaining": {strconv.Itoa(remaining)},
		"X-Ratelimit-Reset":     {strconv.FormatInt(now.Add(time.Hour).Unix(), 10)},
	}}
}

func (s *Server) refuse(status int, message string) answer {
	return s.say(status, map[string]string{
		"message": message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status),
	})
}

// linked adds the address of the next page, if there is one.
func (a answer) linked(r *http.Request, next bool) answer {
	if next {
		query := r.URL.Query()
		query.Set("page", strconv.Itoa(number(r, "page", 1)+1))
		a.header.Set("Link", fmt.Sprintf(`<http://%s%s?%s>; rel="next"`, r.Host, r.URL.EscapedPath(), query.Encode()))
	}
	return a
}

// invalid refuses a value, with a message if the code is custom.
func (s *Server) invalid(resource, field, code, message string) answer {
	wrong := map[string]string{"resource": resource, "code": code}
	if field != "" {
		wrong["field"] = field
	}
	if message != "" {
		wrong["message"] = message
	}
	return s.say(http.StatusUnprocessableEntity, map[string]any{
		"message": "Validation Failed", "errors": []any{wrong},
		"documentation_url": "https://docs.github.com/rest", "status": "422",
	})
}

// read returns the body of a request. What is wrong with it is found by the check of
// the request.
func read[T any](r *http.Request) (body T) {
	_ = json.NewDecoder(r.Body).Decode(&body)
	return body
}

// unknown answers requests that the fake does not support.
func (s *Server) unknown(r *http.Request) answer {
	s.violate(r, "the fake does not know this request")
	return s.elsewhere(r)
}

// elsewhere answers for repositories that do not exist.
func (s *Server) elsewhere(*http.Request) answer {
	return s.refuse(http.StatusNotFound, "Not Found")
}

// clock returns the server's time.
func (s *Server) clock() time.Time {
	if s.now.IsZero() {
		return time.Now().Add(s.skew).UTC().Truncate(time.Second)
	}
	return s.now.UTC().Truncate(time.Second)
}

func (s *Server) jobs(r *http.Request) answer {
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	run := s.runs[id]
	if run == nil {
		return s.elsewhere(r)
	}
	return s.say(http.StatusOK, run.Run.jobs(s.URL))
}

// attempt answers with the jobs of an earlier attempt of a run, or of the last one.
func (s *Server) attempt(r *http.Request) answer {
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	n, _ := strconv.Atoi(r.PathValue("n"))
	run := s.runs[id]
	switch {
	case run != nil && n == run.Attempt:
		return s.jobs(r)
	case run == nil || n < 1 || n > len(run.Earlier):
		return s.elsewhere(r)
	}
	earlier := run.Earlier[n-1]
	earlier.ID, earlier.Attempt = id, n
	return s.say(http.StatusOK, s.write(earlier).Run.jobs(s.URL))
}

// list answers with one page of the runs of a workflow file, or of all.
func (s *Server) list(r *http.Request) answer {
	arranged := s.arranged(r.PathValue("file"))
	if event := r.URL.Query().Get("event"); event != "" {
		arranged = slices.DeleteFunc(slices.Clone(arranged), func(run *listed) bool { return cmp.Or(run.Event, "schedule") != event })
	}
	part, next := page(r, arranged)
	var runs, unchecked []json.RawMessage
	for _, run := range part {
		runs = append(runs, run.run)
		if run.Patch != nil {
			continue
		}
		if _, known := shapes.LoadOrStore(run.shape(), true); !known {
			unchecked = append(unchecked, run.run)
		}
	}
	a := s.say(http.StatusOK, nil)
	a.body, a.sample = runList(len(arranged), runs), runList(len(arranged), unchecked)
	return a.linked(r, next)
}

// page returns the part of a list that a request asks for, and whether there is
// more after it.
func page[T any](r *http.Request, list []T) (part []T, next bool) {
	perPage, page := min(number(r, "per_page", 30), 100), number(r, "page", 1)
	last := min(page*perPage, len(list))
	return list[min((page-1)*perPage, len(list)):last], last < len(list)
}

// arranged returns the runs of a file, or with "" all, in the order of the list.
func (s *Server) arranged(file string) (arranged []*listed) {
	var runs []Run
	for _, run := range s.runs {
		if file == "" || run.Workflow == file {
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
