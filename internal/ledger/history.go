package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/atomic"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

const (
	keep     = 1000                // runs kept per job
	slack    = 250                 // further runs that a file may have before it is pruned
	mostOwed = 31 * 24 * time.Hour // a slot expires after 30 days at the latest, of an hour at least: 744 more runs
	maxSize  = 4 << 20             // bytes of a file, many more than these runs take
	maxCause = 150                 // characters of a run's cause
	sumSize  = 16                  // hex digits of a line's checksum
)

// reserve is the room for a run's end. It is written together with the start, so
// that the end can be recorded when the disk is full.
var reserve = strings.Repeat(" ", 319) + "\n"

// record is what is kept of one run. Cause is for people, and so is Slot without Lane: no
// decision depends on them.
type record struct {
	Run     int64     `json:"run"`
	Started time.Time `json:"started"`
	Slot    time.Time `json:"slot"` // start of the window that the run served
	Ended   time.Time `json:"ended,omitzero"`
	Success bool      `json:"success,omitempty"`
	Cause   string    `json:"cause,omitempty"`
	Lane    bool      `json:"lane,omitempty"` // it serves that slot, whenever it started
	Next    time.Time `json:"next,omitzero"`  // when it asked to be run next

	Backfill bool `json:"backfill,omitempty"` // with Lane: a person started it for that slot
}

// check returns an error if JSON cannot express the record's times.
func (r record) check() error {
	_, err := json.Marshal(r)
	return err
}

// history is the content of one job's file.
type history struct {
	name     string            // of the file
	header   string            // its first line, for people
	key      [sha256.Size]byte // of the project file and the job
	records  map[int64]record  // by run
	reserved map[int64]int64   // by run, where the room for its end begins
	next     int64             // ID of the next run
	flaw     string            // what is wrong with the file, "" if nothing is
	current  bool              // the file begins with the header
	open     bool              // the file does not end in a newline
}

func newHistory(of, jobID string) *history {
	return &history{
		name:     jobName(of, jobID) + ".log",
		header:   fmt.Sprintf("# scheduled ledger 2: job %s of %q\n", problem.Quote(jobID), of),
		key:      sha256.Sum256([]byte(jobKey(of, jobID))),
		records:  map[int64]record{},
		reserved: map[int64]int64{},
		next:     1,
	}
}

// jobKey identifies the job among the jobs of all project files.
func jobKey(of, jobID string) string {
	return "scheduled ledger 2\x00" + of + "\x00" + jobID
}

// jobName is the name of the job's files, without the ending.
func jobName(of, jobID string) string { return slug(jobID) + "-" + hash(jobKey(of, jobID)) }

// load reads the job's history, from the older ledger if it has no file yet.
func load(dir place, jobID string) (*history, error) {
	var before []byte
	for again := false; ; again = true {
		h := newHistory(dir.of, jobID)
		content, err := readFile(dir.Root, h.name, maxSize)
		if errors.Is(err, fs.ErrNotExist) {
			h.records, err = readOld(dir.Root, jobID)
			for run := range h.records {
				h.next = max(h.next, run+1)
			}
		}
		if flaw, ok := errors.AsType[flawError](err); ok {
			h.flaw = string(flaw)
		} else if err != nil {
			return nil, err
		}
		h.read(content)
		// A file that another process is writing may look damaged for a moment.
		if h.flaw == "" || again && bytes.Equal(before, content) {
			return h, nil
		}
		before = content
	}
}

// read reads the lines of a file.
func (h *history) read(content []byte) {
	at, last, damaged := 0, int64(0), 0
	for line := range bytes.Lines(content) {
		text := bytes.TrimRight(line, " \r\n")
		switch {
		case at == 0 && string(text) == strings.TrimSpace(h.header):
			h.current = true
		case len(text) > 0:
			r, known := h.decode(text)
			if !known { // it may have been that of a run
				damaged++
				h.next++
				last = 0
				break
			}
			if !r.Ended.IsZero() || h.records[r.Run].Run == 0 {
				h.records[r.Run] = r
			}
			h.next = max(h.next, r.Run+1)
			last = r.Run
		case string(line) == reserve && last > 0:
			h.reserved[last] = int64(at)
		}
		at += len(line)
	}
	h.open = at > 0 && content[at-1] != '\n'
	switch {
	case damaged == 1:
		h.flaw = "1 line"
	case damaged > 1:
		h.flaw = fmt.Sprintf("%d lines", damaged)
	}
}

// decode reads a line of this history. ok is false for any other line.
func (h *history) decode(line []byte) (r record, known bool) {
	sum, body, _ := bytes.Cut(line, []byte(" "))
	known = string(sum) == h.checksum(body) && json.Unmarshal(body, &r) == nil && r.Run > 0
	return r, known
}

// line returns the line of a record, with its newline.
func (h *history) line(r record) []byte {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(r) // cannot fail, thanks to check
	sum := h.checksum(bytes.TrimSpace(body.Bytes()))
	return slices.Concat([]byte(sum), []byte(" "), body.Bytes())
}

func (h *history) checksum(body []byte) string { return checksum(h.key, body) }

// checksum returns that of a line of the file with a key.
func checksum(key [sha256.Size]byte, body []byte) string {
	sum := sha256.Sum256(slices.Concat(key[:], body))
	return hex.EncodeToString(sum[:sumSize/2])
}

// kept returns the records that are not too old, by run: the newest ones, the newest
// success, and all successes for slots that a job which catches up may still owe.
func (h *history) kept() []record {
	var kept []record
	var newest time.Time
	seen, success := 0, false
	for _, run := range slices.Backward(slices.Sorted(maps.Keys(h.records))) {
		r := h.records[run]
		if r.Started.After(newest) {
			newest = r.Started
		}
		owed := r.Lane && r.Success && r.Slot.After(newest.Add(-mostOwed))
		if seen++; seen <= keep || owed || r.Success && !success {
			kept = append(kept, r)
		}
		success = success || r.Success
	}
	slices.Reverse(kept)
	return kept
}

func (h *history) runs() []schedule.Run {
	var runs []schedule.Run
	for _, r := range h.kept() {
		run := schedule.Run{
			ID:      r.Run,
			Attempt: 1,
			Created: r.Started,
			Updated: r.Started,
			Success: r.Success,
			Failed:  !r.Success,
			Lane:    r.Lane && !r.Backfill,
			Next:    r.Next,
		}
		if r.Lane {
			run.Slot = r.Slot
		}
		if r.Cause != "" && !r.Success {
			run.Outcome = "failed: " + r.Cause
		}
		if !r.Ended.IsZero() {
			run.Updated = r.Ended
		}
		if r.Success {
			run.Started = r.Started
		}
		runs = append(runs, run)
	}
	return runs
}

// fill writes the end of a run into the room reserved for it.
func (h *history) fill(dir *os.Root, at int64, r record) error {
	f, err := regularFile(dir, h.name, os.O_WRONLY, maxSize)
	if err != nil {
		return err
	}
	line := h.line(r)
	padded := string(line[:len(line)-1]) + reserve[len(line)-1:]
	_, err = f.WriteAt([]byte(padded), at)
	return errors.Join(err, f.Sync(), f.Close())
}

// add adds lines at the end of the file. If the file is missing, damaged or too
// long, it is written anew.
func (h *history) add(dir *os.Root, now time.Time, lines string) error {
	if !h.current || h.flaw != "" || len(h.records) > max(keep, len(h.kept())-1)+slack {
		return h.rewrite(dir, now, lines)
	}
	f, err := regularFile(dir, h.name, os.O_WRONLY|os.O_APPEND, maxSize)
	if err != nil {
		return err
	}
	if h.open {
		lines = "\n" + lines
	}
	before, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	if _, err = f.WriteString(lines); err == nil {
		err = f.Sync()
	}
	if err != nil {
		err = errors.Join(err, f.Truncate(before.Size()))
	}
	return errors.Join(err, f.Close())
}

// rewrite writes the whole file again, with more lines at the end. It keeps a damaged
// file under another name, so that somebody can look at it.
func (h *history) rewrite(dir *os.Root, now time.Time, lines string) error {
	if h.flaw != "" {
		if err := h.setAside(dir, now); err != nil {
			return err
		}
	}
	content := []byte(h.header)
	for _, r := range h.kept() {
		content = append(content, h.line(r)...)
	}
	if h.current { // a new job does not look at the files of all others; what stays there does no harm
		_ = atomic.Sweep(dir, now)
	}
	return atomic.WriteDurably(dir, h.name, append(content, lines...), 0o600)
}

// setAside gives the damaged file another name. One that has intact lines, too,
// keeps its own as well until the new file is complete.
func (h *history) setAside(dir *os.Root, now time.Time) error {
	stem := h.name + ".broken-" + now.UTC().Format("20060102T150405Z")
	aside := stem
	for n := 2; ; n++ {
		if _, err := dir.Lstat(aside); err != nil {
			break
		}
		aside = fmt.Sprintf("%s-%d", stem, n)
	}
	if len(h.records) > 0 && dir.Link(h.name, aside) == nil {
		return nil
	}
	if err := dir.Rename(h.name, aside); err != nil {
		return fmt.Errorf("set aside damaged history %s: %w", filepath.Join(dir.Name(), h.name), err)
	}
	return nil
}
