//go:build !linux

package python

import (
	"errors"
	"os"
)

// anonymousFile is an error: only Linux has files in memory.
func anonymousFile() (*os.File, error) { return nil, errors.ErrUnsupported }
