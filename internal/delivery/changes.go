package delivery

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// changes are what a job changed under some paths.
type changes struct {
	*view
	base  string // the commit that they are changes of
	specs []string
	files []github.Changed
}

// the modes of a tree's entries that are not of files
const (
	modeLink   = "120000"
	modeModule = "160000"
)

// find finds what changed since the base under the patterns, which are from the
// repository's root. git itself decides what is ignored, and how files become contents.
func (v *view) find(ctx context.Context, base string, patterns []string) (*changes, error) {
	c := &changes{view: v, base: base}
	if err := c.notThrough(patterns); err != nil {
		return nil, err
	}
	for _, p := range patterns {
		c.specs = append(c.specs, pathspecs(p)...)
	}
	if err := c.add(ctx); err != nil {
		return nil, err
	}
	if err := cmp.Or(c.compare(ctx), c.tell(ctx, patterns)); err != nil {
		return nil, err
	}
	return c, c.check(ctx)
}

// pathspecs writes a pattern, in which only * and ** have a meaning, for git. It takes a
// folder with all that is in it.
// https://git-scm.com/docs/gitglossary#Documentation/gitglossary.txt-aiddefpathspecapathspec
func pathspecs(pattern string) []string {
	if pattern == "." {
		return []string{":(top)"}
	}
	pattern = ":(top,glob)" + notStar.Replace(pattern)
	return []string{pattern, pattern + "/**"}
}

var notStar = strings.NewReplacer(`\`, `\\`, "[", `\[`, "?", `\?`)

// notThrough is an error for a pattern that leads through a symbolic link, which git does
// not follow, or into another repository.
func (c *changes) notThrough(patterns []string) error {
	root, err := os.OpenRoot(c.Root)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, p := range patterns {
		if link := installer.LinkOut(root.FS(), p); link != "" {
			return linkOut(link)
		}
		folder := ""
		for part := range strings.SplitSeq(p, "/") {
			if folder != "" {
				if info, err := root.Lstat(filepath.FromSlash(folder)); err == nil && info.Mode()&fs.ModeSymlink != 0 {
					return problem.New("name the folder that it leads to", "commit has the path %s, and %s is a symbolic link, which git does not follow", problem.Quote(p), problem.Quote(folder))
				}
			}
			if strings.Contains(part, "*") || p == "." {
				break
			}
			folder = strings.TrimPrefix(folder+"/"+part, "/")
			if _, err := root.Lstat(filepath.FromSlash(folder + "/.git")); err == nil {
				return nestedRepository(folder)
			}
		}
	}
	return nil
}

func linkOut(link string) error {
	return problem.New("write the files themselves into the repository", "%s is a symbolic link that leads out of the repository or into .git or .github/workflows: what it leads to would not be committed", problem.Quote(link))
}

// add takes the files into the index of the view as they are now.
func (c *changes) add(ctx context.Context) error {
	changed, err := c.raw(ctx, "diff-files", "--ignore-submodules=dirty")
	if err != nil {
		return problem.WithHint(err, "let the job leave the repository so that git can read it, as git status does")
	}
	fresh, said, err := c.run(ctx, c.environment(), nil, slices.Concat([]string{"ls-files", "-z", "--others", "--exclude-standard", "--"}, c.specs)...)
	if err == nil && said != "" { // it goes on without folders that it cannot read
		err = fmt.Errorf("find new files: %s", problem.Quote(said))
	}
	if err != nil {
		return err
	}
	var gone, there bytes.Buffer
	for _, f := range changed {
		switch {
		case f.status == "D":
			fmt.Fprintf(&gone, "0 %s\t%s\x00", strings.Repeat("0", len(c.head)), f.path)
		case f.status == "U":
			return problem.New("let the job end its merge, or stop it", "%s has a merge conflict", problem.Quote(f.path))
		case f.mode == modeModule:
			return nestedRepository(f.path)
		default:
			there.WriteString(f.path + "\x00")
		}
	}
	for path := range strings.SplitSeq(strings.TrimSuffix(string(fresh), "\x00"), "\x00") {
		if inside, nested := strings.CutSuffix(path, "/"); nested && !workflows(path) {
			return nestedRepository(inside)
		} else if path != "" {
			there.WriteString(path + "\x00")
		}
	}
	for path := range strings.SplitSeq(there.String(), "\x00") {
		info, err := os.Lstat(filepath.Join(c.Root, filepath.FromSlash(path)))
		if err == nil && info.Mode().IsRegular() && info.Size() > github.MaxFile && !workflows(path) {
			return problem.New("keep it out of the commit: upload it with artifacts, or write smaller files", "%s has %d MiB, and GitHub takes no file above 100 MiB", problem.Quote(path), (info.Size()+1<<20-1)>>20)
		}
	}
	if _, err := c.git(ctx, &gone, "update-index", "-z", "--index-info"); err != nil {
		return err
	}
	_, err = c.git(ctx, &there, "update-index", "-z", "--add", "--remove", "--replace", "--stdin")
	return err
}

func nestedRepository(path string) error {
	return problem.New("name only other paths, or let .gitignore name it", "%s is a repository of its own, which cannot be committed here", problem.Quote(path))
}

// workflows reports whether a path is one that is never committed: "workflow files can be
// written by no token of a workflow", whatever the case, as on macOS and Windows.
func workflows(path string) bool {
	return strings.HasPrefix(strings.ToLower(path), ".github/workflows/") || strings.EqualFold(path, ".github/workflows")
}

// entry is a file in the raw output of git diff.
// https://git-scm.com/docs/git-diff-index#_raw_output_format
type entry struct{ wasMode, mode, was, id, status, path string }

// raw runs a git diff of the paths.
func (c *changes) raw(ctx context.Context, command string, args ...string) (entries []entry, _ error) {
	out, err := c.git(ctx, nil, slices.Concat([]string{command, "-z", "--raw", "--no-renames", "--no-abbrev"}, args, []string{"--"}, c.specs)...)
	if err != nil {
		return nil, err
	}
	fields := strings.Split(string(out), "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		f := strings.Fields(strings.TrimPrefix(fields[i], ":"))
		if len(f) != 5 {
			return nil, fmt.Errorf("git %s: unexpected output %s", command, problem.Quote(fields[i]))
		}
		entries = append(entries, entry{f[0], f[1], f[2], f[3], f[4], fields[i+1]})
	}
	return entries, nil
}

// compare compares the index of the view with the base.
func (c *changes) compare(ctx context.Context) error {
	entries, err := c.raw(ctx, "diff-index", "--cached", "--ignore-submodules=none", c.base)
	if err != nil {
		return err
	}
	var left []string
	for _, e := range entries {
		f := github.Changed{Path: e.path}
		if e.wasMode != "000000" {
			f.Was = e.was
		}
		switch {
		case workflows(e.path):
			left = append(left, e.path)
			continue
		case e.mode == modeModule || e.wasMode == modeModule:
			return nestedRepository(e.path)
		case e.status != "D":
			f.Mode, f.ID = e.mode, e.id
			f.Read = func() ([]byte, error) { return c.git(ctx, nil, "cat-file", "blob", f.ID) }
		}
		c.files = append(c.files, f)
	}
	if len(left) > 0 {
		c.remarks = append(c.remarks, fmt.Sprintf("left out %s: no commit of a job changes workflow files", problem.Some(left, problem.Quote)))
	}
	return nil
}

// check is an error for a file that cannot be committed as it should be. It also finds
// the sizes.
func (c *changes) check(ctx context.Context) error {
	root, err := os.OpenRoot(c.Root)
	if err != nil {
		return err
	}
	defer root.Close()
	var ids, paths bytes.Buffer
	for _, f := range c.files {
		if f.Mode == modeLink {
			if link := installer.LinkOut(root.FS(), f.Path); link != "" {
				return linkOut(f.Path)
			}
		}
		if f.Mode != "" {
			ids.WriteString(f.ID + "\n")
			paths.WriteString(f.Path + "\x00")
		}
	}
	if err := c.unfiltered(ctx, &paths); err != nil {
		return err
	}
	out, err := c.git(ctx, &ids, "cat-file", "--batch-check=%(objectsize)")
	sizes := strings.Fields(string(out))
	for i := range c.files {
		if f := &c.files[i]; f.Mode != "" && err == nil && len(sizes) > 0 {
			f.Size, err = strconv.ParseInt(sizes[0], 10, 64)
			sizes = sizes[1:]
		}
	}
	return err
}

// unfiltered is an error for files that git keeps in another form than in the checkout,
// such as those of Git LFS. The view has no filters, because they are programs.
func (c *changes) unfiltered(ctx context.Context, paths *bytes.Buffer) error {
	out, err := c.git(ctx, paths, "check-attr", "-z", "--stdin", "filter")
	if err != nil {
		return err
	}
	for fields := strings.Split(string(out), "\x00"); len(fields) >= 3; fields = fields[3:] {
		path, filter := fields[0], fields[2]
		if filter == "lfs" || slices.Contains(c.filters, filter) {
			return problem.New("let .gitattributes not name it, upload it with artifacts, or commit it in a step of your own, with git",
				"%s goes through the filter %s of .gitattributes, which commit does not run", problem.Quote(path), problem.Quote(filter))
		}
	}
	return nil
}
