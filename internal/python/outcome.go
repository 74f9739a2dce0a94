package python

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Outcome is how an entrypoint ended.
type Outcome struct {
	OK        bool
	Refused   bool   // no call can succeed: there is no such callable, it needs arguments, …
	Cause     string // why it is not OK, on one line: "exit code 3", "ValueError: bad"; else ""
	Hint      string // the remedy; "" if none is known
	Exit      *int   // the exit code of Python, or of the command; nil if none ended by itself
	Exception string // its type: "ValueError"; "" without one
	Traceback string // as Python formats it, only the last 64 KiB; "" without an exception
	Frame     *Frame // the deepest place inside the repository; nil if there is none

	Python   string    // its version: "3.13.1"; "" if it did not say
	Returned *Returned // what the callable returned; nil if that was None, or it did not return
	Remark   string    // what is odd about what it returned, although it is OK: "returned 3, …"; else ""

	Started, Ended time.Time // by this machine's clock
}

// outcome judges by how the interpreter ended and what it reported before.
func (e Entrypoint) outcome(end end, r *report) Outcome {
	o := Outcome{Cause: cause(end, r)}
	o.OK = o.Cause == ""
	if end.stopped == nil && end.killedBy == "" {
		o.Exit = new(end.code)
	}
	if r != nil {
		o.Exception, o.Traceback, o.Frame = r.Exception, r.Traceback, e.deepest(r.Places)
		o.Python, o.Returned = r.Python, r.Returned
		if end.stopped == nil {
			o.Refused, o.Hint = r.Refused, r.Hint
		}
	}
	if o.OK {
		o.Remark = oneLine(r.Remark)
	}
	newMask(e.Env, e.Secrets).outcome(&o)
	o.Cause, o.Hint = oneLine(o.Cause), oneLine(o.Hint)
	return o
}

// cause says on one line why the call was not a success. It is "" after a success: the
// call is known to have returned, and then Python ended with exit code 0.
func cause(end end, r *report) string {
	signal, code := end.killedBy, end.code
	switch {
	case end.stopped != nil:
		return end.stopped.Error()
	case r != nil && r.Cause != "":
		return r.Cause
	case signal != "":
		return "killed by " + signal
	case code != 0:
		return fmt.Sprintf("exit code %d", code)
	case r == nil:
		return "exit code 0 before the entrypoint returned"
	}
	return ""
}

// oneLine puts any text on one line of at most 500 printable characters.
func oneLine(text string) string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	return problem.Cut(strings.Join(strings.Fields(printable), " "), 500)
}
