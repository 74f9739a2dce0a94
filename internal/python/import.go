package python

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"
)

//go:embed import.py
var importer string

// Import imports the module of an entrypoint, as Run would, and looks the callable up
// without calling it. It returns how long the import took, without the start of Python,
// and its outcome. It is an error only if nothing could be started.
func Import(ctx context.Context, e Entrypoint) (took time.Duration, o Outcome, err error) {
	end, report, err := e.execute(ctx, strings.TrimSuffix(runner(), "main()\n")+importer)
	if err != nil {
		return 0, Outcome{}, fmt.Errorf("import entrypoint %q: %w", e.Target, err)
	}
	if report != nil {
		took = time.Duration(report.Seconds * float64(time.Second))
	}
	return took, e.outcome(end, report), nil
}
