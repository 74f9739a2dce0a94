package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Stamp tells one state of what the ledger has of a job from another, without reading it.
type Stamp struct {
	modified time.Time
	size     int64

	Paused bool // the job is paused
}

// Stamps returns the stamps of jobs by their ids.
func (l *Ledger) Stamps(jobIDs []string) (map[string]Stamp, error) {
	dir, err := l.folder()
	if err != nil {
		return nil, fmt.Errorf("look at the ledger: %w", err)
	}
	defer dir.Close()
	there, err := stamped(dir.Root)
	if err != nil {
		return nil, fmt.Errorf("look at the ledger: %w", l.withHint(err))
	}
	stamps := make(map[string]Stamp, len(jobIDs))
	for _, id := range jobIDs {
		name := jobName(dir.of, id)
		stamp := Stamp{Paused: there[pauseName(dir.of, id)]}
		if there[name+".log"] {
			if info, err := dir.Lstat(name + ".log"); err == nil {
				stamp.modified, stamp.size = info.ModTime(), info.Size()
			}
		}
		stamps[id] = stamp
	}
	return stamps, nil
}

// stamped returns the names of the histories and the marks of pauses in a folder. There can
// be tens of thousands of files, and it is read every 15 seconds.
func stamped(dir *os.Root) (map[string]bool, error) {
	f, err := dir.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	there := map[string]bool{}
	for {
		names, err := f.Readdirnames(1000)
		for _, name := range names {
			if strings.HasSuffix(name, ".log") || strings.HasSuffix(name, pausedMark) {
				there[name] = true
			}
		}
		if errors.Is(err, io.EOF) {
			return there, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
