// Package problem is what a user is told when something is wrong: what, where, and what
// to do about it.
package problem

import (
	"errors"
	"fmt"
)

// hinted is an error with a hint.
type hinted struct {
	error
	hint string
}

func (e hinted) Unwrap() error { return e.error }

// Hint returns what to do about the error.
func (e hinted) Hint() string { return e.hint }

// New returns an error with a hint. The message is formatted as by fmt.Errorf.
func New(hint, format string, args ...any) error {
	return WithHint(fmt.Errorf(format, args...), hint)
}

// WithHint adds a hint to an error, or replaces its hint. A hint is an imperative: what
// the user can do about it. A nil error stays nil, and "" adds nothing.
func WithHint(err error, hint string) error {
	if err == nil || hint == "" {
		return err
	}
	return hinted{err, hint}
}

// Hint returns the outermost hint of an error, "" if it has none: one that was added
// here, or what a method Hint says.
func Hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
