package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/atomic"
)

// Dispatch is a run that was asked of GitHub for a slot. All times are by GitHub's clock.
type Dispatch struct {
	Job      string    `json:"job"`
	Slot     time.Time `json:"slot"` // start of the window that it serves
	Sent     time.Time `json:"sent"` // with Job and Slot, tells it from others
	Accepted time.Time `json:"accepted,omitzero"`
	Created  time.Time `json:"created,omitzero"`
	Started  time.Time `json:"started,omitzero"`    // by a runner
	Run      int64     `json:"run,omitempty"`       // 0 if GitHub does not say
	Void     bool      `json:"void,omitempty"`      // it has become no run
	CaughtUp bool      `json:"caught_up,omitempty"` // nobody was there at the slot
}

// The file of all dispatches of a project, and its bounds.
const (
	dispatchFile    = "dispatches.log"
	keptDispatches  = 2000
	maxDispatchFile = 2 << 20 // bytes; those that are kept take a quarter
)

// Dispatched records a dispatch, or what became of it. The line survives a crash of the
// program; when the machine crashes, GitHub's list of runs is newer than all of them. There
// is one writer at a time.
func (l *Ledger) Dispatched(d Dispatch) error {
	if _, err := json.Marshal(d); err != nil {
		return fmt.Errorf("record dispatch of job %q: %w", d.Job, err)
	}
	dir, err := l.folder()
	if err != nil {
		return fmt.Errorf("record dispatch of job %q: %w", d.Job, err)
	}
	defer dir.Close()
	if err := addDispatch(dir, d); err != nil {
		return fmt.Errorf("record dispatch of job %q: %w", d.Job, l.withHint(err))
	}
	return nil
}

// addDispatch adds a line, or writes the file anew if it is missing, odd or long.
func addDispatch(dir place, d Dispatch) error {
	f, err := regularFile(dir.Root, dispatchFile, os.O_RDWR|os.O_APPEND, maxDispatchFile)
	if err == nil {
		line := dispatchLine(dir.of, d)
		if info, err := f.Stat(); err == nil && info.Size() > 0 {
			last := make([]byte, 1)
			if _, err := f.ReadAt(last, info.Size()-1); err != nil || last[0] != '\n' {
				line = append([]byte("\n"), line...) // the last one is torn
			}
		}
		_, err = f.Write(line)
		return errors.Join(err, f.Close())
	}
	if _, odd := errors.AsType[flawError](err); !odd && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	known, err := readDispatches(dir, 2*maxDispatchFile)
	if err != nil {
		return err
	}
	var content []byte
	for _, d := range append(known, d) {
		content = append(content, dispatchLine(dir.of, d)...)
	}
	return atomic.Write(dir.Root, dispatchFile, content, 0o600)
}

// Dispatches returns the newest recorded dispatches, in the order in which they were sent.
// What cannot be read is left out.
func (l *Ledger) Dispatches() ([]Dispatch, error) {
	dir, err := l.folder()
	if err != nil {
		return nil, fmt.Errorf("read dispatches: %w", err)
	}
	defer dir.Close()
	known, err := readDispatches(dir, 2*maxDispatchFile)
	if err != nil {
		return nil, fmt.Errorf("read dispatches: %w", l.withHint(err))
	}
	return known, nil
}

func readDispatches(dir place, most int64) (known []Dispatch, err error) {
	content, err := readFile(dir.Root, dispatchFile, most)
	if _, odd := errors.AsType[flawError](err); odd || errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for line := range bytes.Lines(content) {
		sum, body, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		var d Dispatch
		if string(sum) != checksum(dispatchKey(dir.of), body) || json.Unmarshal(body, &d) != nil {
			continue
		}
		key := fmt.Sprint(d.Job, "\x00", d.Slot.UnixNano(), d.Sent.UnixNano())
		if i, again := at[key]; again {
			known[i] = d
			continue
		}
		at[key] = len(known)
		known = append(known, d)
	}
	slices.SortStableFunc(known, func(a, b Dispatch) int { return a.Sent.Compare(b.Sent) })
	return known[max(0, len(known)-keptDispatches):], nil
}

func dispatchLine(of string, d Dispatch) []byte {
	var body strings.Builder
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(d) // cannot fail: Dispatched has tried
	return []byte(checksum(dispatchKey(of), []byte(strings.TrimSpace(body.String()))) + " " + body.String())
}

func dispatchKey(of string) [sha256.Size]byte {
	return sha256.Sum256([]byte("scheduled dispatches 1\x00" + of))
}
