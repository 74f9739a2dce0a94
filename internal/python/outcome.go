package python

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode"
)

// Outcome is what became of an entrypoint.
type Outcome struct {
	OK        bool
	Cause     string // why it is not OK, in one line: "exit code 3", "ValueError: bad"; else ""
	Traceback string // as Python formats it, cut from above at 64 KiB; "" without an exception
	Frame     *Frame // the deepest place inside the repository; nil if there is none

	Started, Ended time.Time // by this machine's clock
}

// report is what runner.py says about a call that came to its end.
type report struct {
	Cause     string  `json:"cause"` // "" where it has succeeded
	Traceback string  `json:"traceback"`
	Places    []Frame `json:"places"` // the deepest last, with the files as Python knows them
}

// readReport returns nil where there is no report, or just a part of one:
// the interpreter did not get that far.
func readReport(file string) *report {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	r := new(report)
	if err := json.Unmarshal(data, r); err != nil {
		return nil
	}
	return r
}

// outcome judges how the interpreter ended and what it said before.
func (e Entrypoint) outcome(end end, r *report) Outcome {
	o := Outcome{Cause: cause(end, r)}
	o.OK = o.Cause == ""
	if r != nil {
		o.Traceback, o.Frame = r.Traceback, e.deepest(r.Places)
	}
	return o
}

// cause says in one line why the call was no success, or "" if it was: it is
// known to have returned, and Python ended with exit code 0 after it.
func cause(end end, r *report) string {
	signal, code := killedBy(end.state), end.state.ExitCode()
	switch {
	case end.stopped != nil:
		return end.stopped.Error()
	case r != nil && r.Cause != "":
		return oneLine(r.Cause)
	case signal != "":
		return "killed by " + signal
	case code != 0:
		return fmt.Sprintf("exit code %d", code)
	case r == nil:
		return "exit code 0 before the entrypoint returned"
	}
	return ""
}

// oneLine puts text that may be any on one line of at most 500 characters.
func oneLine(text string) string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	line := []rune(strings.Join(strings.Fields(printable), " "))
	if len(line) > 500 {
		return string(line[:499]) + "…"
	}
	return string(line)
}
