package python

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// report is what runner.py says about a call that ended.
type report struct {
	Cause     string    `json:"cause"` // "" if it succeeded
	Hint      string    `json:"hint"`
	Refused   bool      `json:"refused"`
	Exception string    `json:"exception"`
	Traceback string    `json:"traceback"`
	Places    []Frame   `json:"places"` // the deepest last, with the files as Python knows them
	Python    string    `json:"python"`
	Returned  *Returned `json:"returned"`
	Remark    string    `json:"remark"`
	Seconds   float64   `json:"seconds"` // that the import took, where there was no call
}

// maxReport is more than runner.py ever writes, in bytes.
const maxReport = 16 << 20

// exchange is the file that the interpreter gets as its stdin: it brings the program in
// and takes the report out. Every tool that starts Python passes stdin on, which is not
// true of other files. On Linux the file is in memory: it cannot be left behind, and
// the report cannot be lost on a full disk.
type exchange struct {
	*os.File
	path string // "" if the file has no name
}

// bootstrap is the part of the file that Python itself reads, because the offset is there.
// With PYTHONUNBUFFERED it asks the system for each byte of its stdin, and the program has
// tens of thousands: so it is in front of that, and read at once.
const bootstrap = "import os\nos.lseek(0, 0, os.SEEK_SET)\nexec(compile(os.read(0, %d), '<stdin>', 'exec'))\n"

func newExchange(program string) (*exchange, error) {
	x := new(exchange)
	var err error
	if x.File, err = anonymousFile(); err != nil {
		if x.File, err = os.CreateTemp("", "scheduled-report-*.json"); err != nil {
			return nil, err
		}
		if os.Remove(x.Name()) != nil { // Windows removes no open file
			x.path = x.Name()
		}
	}
	if _, err = x.WriteString(program + fmt.Sprintf(bootstrap, len(program))); err == nil {
		_, err = x.Seek(int64(len(program)), io.SeekStart)
	}
	if err != nil {
		x.close()
		return nil, err
	}
	return x, nil
}

// report returns nil if there is no report, or only a part of one: the interpreter
// did not get that far.
func (x *exchange) report() *report {
	r := new(report)
	if err := json.NewDecoder(io.NewSectionReader(x, 0, maxReport)).Decode(r); err != nil {
		return nil
	}
	return r
}

func (x *exchange) close() {
	x.Close()
	if x.path != "" {
		os.Remove(x.path)
	}
}

// arguments returns a line of Python that sets them, with any bytes in them.
func arguments(values []string) string {
	var line strings.Builder
	for _, value := range values {
		line.WriteString(bytesLiteral(value) + ",")
	}
	return "ARGUMENTS = " + line.String() + "\n"
}

// bytesLiteral returns an expression of Python for any bytes.
func bytesLiteral(value string) string {
	var b strings.Builder
	for _, c := range []byte(value) {
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	return `b"` + b.String() + `"`
}
