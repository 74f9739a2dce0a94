package cli

import (
	"errors"
	"fmt"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitFindings = 1 // drift, findings, or the entrypoint failed
	exitUsage    = 2 // wrong usage or configuration
)

// exitError is an error that knows its exit code and the way out.
type exitError struct {
	code int
	err  error // nil where all has been said already
	hint string
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func usageError(message string, cmd *cobra.Command) error {
	return &exitError{exitUsage, errors.New(message), fmt.Sprintf("`%s --help` shows how it is used", cmd.CommandPath())}
}

// report writes an error for people and returns the exit code.
func (p *Program) report(err error) int {
	if err == nil {
		return 0
	}
	var problems pyproject.Problems
	if errors.As(err, &problems) {
		problems.Write(p.Stderr, p.color(p.Stderr))
		return exitUsage
	}
	code, hint := exitFindings, ""
	var exit *exitError
	if errors.As(err, &exit) {
		code, hint = exit.code, exit.hint
	}
	var hinter interface{ Hint() string }
	if hint == "" && errors.As(err, &hinter) {
		hint = hinter.Hint()
	}
	if err.Error() != "" {
		fmt.Fprintf(p.Stderr, "error: %v\n", err)
	}
	if hint != "" {
		fmt.Fprintf(p.Stderr, "hint: %s\n", hint)
	}
	return code
}
