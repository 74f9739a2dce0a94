package python

import (
	"encoding/json"
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
// own are variables whose values this program needs itself. Restart returns these by
// name, and the environment without them, in the process that goes on: that is this one if
// there are no credentials, and on Windows, which cannot start over.
func Restart(program string, args, environ []string, token bool, own ...string) (values map[string]string, rest []string, err error) {
	values, taken := takeOver(environ)
	if !taken {
		values = make(map[string]string)
		for _, name := range own {
			if value := Environ(environ).Get(name); name != "" && value != "" {
				values[name] = value[:min(len(value), maxHanded)]
			}
		}
	}
	rest = without(environ, handedOver)
	for _, name := range own {
		rest = without(rest, name)
	}
	scrubbed := Scrubbed(rest, token)
	if exposed := len(scrubbed) < len(rest) || !taken && len(values) > 0; program == "" || !exposed {
		return values, rest, nil
	}
	if len(values) > 0 {
		handed, err := handOver(values)
		if err != nil {
			return values, rest, err
		}
		scrubbed = append(scrubbed, handed)
	}
	if err = syscall.Exec(program, append([]string{program}, args...), scrubbed); errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return values, rest, err
}

// handedOver is the variable with the number of the file in which Restart hands values
// over. The program closes it before anything else runs.
const handedOver = "SCHEDULED_HANDED_OVER"

// maxHanded is how many bytes of a value are handed over: many might not fit into a pipe.
const maxHanded = 4096

// handOver writes values into a pipe that the program inherits, and returns the variable
// that says where.
func handOver(values map[string]string) (variable string, err error) {
	content, err := json.Marshal(values)
	if err != nil {
		return "", err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer read.Close()
	_, err = write.Write(content)
	if err = errors.Join(err, write.Close()); err != nil {
		return "", err
	}
	n, err := inheritable(read)
	return handedOver + "=" + strconv.Itoa(n), err
}

// takeOver reads what handOver has written.
func takeOver(environ []string) (values map[string]string, taken bool) {
	n, err := strconv.Atoi(Environ(environ).Get(handedOver))
	if err != nil || n <= 2 { // not one of the streams
		return nil, false
	}
	f := os.NewFile(uintptr(n), handedOver)
	defer f.Close()
	content, err := io.ReadAll(f)
	if err != nil || json.Unmarshal(content, &values) != nil {
		return map[string]string{}, err == nil
	}
	return values, true
}

// without returns an environment without a variable.
func without(environ []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		return name != "" && strings.HasPrefix(variable, name+"=")
	})
}
