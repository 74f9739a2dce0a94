package ledger

import (
	"fmt"
	"io/fs"
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
	names, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("look at the ledger: %w", l.withHint(err))
	}
	there := make(map[string]bool, len(names))
	for _, entry := range names {
		there[entry.Name()] = true
	}
	stamps := make(map[string]Stamp, len(jobIDs))
	for _, id := range jobIDs {
		name := l.jobName(id)
		stamp := Stamp{Paused: there[l.pauseName(id)]}
		if there[name+".log"] {
			if info, err := dir.Lstat(name + ".log"); err == nil {
				stamp.modified, stamp.size = info.ModTime(), info.Size()
			}
		}
		stamps[id] = stamp
	}
	return stamps, nil
}
