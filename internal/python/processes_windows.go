package python

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// processes are a command and everything that it starts: a job object.
// https://learn.microsoft.com/windows/win32/procthread/job-objects
type processes struct {
	cmd *exec.Cmd
	job windows.Handle
}

// newProcesses makes a job that dies with this process, however it ends: the
// system then closes our handle, which is the only one.
func newProcesses(cmd *exec.Cmd, _ bool, _ *Host) (*processes, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, os.NewSyscallError("CreateJobObject", err)
	}
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err != nil {
		windows.CloseHandle(job)
		return nil, os.NewSyscallError("SetInformationJobObject", err)
	}
	return &processes{cmd, job}, nil
}

// start starts the command and puts it into the job, where everything that it
// starts will be, too.
func (p *processes) start() error {
	if err := p.cmd.Start(); err != nil {
		return err
	}
	var assigned error
	err := p.cmd.Process.WithHandle(func(process uintptr) {
		assigned = windows.AssignProcessToJobObject(p.job, windows.Handle(process))
	})
	if err = errors.Join(err, assigned); err != nil {
		p.cmd.Process.Kill()
		p.cmd.Wait()
		return os.NewSyscallError("AssignProcessToJobObject", err)
	}
	return nil
}

// interrupt kills the processes, unless it is for SIGINT: the console itself sends Ctrl-C
// to all of its processes, and Windows has nothing else to send.
// https://learn.microsoft.com/windows/console/ctrl-c-and-ctrl-break-signals
func (p *processes) interrupt(cause error) error {
	if c, ok := errors.AsType[Cancelled](cause); ok && c.Signal == os.Interrupt {
		return nil
	}
	return p.signal(syscall.SIGKILL)
}

// signal kills the processes, unless it is SIGINT.
func (p *processes) signal(s syscall.Signal) error {
	if s == syscall.SIGINT {
		return nil
	}
	return errors.Join(windows.TerminateJobObject(p.job, 1), p.cmd.Process.Kill())
}

// signalAll is signal: nothing leaves a job.
func (p *processes) signalAll(s syscall.Signal) error { return p.signal(s) }

func (p *processes) close() { windows.CloseHandle(p.job) }

// Guard does nothing: a job object is guard enough.
func Guard([]string) {}

// wait waits for the end of the command and returns its exit code. Windows has nothing
// like signals that kill.
func (p *processes) wait() (killedBy string, code int) {
	p.cmd.Wait() // the state says more than its error
	return "", p.cmd.ProcessState.ExitCode()
}

func signalName(s os.Signal) string {
	switch s {
	case syscall.SIGINT:
		return "SIGINT"
	case syscall.SIGTERM:
		return "SIGTERM"
	}
	return s.String()
}
