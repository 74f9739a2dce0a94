package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/scheduled-actions/scheduled/internal/schedule"
	"go.etcd.io/bbolt"
)

const (
	keep     = 1000            // runs kept per job
	maxCause = 1000            // bytes kept of a run's cause
	keySize  = sha256.Size + 8 // hash of the job id, id of the run
	sumSize  = 8               // bytes of the checksum before each record
)

// record is what is kept of one run. Slot and Cause are for people: no decision
// depends on them.
type record struct {
	Started time.Time `json:"started"`
	Slot    time.Time `json:"slot"` // start of the window that the run served
	Ended   time.Time `json:"ended,omitzero"`
	Success bool      `json:"success,omitempty"`
	Cause   string    `json:"cause,omitempty"`
}

// history is one job's part of the bucket that holds all records, sorted by run.
// The hash in its keys gives every job id, even an empty or very long one, its
// own key range.
type history struct {
	bucket *bbolt.Bucket
	jobID  string
}

func (h history) prefix() []byte {
	sum := sha256.Sum256([]byte(h.jobID))
	return sum[:]
}

func (h history) key(id int64) []byte {
	return binary.BigEndian.AppendUint64(h.prefix(), uint64(id))
}

// last returns the newest run's id, or 0 if there is none.
func (h history) last() int64 {
	cursor := h.bucket.Cursor()
	key, _ := cursor.Seek(h.key(math.MaxInt64))
	if key == nil {
		key, _ = cursor.Last()
	} else {
		key, _ = cursor.Prev()
	}
	if id, ours := bytes.CutPrefix(key, h.prefix()); ours {
		return int64(binary.BigEndian.Uint64(id))
	}
	return 0
}

func (h history) runs() []schedule.Run {
	var runs []schedule.Run
	prefix, cursor := h.prefix(), h.bucket.Cursor()
	for key, value := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, value = cursor.Next() {
		r, known := decode(key, value)
		if !known {
			continue
		}
		run := schedule.Run{
			ID:      int64(binary.BigEndian.Uint64(key[len(prefix):])),
			Attempt: 1,
			Created: r.Started,
			Updated: r.Started,
			Success: r.Success,
			Failed:  !r.Success,
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

func (h history) get(id int64) (record, bool) {
	key := h.key(id)
	return decode(key, h.bucket.Get(key))
}

func (h history) put(id int64, r record) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	key := h.key(id)
	return h.bucket.Put(key, append(checksum(key, body), body...))
}

// prune deletes all runs but the newest n and the newest success.
func (h history) prune(n int) error {
	var old [][]byte
	seen, success := 0, false
	prefix, cursor := h.prefix(), h.bucket.Cursor()
	key, value := cursor.Seek(h.key(h.last()))
	for ; bytes.HasPrefix(key, prefix); key, value = cursor.Prev() {
		newest := false
		if !success {
			r, _ := decode(key, value)
			newest, success = r.Success, r.Success
		}
		if seen++; seen > n && !newest {
			old = append(old, key)
		}
	}
	for _, key := range old {
		if err := h.bucket.Delete(key); err != nil {
			return err
		}
	}
	return nil
}

// decode returns the record that was put at key. It rejects damaged records, also
// those that damage has moved there from another key.
func decode(key, value []byte) (r record, known bool) {
	if len(value) < sumSize {
		return record{}, false
	}
	sum, body := value[:sumSize], value[sumSize:]
	if !bytes.Equal(sum, checksum(key, body)) || json.Unmarshal(body, &r) != nil {
		return record{}, false
	}
	return r, true
}

func checksum(key, body []byte) []byte {
	sum := sha256.Sum256(slices.Concat(key, body))
	return sum[:sumSize]
}
