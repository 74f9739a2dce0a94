package python

import (
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"
)

// output passes on what a command writes. It does not use the pipes of os/exec, because
// those cannot be waited for between the end of a command and the killing of its group.
type output struct {
	ours, theirs []*os.File
	copying      sync.WaitGroup
	finishing    atomic.Bool
}

// connect connects the command to an output, with one pipe for both streams if
// they have the same writer. The caller finishes it, also after an error.
func connect(cmd *exec.Cmd, stdout, stderr io.Writer) (*output, error) {
	o := new(output)
	pipe, err := o.pipe(stdout)
	if err != nil {
		return o, err
	}
	cmd.Stdout, cmd.Stderr = pipe, pipe
	if same(stdout, stderr) {
		return o, nil
	}
	pipe, err = o.pipe(stderr)
	cmd.Stderr = pipe
	return o, err
}

// same reports whether both writers are the same, like os/exec.
func same(a, b io.Writer) bool {
	defer func() { _ = recover() }() // from types that cannot be compared
	return a == b
}

// pipe returns the write end of a pipe to w.
func (o *output) pipe(w io.Writer) (*os.File, error) {
	ours, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	o.ours, o.theirs = append(o.ours, ours), append(o.theirs, theirs)
	o.copying.Go(func() {
		defer ours.Close()
		o.copy(w, ours)
	})
	return theirs, nil
}

// copy copies until no process holds the pipe any more. Once the output is
// finishing, it waits for no more than linger altogether; the time that w takes
// does not count. What w cannot take is lost, because the work counts for more than its
// log: the disk may be full, or the reader of a pipe may be gone.
func (o *output) copy(w io.Writer, pipe *os.File) {
	buffer := make([]byte, 64<<10)
	for patience := linger; ; {
		asked, finishing := time.Now(), o.finishing.Load()
		if finishing {
			pipe.SetReadDeadline(asked.Add(patience))
		}
		n, err := pipe.Read(buffer)
		if finishing {
			patience -= time.Since(asked)
		}
		w.Write(buffer[:n])
		if err != nil {
			return
		}
	}
}

// closeTheirs closes the ends that only the command should have.
func (o *output) closeTheirs() {
	for _, pipe := range o.theirs {
		pipe.Close()
	}
}

// wait waits until no process holds the pipes any more, or until d has passed.
func (o *output) wait(d time.Duration) {
	copied := make(chan struct{})
	go func() {
		o.copying.Wait()
		close(copied)
	}()
	select {
	case <-copied:
	case <-time.After(d):
	}
}

// finish passes on what is left in the pipes and ends the copying, even if a
// process that got away still holds a pipe. On Windows reads have no deadline,
// but no process gets away from its job.
func (o *output) finish() {
	o.closeTheirs()
	o.finishing.Store(true)
	for _, pipe := range o.ours {
		pipe.SetReadDeadline(time.Now().Add(linger))
	}
	o.copying.Wait()
}
