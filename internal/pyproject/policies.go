package pyproject

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// maxInstances is how many windows of a job can execute at once.
const maxInstances = 10

// policyOptions say what a job does when it comes late, twice, or beside other jobs.
var policyOptions = []option{
	{
		name:     "catch-up",
		kind:     "a string",
		fallback: "`\"latest\"`",
		meaning:  "`\"all\"` to run every missed slot on its own, the oldest first, unless it is older than `expires`, here 30 days by default; with `\"latest\"` one run stands for all missed slots; for windows of an hour and more",
		example:  `"all"`,
		form:     wordForm("latest", "all"),
		parse:    oneOf([]string{"latest", "all"}, func(o *Options, word string) { o.spec.CatchUp = word == "all" }),
	},
	{
		name:     "overlap",
		kind:     "a string",
		fallback: "`\"wait\"`",
		meaning:  "what a new window does to an execution that is still running: `\"wait\"` for its end, or `\"cancel\"` it",
		example:  `"cancel"`,
		form:     wordForm("wait", "cancel"),
		single:   true,
		parse:    oneOf([]string{"wait", "cancel"}, func(o *Options, word string) { o.Cancel = word == "cancel" }),
	},
	{
		name:     "max-instances",
		kind:     "an integer",
		fallback: "1",
		meaning:  fmt.Sprintf("maximum number of windows that can execute at the same time, 1 to %d", maxInstances),
		example:  "3",
		form:     integerForm(1, maxInstances),
		single:   true,
		parse:    into(numbers(1, maxInstances), func(o *Options) *int { return &o.MaxInstances }),
	},
	{
		name:     "lock",
		kind:     "a string",
		fallback: "none",
		meaning:  "a word, in any case; jobs with the same lock never execute at the same time",
		example:  `"database"`,
		form:     func() form { return matching(groupForm).but(form{"maxLength": maxWord}) },
		parse:    into(parseLock, func(o *Options) *string { return &o.Lock }),
	},
	{
		name:     "needs",
		kind:     "a list of strings",
		fallback: "none",
		meaning:  "ids of jobs to wait for: a window runs once each of them is confirmed for its own window that holds the slot, or a later run of it stands for that window",
		example:  `["import-orders"]`,
		form:     always(form{"type": "array", "items": form{"type": "string"}, "minItems": 1, "maxItems": maxItems, "uniqueItems": true}),
		single:   true,
		read: func(r *reader, e *entry) setting {
			if !isList(e) {
				r.valid(e, "a list of strings", wrongType, exampleHint("needs", `["import-orders"]`))
				return nil
			}
			ids := r.ids(e)
			return func(o *Options) { o.Needs = ids }
		},
	},
}

// tellingOptions say who is told about a job that does not run as it should.
var tellingOptions = []option{
	{
		name:     "notify",
		kind:     "a string",
		fallback: "`\"none\"`",
		meaning:  "`\"issue\"` to have the rescue open an issue for each job that fails, and close it when the job succeeds again",
		example:  `"issue"`,
		form:     wordForm("issue", "none"),
		shared:   true,
		parse:    oneOf([]string{"issue", "none"}, func(o *Options, word string) { o.rescue.notify = word == "issue" }),
	},
	{
		name:     "notify-on",
		kind:     "a list of strings",
		fallback: "`[\"failed\", \"recovered\"]`",
		meaning:  "events that `notify` and `webhook` tell: " + quotedList(events()),
		example:  `["failed", "missed", "recovered"]`,
		form:     func() form { return listForm(form{"enum": events()}) },
		read: func(r *reader, e *entry) setting {
			told := r.events(e)
			return func(o *Options) { o.NotifyOn = told }
		},
	},
	{
		name:     "notify-after",
		kind:     "an integer",
		fallback: "1",
		meaning:  "number of windows in a row that failed, were missed or expired, as far as `notify-on` has that, before an alarm is raised",
		example:  "3",
		form:     integerForm(1, maxInARow),
		parse:    into(numbers(1, maxInARow), func(o *Options) *int { return &o.NotifyAfter }),
	},
	{
		name:     "pause-after",
		kind:     "an integer",
		fallback: "none",
		meaning:  "number of windows that must fail in a row before the rescue disables the job's workflow",
		example:  "10",
		form:     integerForm(1, maxInARow),
		parse:    into(numbers(1, maxInARow), func(o *Options) *int { return &o.PauseAfter }),
	},
	{
		name:     "webhook",
		kind:     "a string",
		fallback: "none",
		meaning:  "name of a secret that holds the URL of a chat (Slack, Mattermost, Google Chat, Discord) or of any server: it gets a JSON post on each event of `notify-on`; `\"\"` in a job for none",
		example:  `"SLACK_URL"`,
		form:     secretForm,
		parse:    into(parseWebhook, func(o *Options) *string { return &o.Webhook }),
	},
	{
		name:     "heartbeat",
		kind:     "a string",
		fallback: "none",
		meaning:  "name of a secret that holds the URL of a check at a monitor such as healthchecks.io: it is told when the job starts, succeeds and fails; outside Actions the URL is in the environment variable of that name; `\"\"` in a job for none",
		example:  `"HEALTHCHECK_URL"`,
		form:     secretForm,
		parse:    into(parseHeartbeat, func(o *Options) *string { return &o.Heartbeat }),
	},
}

// maxInARow is how many windows of a job are looked at to count its failures.
const maxInARow = 100

func events() []string {
	var words []string
	for _, event := range schedule.Events {
		words = append(words, string(event))
	}
	return words
}

// parseLock reads the name of a lock, in lower case: that of a concurrency group "is case
// insensitive", so DB and db are one lock wherever jobs run.
// https://docs.github.com/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
func parseLock(value any) (string, *flaw) {
	name, flawed := parseGroup(value)
	return strings.ToLower(name), flawed
}

// parseWebhook reads the name of a secret, or "".
func parseWebhook(value any) (string, *flaw) {
	name, flawed := parseHeartbeat(value)
	if flawed != nil {
		flawed.message = strings.Replace(flawed.message, "report a success", "write to it", 1)
		flawed.hint = strings.Replace(flawed.hint, "the URL of the check", "the URL", 1)
	}
	return name, flawed
}

// ids reads a list of job ids, each once.
func (r *reader) ids(e *entry) []string {
	var ids []string
	for _, item := range r.several(e, `"import-orders"`) {
		id, ok := item.value.(string)
		switch {
		case !ok:
			r.valid(item, "a string", wrongType, exampleHint("needs", `["import-orders"]`))
		case slices.Contains(ids, id):
			r.report(item.at, "remove one of them", "needs has %s twice", problem.Quote(id))
		default:
			ids = append(ids, id)
		}
	}
	return ids
}

// events reads a list of schedule.Events.
func (r *reader) events(e *entry) []schedule.Event {
	if !isList(e) {
		r.valid(e, "a list of strings", wrongType, exampleHint("notify-on", `["failed", "recovered"]`))
		return nil
	}
	told := []schedule.Event{}
	for _, item := range e.items(r.text) {
		_, flawed := oneOf(events(), func(*Options, string) {})(item.value)
		if !r.valid(item, "a string", flawed, exampleHint("notify-on", `["failed", "recovered"]`)) {
			continue
		}
		if event := schedule.Event(item.value.(string)); !slices.Contains(told, event) {
			told = append(told, event)
		}
	}
	return told
}

// Lanes reports whether the job has the second shape of the workflow, in which each slot
// has a job of its own.
func (j Job) Lanes() bool {
	return j.Schedule.Spec().CatchUp || j.Options.MaxInstances > 1 || j.Options.Cancel || j.Options.Lock != ""
}

// policies reports policies of a job that cannot be kept. keys are its own and those of the
// project; the last of a name counts.
func (r *reader) policies(d draft, s schedule.Schedule, o Options, keys []placed) {
	if at := lastOf(keys, "catch-up"); at != nil && o.spec.CatchUp && s.Shortest() < time.Hour {
		r.report(*at, `write catch-up = "latest" in `+jobOptions(d.id), `catch-up = "all" is for windows of an hour and more; the shortest of %s is %s`, d.table, lengthOf(s.Shortest()))
	}
	if at := lastOf(keys, "overlap", "lock"); at != nil && o.Cancel && o.Lock != "" {
		r.report(*at, "remove one of them", `overlap = "cancel" cannot be combined with lock, or a new window would cancel the execution of another job`)
	}
	if at := lastOf(keys, "overlap", "catch-up"); at != nil && o.Cancel && o.spec.CatchUp {
		r.report(*at, "remove one of them", `overlap = "cancel" cannot be combined with catch-up = "all", which wants every slot to be run`)
	}
	if at := lastOf(keys, "webhook", "rescue"); at != nil && o.Webhook != "" && o.rescue.every == 0 && !o.Serve {
		r.report(*at, `write rescue = "15m", or remove webhook`, "webhook has no effect with rescue = false: the rescue posts to it")
	}
}

// needed reports jobs that wait for ones that cannot be confirmed, and those that wait for
// each other.
func (r *reader) needed(jobs []Job) {
	places, ids := make(map[string]int), make([]string, len(jobs))
	for i, job := range jobs {
		places[job.ID], ids[i] = i, job.ID
	}
	circles := findCircles(jobs, places)
	for i, job := range jobs {
		r.of = i + 1
		for _, id := range job.Options.Needs {
			at := r.drafts[i].options.child("needs")
			if at == nil {
				continue
			}
			report := func(hint, format string, args ...any) { r.report(r.member(at, id), hint, format, args...) }
			other, found := places[id]
			switch {
			case !found:
				hint := "name another job of this file"
				if near := r.nearest(id, ids); near != "" {
					hint = didYouMean(near)
				}
				report(hint, "needs has %s, which is not a job", problem.Quote(id))
			case other == i:
				report("remove it", "needs has the job itself, so it would never run")
			case jobs[other].Schedule.Spec().Disabled:
				report("remove it, or enable that job", "needs has %s, which is disabled and never confirmed", problem.Quote(id))
			case jobs[other].Options.Serve != job.Options.Serve:
				report("give both jobs the same executor", "needs has %s, which has another executor, whose history is elsewhere", problem.Quote(id))
			case circles.of[i] == circles.of[other]:
				report("remove one of them", "needs goes in a circle: %s", r.around(circles, i, other, ids))
			}
		}
	}
	r.of = 0
}

// member returns the place of a string in a list.
func (r *reader) member(list *entry, text string) span {
	for _, item := range list.items(r.text) {
		if item.value == text {
			return r.at(item)
		}
	}
	return r.at(list)
}
