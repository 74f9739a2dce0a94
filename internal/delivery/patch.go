package delivery

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/scheduled-actions/scheduled/internal/markdown"
)

// patch returns the changes as git apply takes them, as many whole files as fit into
// limit bytes.
func (c *changes) patch(ctx context.Context, limit int) (text string, whole bool) {
	text, whole = c.diff(ctx, limit)
	if utf8.ValidString(text) && markdown.Clean(text) == text {
		return text, whole
	}
	// A page would change it, so that nobody could apply it. As binary files, all is plain
	// letters; these attributes go over all others.
	attributes := filepath.Join(c.dir, "info", "attributes")
	if err := write(attributes, strings.NewReader("* -diff\n")); err != nil {
		return "", false
	}
	return c.diff(ctx, limit)
}

// diff returns as many whole files of the diff as fit into limit bytes.
func (c *changes) diff(ctx context.Context, limit int) (text string, whole bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	args := []string{"diff-index", "--cached", "--patch", "--binary", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", c.base, "--"}
	cmd := c.command(ctx, c.environment(), slices.Concat(args, c.specs, []string{":(top,exclude,icase).github/workflows"})...)
	pipe, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return "", false
	}
	content, err := io.ReadAll(io.LimitReader(pipe, int64(limit)+1))
	if len(content) <= limit && err == nil && cmd.Wait() == nil {
		return string(content), true
	}
	cancel()
	_ = cmd.Wait()
	// The next file begins a line with what no line of a file begins with.
	return string(content[:1+bytes.LastIndex(content, []byte("\ndiff --git "))]), false
}
