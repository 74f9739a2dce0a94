package schedule

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
