package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
)

// oldName is the file of the older ledger, a bbolt database with the runs of all
// jobs. Its records are found without bbolt: the value of each is a checksum and
// JSON, and right before it stands the key, which the checksum covers: the hash of
// the job ID and the run. A job's records are converted when its first file is
// written, and the old file stays.
const oldName = "ledger.db"

const (
	maxOldSize   = 1 << 30 // bytes of an old ledger, the limit that it had
	maxOldRecord = 8 << 10 // bytes of a record, its key and checksum
	oldKeySize   = sha256.Size + 8
	oldSumSize   = 8
)

// adopt moves the old ledger into the folder of the project file. The old ledger does
// not name that file, and it must not count in a copy of the project. It is adopted
// once: an older program that is still in use begins another one, and keeps that.
func adopt(all *os.Root, name string) error {
	if _, err := all.Lstat(oldName); err != nil {
		return nil
	}
	if _, err := all.Lstat(name + "/" + oldName); err == nil {
		return nil
	}
	err := all.Rename(oldName, name+"/"+oldName)
	if errors.Is(err, fs.ErrNotExist) { // another process did it
		return nil
	}
	return err
}

// readOld returns the job's records in the old ledger. Its free pages may have older
// versions of a record: the one with an end is the newest.
func readOld(dir *os.Root, jobID string) (map[int64]record, error) {
	records := map[int64]record{}
	f, err := regularFile(dir, oldName, os.O_RDONLY, maxOldSize)
	if _, flawed := errors.AsType[flawError](err); flawed || errors.Is(err, fs.ErrNotExist) {
		return records, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	job := sha256.Sum256([]byte(jobID))
	return records, scan(f, job[:], func(b []byte) {
		if r, ok := decodeOld(b); ok && (!r.Ended.IsZero() || records[r.Run].Run == 0) {
			records[r.Run] = r
		}
	})
}

// scan calls found for each place where the key begins, with what follows there.
func scan(from io.Reader, key []byte, found func([]byte)) error {
	buffer := make([]byte, 0, 1<<20)
	for {
		n, err := io.ReadFull(from, buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
		end := len(buffer)
		if !last {
			end -= maxOldRecord
		}
		for at := 0; ; at++ {
			i := bytes.Index(buffer[at:], key)
			if at += i; i < 0 || at >= end {
				break
			}
			found(buffer[at:min(at+maxOldRecord, len(buffer))])
		}
		if last {
			return nil
		}
		buffer = append(buffer[:0], buffer[end:]...)
	}
}

// decodeOld reads the record whose key b begins with.
func decodeOld(b []byte) (r record, known bool) {
	if len(b) < oldKeySize+oldSumSize {
		return record{}, false
	}
	key, sum, value := b[:oldKeySize], b[oldKeySize:oldKeySize+oldSumSize], b[oldKeySize+oldSumSize:]
	decoder := json.NewDecoder(bytes.NewReader(value))
	if decoder.Decode(&r) != nil {
		return record{}, false
	}
	covered := sha256.Sum256(append(bytes.Clone(key), value[:decoder.InputOffset()]...))
	if !bytes.Equal(sum, covered[:oldSumSize]) {
		return record{}, false
	}
	r.Run = int64(binary.BigEndian.Uint64(key[sha256.Size:]))
	return r, r.Run > 0
}
