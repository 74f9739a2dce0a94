package cli

import (
	"errors"
	"fmt"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitFindings = 1 // drift, findings, or the entrypoint failed
	exitUsage    = 2 // wrong usage or configuration
	exitDenied   = 4 // a credential is missing or lacks a right
)

// exitError is an error with an exit code and a hint at the remedy.
type exitError struct {
	code int
	err  error // nil if everything has been said already
	hint string
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// Hint returns the remedy, which may be that of the error within.
func (e *exitError) Hint() string {
	if e.hint == "" {
		return hint(e.err)
	}
	return e.hint
}

// hint returns the remedy that an error names, or "".
func hint(err error) string {
	if hint := problem.Hint(err); hint != "" {
		return hint
	}
	var hinter interface{ Hint() string }
	if errors.As(err, &hinter) {
		return hinter.Hint()
	}
	return problem.Hint(err)
}

func usageError(message string, cmd *cobra.Command) error {
	return &exitError{exitUsage, errors.New(message), fmt.Sprintf("`%s --help` shows how it is used", cmd.CommandPath())}
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
		problems.Write(p.Stderr, p.color(p.Stderr))
		return exitCode(err)
	}
	if err.Error() != "" {
		p.say("error: " + err.Error())
	}
	if hint := hint(err); hint != "" {
		p.say("hint: " + hint)
	}
	if exit, ok := errors.AsType[*exitError](err); ok {
		return exit.code
	}
	return exitFindings
}
