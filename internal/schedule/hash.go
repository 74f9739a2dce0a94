package schedule

import (
	"crypto/sha256"
	"encoding/binary"
)

// hash is the number that all assigned times of a job are computed from: version 1 of
// the algorithm, frozen. It depends on nothing but the project and the job id, so
// adding a job moves no other, upgrading the program moves none, and every machine
// agrees.
type hash uint64

// newHash returns the number of a job. project is the normalised name of the Python
// project, or the seed that replaces it.
func newHash(project, id string) hash {
	sum := sha256.Sum256([]byte("scheduled/v1\n" + project + "/" + id))
	return hash(binary.BigEndian.Uint64(sum[:8]))
}

func (n hash) second() int  { return int(n % 60) }
func (n hash) minute() int  { return minutes[n%48] }
func (n hash) hour() int    { return int(n / 48 % 24) }
func (n hash) weekday() int { return int(n / 1152 % 7) }  // 0 is Sunday
func (n hash) day() int     { return int(n/1152%28) + 1 } // so that every month has it
func (n hash) month() int   { return int(n/32256%12) + 1 }

// minutes are the minutes of the hour that slots may take: all that are not within
// one minute of a quarter hour, when most crons fire and GitHub drops ticks. https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
// "High load times include the start of every hour."
var minutes = func() []int {
	var quiet []int
	for minute := range 60 {
		if isQuiet(minute) {
			quiet = append(quiet, minute)
		}
	}
	return quiet
}()

func isQuiet(minute int) bool {
	off := minute % 15
	return off >= 2 && off <= 13
}
