package actions

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// Log is a stream into the log of GitHub Actions. No text that is written to it
// starts a workflow command: only what a Runner writes to it does, and what goes to
// Verbatim.
type Log struct {
	mu   sync.Mutex
	w    io.Writer
	line []byte // begun, and not written yet
}

// NewLog returns a Log that writes to w. Flush it at the end.
func NewLog(w io.Writer) *Log { return &Log{w: w} }

// Stream returns what it writes to.
func (l *Log) Stream() io.Writer { return l.w }

func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	end := bytes.LastIndexAny(b, "\r\n") + 1
	if end == 0 {
		l.line = append(l.line, b...)
		return len(b), nil
	}
	lines := append(l.line, b[:end]...)
	l.line = slices.Clone(b[end:])
	if _, err := l.w.Write(defused(lines)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Flush writes the last line if it has no end.
func (l *Log) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.flush()
}

func (l *Log) flush() error {
	if len(l.line) == 0 {
		return nil
	}
	_, err := l.w.Write(defused(l.line))
	l.line = nil
	return err
}

// unguarded is the stream below a Log. What is written to it begins on a line of
// its own.
type unguarded struct{ *Log }

func (u unguarded) Write(b []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.line) > 0 {
		u.line = append(u.line, '\n')
	}
	if err := u.flush(); err != nil {
		return 0, err
	}
	return u.w.Write(b)
}

// below returns the stream below a Log, or the stream itself if it is none.
func below(stream io.Writer) io.Writer {
	if l, ok := stream.(*Log); ok {
		return unguarded{l}
	}
	return stream
}

// The forms of a workflow command. The runner takes a line for one if it begins with
// "::", after any white space, or has "##[" anywhere. A line ends with CR, too, and
// the runner compares as .NET does by default, which passes over invisible
// characters.
// https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
var (
	command    = pattern.New(`(^|[\r\n])([\s\p{Z}\p{C}\p{M}]*):(` + invisible + `):`)
	oldCommand = pattern.New(`#(` + invisible + `)#(` + invisible + `)\[`)
)

const invisible = `[\p{Cf}\p{M}\x00-\x08\x0e-\x1f\x7f-\x9f]*`

// defused breaks up whatever the runner would take for a workflow command in whole
// lines.
func defused(lines []byte) []byte {
	lines = command.ReplaceAll(lines, []byte("$1$2:$3 :"))
	return oldCommand.ReplaceAll(lines, []byte("#$1 #$2["))
}

// Verbatim returns a stream for other programs' text. Until end is called, the runner
// takes nothing in it for a command.
func (r *Runner) Verbatim() (w io.Writer, end func()) {
	lines := &lineWriter{w: r.w}
	resume := r.stopCommands()
	return lines, func() {
		lines.endLine()
		resume()
	}
}

// lineWriter remembers whether what was written ends in a newline.
type lineWriter struct {
	w    io.Writer
	open bool
}

func (l *lineWriter) Write(b []byte) (int, error) {
	if len(b) > 0 {
		l.open = b[len(b)-1] != '\n'
	}
	return l.w.Write(b)
}

// endLine writes a newline if the last line has none.
func (l *lineWriter) endLine() {
	if l.open {
		fmt.Fprintln(l)
	}
}
