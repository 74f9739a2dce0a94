package schedule

import "slices"

// Event is something about a job that people can be told.
type Event string

// The events of the option notify-on.
const (
	JobFailed    Event = "failed"    // a window's runs failed, and none confirmed it
	JobMissed    Event = "missed"    // a window is over without any run that executed
	JobExpired   Event = "expired"   // a slot became too old to be run
	JobLate      Event = "late"      // an execution started late: see Window.InTime
	JobRecovered Event = "recovered" // a window is confirmed after one of the others
)

// Events are all of them.
var Events = []Event{JobFailed, JobMissed, JobExpired, JobLate, JobRecovered}

// Telling says what people want to be told about a job.
type Telling struct {
	On         []Event
	After      int // windows in a row with such an event before anybody is told
	PauseAfter int // windows in a row that fail before the job is paused; 0 for never
}

// Depth returns how many windows before the current one matter.
func (t Telling) Depth() (depth int) {
	if t.absent() {
		depth = 1
	}
	if t.After > 1 {
		depth = max(depth, t.After)
	}
	return max(depth, t.PauseAfter)
}

// absent reports whether events are told that can be seen only in a window that is over.
func (t Telling) absent() bool { return t.nothing() || t.Tells(JobLate) }

// nothing reports whether events are told of windows in which nothing executed.
func (t Telling) nothing() bool { return t.Tells(JobMissed) || t.Tells(JobExpired) }

// Others reports whether people are told about any event but that one.
func (t Telling) Others(than Event) bool {
	return slices.ContainsFunc(t.On, func(event Event) bool { return event != than })
}

// Tells reports whether people are told about an event.
func (t Telling) Tells(event Event) bool { return slices.Contains(t.On, event) }
