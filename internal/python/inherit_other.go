//go:build !unix

package python

import (
	"errors"
	"os"
)

func inheritable(*os.File) (int, error) { return 0, errors.ErrUnsupported }
