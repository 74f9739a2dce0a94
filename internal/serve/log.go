package serve

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Formats are the formats of a log.
var Formats = []string{"text", "json"}

// NewLog returns a log in one of the Formats, in UTC. A message that comes again within a
// minute, at the same level and with the same attributes, is counted and not repeated. flush
// writes what was counted; call it last.
func NewLog(w io.Writer, format string) (log *slog.Logger, flush func()) {
	var h slog.Handler
	if format == "json" {
		h = slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: plain})
	} else {
		h = newLines(w)
	}
	c := &counts{of: map[message]*count{}}
	return slog.New(counted{h, "", c}), c.flush
}

// plain writes times in UTC and durations in seconds, and leaves out what is empty.
func plain(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindTime:
		a.Value = slog.StringValue(a.Value.Time().UTC().Format(time.RFC3339))
	case slog.KindDuration:
		a.Value = slog.Float64Value(a.Value.Duration().Seconds())
	case slog.KindString:
		if a.Value.String() == "" {
			return slog.Attr{}
		}
	}
	return a
}

// lines writes a log for people:
//
//	2026-11-29T12:46:03Z ERROR clean-files: failed cause="exit code 3"
type lines struct {
	attrs slog.Handler // writes the attributes into line
	job   string       // that all messages are about; "" for none
	*writing
}

// writing is what all handlers of a log share.
type writing struct {
	mu   sync.Mutex
	to   io.Writer
	line bytes.Buffer
}

func newLines(w io.Writer) lines {
	l := lines{writing: &writing{to: w}}
	l.attrs = slog.NewTextHandler(&l.line, &slog.HandlerOptions{ReplaceAttr: rest})
	return l
}

// rest leaves out what stands at the beginning of the line, and writes the other attributes.
func rest(groups []string, a slog.Attr) slog.Attr {
	switch {
	case len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey || a.Key == "job"):
		return slog.Attr{}
	case a.Value.Kind() == slog.KindDuration:
		return a
	}
	return plain(groups, a)
}

func (l lines) Enabled(ctx context.Context, level slog.Level) bool {
	return l.attrs.Enabled(ctx, level)
}

func (l lines) WithAttrs(attrs []slog.Attr) slog.Handler {
	l.attrs, l.job = l.attrs.WithAttrs(attrs), jobIn(attrs, l.job)
	return l
}

func (l lines) WithGroup(name string) slog.Handler {
	l.attrs = l.attrs.WithGroup(name)
	return l
}

func (l lines) Handle(ctx context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line.Reset()
	fmt.Fprintf(&l.line, "%s %-5s ", r.Time.UTC().Format(time.RFC3339), r.Level)
	if job := jobOf(r, l.job); job != "" {
		fmt.Fprintf(&l.line, "%s: ", problem.Show(job))
	}
	l.line.WriteString(oneLine(r.Message))
	before := l.line.Len()
	l.line.WriteByte(' ')
	if err := l.attrs.Handle(ctx, r); err != nil {
		return err
	}
	if l.line.Len() == before+2 { // a space and the end of the line
		l.line.Truncate(before)
		l.line.WriteByte('\n')
	}
	_, err := l.to.Write(l.line.Bytes())
	return err
}

// oneLine writes a message so that it can upset neither a terminal nor the log.
func oneLine(message string) string {
	unfit := func(r rune) bool { return r != '"' && r != '\\' && !strconv.IsPrint(r) }
	if !strings.ContainsFunc(message, unfit) {
		return message
	}
	return strconv.Quote(message)
}

// jobIn returns the job that attributes name.
func jobIn(attrs []slog.Attr, otherwise string) string {
	for _, a := range attrs {
		if a.Key == "job" {
			otherwise = a.Value.String()
		}
	}
	return otherwise
}

// jobOf returns the job that a record is about.
func jobOf(r slog.Record, otherwise string) string {
	r.Attrs(func(a slog.Attr) bool {
		otherwise = jobIn([]slog.Attr{a}, otherwise)
		return true
	})
	return otherwise
}

// counted counts messages that are repeated.
type counted struct {
	slog.Handler
	attrs string // of all messages
	*counts
}

// counts are the messages of the last minute.
type counts struct {
	mu sync.Mutex
	of map[message]*count
}

// message is what makes two records the same.
type message struct {
	level       slog.Level
	text, attrs string
}

// count is how often there was a message.
type count struct {
	began   time.Time // when this was last written, or the message first came
	n       int       // since then
	written int       // how many of them were written
	last    slog.Record
	to      slog.Handler
	timer   *time.Timer
}

// spell is how long a message is counted before the number is written.
const spell = time.Minute

func (h counted) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.Handler = h.Handler.WithAttrs(attrs)
	for _, a := range attrs {
		h.attrs += a.String() + "\x00"
	}
	return h
}

func (h counted) WithGroup(name string) slog.Handler {
	h.Handler = h.Handler.WithGroup(name)
	return h
}

func (h counted) Handle(ctx context.Context, r slog.Record) error {
	m := message{r.Level, r.Message, h.attrs}
	r.Attrs(func(a slog.Attr) bool {
		m.attrs += a.String() + "\x00"
		return true
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	if c := h.of[m]; c != nil {
		c.n, c.last, c.to = c.n+1, r.Clone(), h.Handler
		return nil
	}
	h.of[m] = &count{began: time.Now(), n: 1, written: 1, timer: time.AfterFunc(spell, func() { h.end(m) })}
	return h.Handler.Handle(ctx, r)
}

// end writes how often a message came, and counts on if it was repeated.
func (c *counts) end(m message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if x := c.of[m]; x == nil || x.n == x.written {
		delete(c.of, m)
	} else {
		x.write()
		x.began, x.n, x.written = time.Now(), 0, 0
		x.timer.Reset(spell)
	}
}

// write writes the last of the records, and how many there were.
func (x *count) write() {
	r := slog.NewRecord(x.last.Time, x.last.Level, x.last.Message, 0)
	if x.n > 1 {
		r.Message += fmt.Sprintf(", %d times in %.0f s", x.n, time.Since(x.began).Seconds())
	}
	x.last.Attrs(func(a slog.Attr) bool { r.AddAttrs(a); return true })
	_ = x.to.Handle(context.Background(), r) // a log that nobody reads stops nothing
}

// flush writes what was counted so far.
func (c *counts) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for m, x := range c.of {
		x.timer.Stop()
		if x.n > x.written {
			x.write()
		}
		delete(c.of, m)
	}
}
