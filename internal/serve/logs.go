package serve

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/scheduled-actions/scheduled/internal/execution"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/pyproject"
)

// logFolder is where the output of executions goes, in the ledger's folder.
const logFolder = "logs"

// logName is the name of a run in the addresses of its log: the slug of the job and its
// number in the ledger.
func logName(job pyproject.Job, run int64) string { return fmt.Sprintf("%s@%d", job.Slug, run) }

// output returns where one attempt of a job writes to: the log of the run, and the output of
// this program, where each line begins with the job. Without a log, nothing else changes.
func (l *Local) output(job pyproject.Job, v execution.Variables) (stdout, stderr io.Writer, end func()) {
	lines := &prefixed{to: l.Output, prefix: problem.Show(job.ID) + " | "}
	file, err := l.openLog(logName(job, v.RunID))
	if err != nil {
		l.Log.Warn("the output is in no file", "job", job.ID, "error", err)
		return lines, lines, lines.flush
	}
	both := io.MultiWriter(lines, file)
	return both, both, func() {
		lines.flush()
		file.Close()
	}
}

// openLog opens the log of a run. A further attempt adds to it.
func (l *Local) openLog(name string) (*os.File, error) {
	all, err := ledger.Folder(l.File)
	if err != nil {
		return nil, err
	}
	defer all.Close()
	if err := all.MkdirAll(logFolder, 0o755); err != nil {
		return nil, err
	}
	logs, err := all.OpenRoot(logFolder)
	if err != nil {
		return nil, err
	}
	defer logs.Close()
	return logs.OpenFile(name+".log", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}

// prefixed writes whole lines, each with a prefix, so that those of several jobs do not mix.
type prefixed struct {
	to     *Lines
	prefix string
	rest   []byte // of a line without its end
}

// longestLine is how much of a line is kept until its end comes.
const longestLine = 64 << 10

func (p *prefixed) Write(text []byte) (int, error) {
	p.rest = append(p.rest, text...)
	for {
		end := bytes.IndexByte(p.rest, '\n')
		if end < 0 && len(p.rest) < longestLine {
			return len(text), nil
		}
		if end < 0 {
			end = len(p.rest)
		}
		p.to.line(p.prefix, p.rest[:end])
		p.rest = p.rest[min(end+1, len(p.rest)):]
	}
}

func (p *prefixed) flush() {
	if len(p.rest) > 0 {
		p.to.line(p.prefix, p.rest)
		p.rest = nil
	}
}

// Lines writes the lines of many to one writer.
type Lines struct {
	mu sync.Mutex
	to io.Writer
}

// NewLines returns Lines that go to w.
func NewLines(w io.Writer) *Lines { return &Lines{to: w} }

// line writes one line. That nobody reads it stops no job.
func (l *Lines) line(prefix string, text []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.to, "%s%s\n", prefix, text)
}
