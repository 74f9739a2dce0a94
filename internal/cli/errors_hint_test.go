package cli

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"
	"testing"
)

func TestHintOfPermission(t *testing.T) {
	var stderr bytes.Buffer
	p := Program{Stderr: &stderr}
	if code := p.report(fmt.Errorf("write tasks.py: %w", fs.ErrPermission)); code != exitFindings || !strings.Contains(stderr.String(), "\nhint: see who owns the file") {
		t.Errorf("exit %d, %s", code, &stderr)
	}
}
