package delivery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// tell remarks on paths that the option names and that bring nothing, because git ignores
// them or nothing is there, and on locks that are left out although no .gitignore says so.
func (c *changes) tell(ctx context.Context, patterns []string) error {
	ignored, err := c.git(ctx, nil, slices.Concat([]string{"ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory", "--"}, c.specs)...)
	if err != nil {
		return err
	}
	var asked, left []string
	for name := range strings.SplitSeq(string(ignored), "\x00") {
		if slices.Contains(locks, path.Base(name)) && !strings.HasSuffix(name, "/") {
			asked = append(asked, name)
		}
	}
	for _, p := range patterns {
		brings := slices.ContainsFunc(c.files, func(f github.Changed) bool { return f.Path == p || strings.HasPrefix(f.Path, p+"/") })
		if p == "." || strings.Contains(p, "*") || brings {
			continue
		}
		if _, err := os.Lstat(filepath.Join(c.Root, filepath.FromSlash(p))); errors.Is(err, fs.ErrNotExist) {
			c.remarks = append(c.remarks, fmt.Sprintf("commit names %s, and nothing is there", problem.Quote(p)))
		} else {
			asked = append(asked, p)
		}
	}
	slices.Sort(asked)
	for _, rule := range c.ignores(ctx, slices.Compact(asked)) {
		switch own := filepath.Clean(rule.source) == filepath.Join(c.dir, "info", "exclude"); {
		case own && slices.Contains(locks, path.Base(rule.path)):
			left = append(left, rule.path)
		case slices.Contains(patterns, rule.path):
			from := problem.Show(rule.source)
			if own {
				from = "what is ignored besides"
			}
			c.remarks = append(c.remarks, fmt.Sprintf("left out %s, which commit names: git ignores it, by the pattern %s in %s", problem.Quote(rule.path), problem.Quote(rule.pattern), from))
		}
	}
	if len(left) > 0 {
		c.remarks = append(c.remarks, fmt.Sprintf("left out %s: the set-up makes such a file. Commit it yourself, or write !%s into .gitignore if it is a result of the job", problem.Some(left, problem.Quote), path.Base(left[0])))
	}
	return nil
}

// rule is why a path is ignored.
type rule struct{ source, line, pattern, path string }

// ignores returns the rules by which git ignores paths. What it cannot tell is only
// missing in a remark.
func (c *changes) ignores(ctx context.Context, paths []string) (rules []rule) {
	if len(paths) == 0 {
		return nil
	}
	out, _ := c.git(ctx, strings.NewReader(strings.Join(paths, "\x00")+"\x00"), "check-ignore", "-z", "--verbose", "--stdin")
	for fields := strings.Split(string(out), "\x00"); len(fields) >= 4; fields = fields[4:] {
		if r := (rule{fields[0], fields[1], fields[2], fields[3]}); !strings.HasPrefix(r.pattern, "!") {
			rules = append(rules, r)
		}
	}
	return rules
}
