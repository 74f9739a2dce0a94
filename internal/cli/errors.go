package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The exit codes.
const (
	exitFindings = 1 // drift, findings, or the entrypoint failed
	exitUsage    = 2 // wrong usage or configuration
	exitDenied   = 4 // a credential is missing or lacks a right
)

// exitError is an error with an exit code.
type exitError struct {
	code int
	err  error // nil if there is nothing more to say
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func usageError(message string, cmd *cobra.Command) error {
	return &exitError{exitUsage, problem.WithHint(errors.New(message), fmt.Sprintf("`%s --help` shows how to use it", cmd.CommandPath()))}
}

// flagError says what is wrong with a flag: the library names the function that refused a
// value.
func flagError(err error) string {
	invalid, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err.Error()
	}
	wanted := map[string]string{"int": "a whole number", "duration": "a duration such as 30s or 5m", "bool": "true or false"}
	flag := invalid.GetFlag()
	want, known := wanted[flag.Value.Type()]
	if !known {
		return err.Error()
	}
	return fmt.Sprintf("--%s %s is not %s", flag.Name, problem.Quote(invalid.GetValue()), want)
}

// The titles of annotations of problems.
const (
	configurationTitle = "Configuration of scheduled"
	entrypointTitle    = "Entrypoint of a scheduled job"
)

// report writes an error for people and returns the exit code.
func (p *Program) report(err error) int {
	if err == nil {
		return 0
	}
	if problems, ok := errors.AsType[problem.Problems](err); ok {
		problems.Write(p.Stderr, p.screen(p.Stderr).Color)
		return gravity(err)
	}
	if err.Error() != "" {
		p.say("error: " + err.Error())
	}
	hint := problem.Hint(err)
	if hint == "" && errors.Is(err, fs.ErrPermission) {
		hint = "see who owns the file and its folder, and what you may do there: `ls -ld`"
	}
	if hint != "" {
		p.say("hint: " + hint)
	}
	return gravity(err)
}

// gravity returns the exit code that an error deserves.
func gravity(err error) int {
	_, wrong := errors.AsType[problem.Problems](err)
	if _, coded := errors.AsType[*exitError](err); wrong || coded {
		return exitCode(err)
	}
	return exitFindings
}

// jobArgument is the argument of commands about one job.
func jobArgument(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError(fmt.Sprintf("%s takes the id of one job", cmd.Name()), cmd)
	}
	return nil
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) != 0 {
		return usageError(fmt.Sprintf("%s takes no argument, not %q", cmd.Name(), args[0]), cmd)
	}
	return nil
}

// parseWindow reads the time that names a window.
func parseWindow(window string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, strings.ToUpper(window))
	if err != nil {
		return at, windowError(window, "is not an RFC 3339 time")
	}
	return at, nil
}

func windowError(window, what string) error {
	return &exitError{exitUsage, problem.New("give the time of a slot, as in 2026-11-21T10:37:00Z, or leave it empty for the current window", "window %q %s", window, what)}
}

// parseAge reads "30d", or a duration as time.ParseDuration takes it.
func parseAge(age string) (time.Duration, error) {
	const maxDays = 36500
	number, inDays := strings.CutSuffix(age, "d")
	if !inDays {
		return time.ParseDuration(age)
	}
	days, err := strconv.ParseUint(number, 10, 16)
	return time.Duration(min(days, maxDays)) * 24 * time.Hour, err
}

// exitCode returns the code of an error after its findings have been printed.
func exitCode(err error) int {
	if exit, ok := errors.AsType[*exitError](err); ok {
		return exit.code
	}
	return exitUsage
}
