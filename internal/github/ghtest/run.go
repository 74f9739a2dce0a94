package ghtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Run is a run of a workflow. The server's answers have every other field, too.
type Run struct {
	ID         int64     // zero: one more than the last
	Workflow   string    // the file that lists it; "" is Workflow
	Number     int64     // among the runs of its workflow; zero: one more than the last
	Path       string    // of the file, as the run has it; "" is the right one
	Title      string    // its run-name; "" is that of a tick which names no cron, or of a dispatch by hand
	Event      string    // "" is schedule
	Branch     string    // "" is main
	Actor      string    // who started it; "" is a person
	Head       string    // the repository that its commit is in; "" is Repository
	Attempt    int       // zero is the first
	Status     string    // "" is completed
	Conclusion string    // "" is success, or none while it is not completed
	Created    time.Time // when it was created
	Updated    time.Time // when it last changed; zero: a minute after it was created or the entrypoint started
	Began      time.Time // when its jobs were started by a runner; zero: when it was created
	Started    time.Time // when the schedule.EvidenceStep started, with success; zero: it was skipped
	Steps      []Step    // instead of those that follow from Started
	Next       time.Time // when the execution asked to be run next, or what a run that skips hands on; zero: not at all
	Since      time.Time // the slot that was confirmed last, of a run that hands on Next; zero if it does not say
	Outcome    string    // how the entrypoint ended; "" is nothing to tell
	Job        string    // the id of its job; "" is clean-files
	Lanes      []Lane    // a job for each of several slots, instead of the one; not nil, though empty, for a run of such a workflow that skipped
	Settled    string    // with Lanes: what follows schedule.SettledMark; "": it does not say
	Earlier    []Run     // its earlier attempts, the first one first; GitHub deleted those that are missing

	// Patch replaces fields of the run in lists, and removes those that are
	// Absent. Such a run is not checked against GitHub's types.
	Patch map[string]any
}

// Absent as a value of Patch removes the field, and as one of Commit the file.
const Absent = "\x00absent"

// Step is one step of a job.
type Step struct {
	Name       string
	Conclusion string    // "" is null
	Started    time.Time // zero is null
}

// listed is a run of the server, and its JSON in lists.
type listed struct {
	Run
	run json.RawMessage
}

// shape has the fields by which runs differ in their types. Numbers, times, names and
// addresses are written in one way.
type shape struct{ event, status, conclusion, branch, head string }

func (r Run) shape() shape { return shape{r.Event, r.Status, r.Conclusion, r.Branch, r.Head} }

// shapes has those of the runs that were checked.
var shapes sync.Map

// Add adds runs, in any order, or replaces those with the same id. It returns
// the id of the last.
func (s *Server) Add(runs ...Run) (id int64) {
	s.locked(func() {
		for _, r := range runs {
			id = r.ID
			if id == 0 {
				s.lastID++
				id = s.lastID
			}
			s.lastID = max(s.lastID, id)
			r.ID = id
			s.runs[id] = s.write(r)
		}
	})
	return id
}

// Remove removes runs, as GitHub does when they expire.
func (s *Server) Remove(ids ...int64) {
	s.locked(func() {
		for _, id := range ids {
			delete(s.runs, id)
		}
	})
}

// write fills in what r leaves open, and writes what the server answers about it.
func (s *Server) write(r Run) *listed {
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	fill(&r.Workflow, Workflow)
	fill(&r.Path, ".github/workflows/"+r.Workflow)
	fill(&r.Event, "schedule")
	if r.Event == "schedule" {
		fill(&r.Title, "clean-files: tick")
	}
	fill(&r.Title, "clean-files: by hand")
	fill(&r.Branch, "main")
	fill(&r.Head, Repository)
	fill(&r.Status, "completed")
	if r.Status == "completed" {
		fill(&r.Conclusion, "success")
	}
	r.Attempt = max(r.Attempt, 1)
	if r.Updated.IsZero() {
		r.Updated = r.Created.Add(time.Minute)
		if r.Started.After(r.Created) {
			r.Updated = r.Started.Add(time.Minute)
		}
	}
	if known := s.runs[r.ID]; known != nil {
		r.Number = known.Number
	} else if r.Number == 0 {
		r.Number = s.numbers[r.Workflow] + 1
	}
	s.numbers[r.Workflow] = max(s.numbers[r.Workflow], r.Number)
	return &listed{Run: r, run: r.object(s.URL)}
}

// varying are the fields of a run in lists that differ from run to run.
type varying struct {
	ID         int64  `json:"id"`
	Number     int64  `json:"run_number"`
	Path       string `json:"path"`
	Event      string `json:"event"`
	Title      string `json:"display_title"`
	Branch     string `json:"head_branch"`
	Actor      object `json:"actor"`
	Attempt    int    `json:"run_attempt"`
	Status     string `json:"status"`
	Conclusion any    `json:"conclusion"`
	Created    string `json:"created_at"`
	Updated    string `json:"updated_at"`
	Began      string `json:"run_started_at"`
	URL        string `json:"url"`
	Page       string `json:"html_url"`
	Jobs       string `json:"jobs_url"`
	Logs       string `json:"logs_url"`
	Artifacts  string `json:"artifacts_url"`
	Cancel     string `json:"cancel_url"`
	Rerun      string `json:"rerun_url"`
}

// constant has the other fields, of a run of this repository, and a comma at the end.
var constant = sync.OnceValue(func() []byte {
	var names map[string]any
	_ = json.Unmarshal(marshal(varying{}), &names)
	for name := range names {
		names[name] = Absent
	}
	fields := marshal(fixtures.Run.with(names).with(map[string]any{"head_repository": fixtures.Repository}))
	return append(fields[1:len(fields)-1], ',')
})

// object returns the run as it is in lists.
func (r Run) object(api string) json.RawMessage {
	url := fmt.Sprintf("%s/repos/%s/actions/runs/%d", api, Repository, r.ID)
	fields := marshal(varying{
		r.ID, r.Number, r.Path, r.Event, r.Title, r.Branch, actors(r.Actor), r.Attempt, r.Status, orNull(r.Conclusion),
		stamp(r.Created), stamp(r.Updated), stamp(r.Created),
		url, fmt.Sprintf("https://github.com/%s/actions/runs/%d", Repository, r.ID),
		url + "/jobs", url + "/logs", url + "/artifacts", url + "/cancel", url + "/rerun",
	})
	whole := slices.Concat([]byte{'{'}, constant(), fields[1:])
	if r.Head == Repository && r.Patch == nil {
		return whole
	}
	var o object
	_ = json.Unmarshal(whole, &o)
	if r.Head != Repository {
		owner, name, _ := strings.Cut(r.Head, "/")
		o["head_repository"] = marshal(fixtures.Repository.with(map[string]any{
			"id": 4711, "name": name, "full_name": r.Head, "fork": true, "description": "of " + owner}))
	}
	return marshal(o.with(r.Patch))
}

// actors returns who started a run, as it is in lists.
func actors(login string) object {
	if login == "" {
		return personal
	}
	return personal.with(map[string]any{"login": login})
}

// personal is the actor of the fixture.
var personal = func() (actor object) {
	_ = json.Unmarshal(fixtures.Run["actor"], &actor)
	return actor
}()
