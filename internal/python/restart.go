package python

import (
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Restart starts this program over, in the same process, without the credentials that an
// entrypoint must not have: it could read them in the environment that its parent was
// started with, /proc/PID/environ, or in its parent's memory. program is its file, args
// are its arguments without the name, and environ is its environment; token is as for
// Scrubbed.
//
// own is a variable whose value this program needs itself, or "". Restart returns the
// value, and the environment without it, in the process that goes on: that is this one if
// there are no credentials, and on Windows, which cannot start over.
func Restart(program string, args, environ []string, token bool, own string) (value string, rest []string, err error) {
	value, taken := takeOver(environ)
	if !taken {
		value = Environ(environ).Get(own)
	}
	rest = without(without(environ, handedOver), own)
	scrubbed := Scrubbed(rest, token)
	if exposed := len(scrubbed) < len(rest) || !taken && value != ""; program == "" || !exposed {
		return value, rest, nil
	}
	if value != "" {
		handed, err := handOver(value)
		if err != nil {
			return value, rest, err
		}
		scrubbed = append(scrubbed, handed)
	}
	if err = syscall.Exec(program, append([]string{program}, args...), scrubbed); errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return value, rest, err
}

// handedOver is the variable with the number of the file in which Restart hands a value
// over. The program closes it before anything else runs.
const handedOver = "SCHEDULED_HANDED_OVER"

// handOver writes a value into a pipe that the program inherits, and returns the
// variable that says where.
func handOver(value string) (variable string, err error) {
	read, write, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer read.Close()
	_, err = write.WriteString(value[:min(len(value), 4096)]) // more might not fit into a pipe
	if err = errors.Join(err, write.Close()); err != nil {
		return "", err
	}
	n, err := inheritable(read)
	return handedOver + "=" + strconv.Itoa(n), err
}

// takeOver reads what handOver has written.
func takeOver(environ []string) (value string, taken bool) {
	n, err := strconv.Atoi(Environ(environ).Get(handedOver))
	if err != nil || n <= 2 { // not one of the streams
		return "", false
	}
	f := os.NewFile(uintptr(n), handedOver)
	defer f.Close()
	content, err := io.ReadAll(f)
	return string(content), err == nil
}

// without returns an environment without a variable.
func without(environ []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		return name != "" && strings.HasPrefix(variable, name+"=")
	})
}
