package serve

import (
	"bytes"
	"errors"
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
func logName(slug string, run int64) string { return fmt.Sprintf("%s@%d", slug, run) }

// logPath is the address of a log on this server.
func logPath(name string) string { return "/runs/" + name + "/log" }

// output returns where the next attempt of a run writes to: the log of the run, and the
// output of this program, where each line begins with the job. first says that it is the
// first one: what there is of an earlier ledger's run with that number is not its own.
func (l *Local) output(job pyproject.Job, v execution.Variables, first bool) (stdout, stderr io.Writer, end func()) {
	lines := &prefixed{to: l.Output, prefix: problem.Show(job.ID) + " | "}
	lost := func(err error) {
		l.Log.Warn("cannot write the log of the run, its output is only on stdout", "job", job.ID, "error", err)
	}
	file, size, err := l.openLog(logName(job.Slug, v.RunID), first)
	if err != nil {
		lost(err)
		return lines, lines, lines.flush
	}
	both := io.MultiWriter(lines, &capped{file: file, size: size, lost: lost})
	return both, both, func() {
		lines.flush()
		file.Close()
	}
}

// openLog opens the log of a run, and says how long it is. A further attempt adds to it.
func (l *Local) openLog(name string, first bool) (file *os.File, size int64, err error) {
	logs, err := l.logs()
	if err != nil {
		return nil, 0, err
	}
	defer logs.Close()
	flag := os.O_RDWR | os.O_CREATE
	if first {
		flag |= os.O_TRUNC
	}
	if file, err = logs.OpenFile(name+".log", flag, 0o600); err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// logs opens the folder of the logs.
func (l *Local) logs() (*os.Root, error) {
	all, err := ledger.Folder(l.File)
	if err != nil {
		return nil, err
	}
	defer all.Close()
	if err := all.MkdirAll(logFolder, 0o755); err != nil {
		return nil, err
	}
	return all.OpenRoot(logFolder)
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
