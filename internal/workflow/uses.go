package workflow

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
	"gopkg.in/yaml.v3"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// Uses is a reference to an action: `owner/repo@ref # version`.
type Uses struct {
	Action  string // owner/repo, or owner/repo/path
	Ref     string // a commit where one is known, else a tag or branch
	Version string // the release that the commit belongs to, "" if unknown
}

var usesForm = pattern.New(`^([\w.-]+/[\w.-]+(?:/[\w.-]+)*)@([\w./-]+)(?:[ \t]+#[ \t]*(v?\d[\w.+-]*))?$`)

// ParseUses reads `owner/repo@ref` or `owner/repo@ref # v1.2.3`.
func ParseUses(s string) (Uses, error) {
	m := usesForm.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil || path.Clean(m[1]) != m[1] {
		return Uses{}, fmt.Errorf("action %q is not of the form owner/repo@ref or 'owner/repo@commit # v1.2.3'", s)
	}
	return Uses{Action: m[1], Ref: m[2], Version: m[3]}, nil
}

// Pinned reports whether the reference is a commit, which cannot move.
func (u Uses) Pinned() bool {
	return (len(u.Ref) == 40 || len(u.Ref) == 64) && strings.Trim(u.Ref, "0123456789abcdef") == ""
}

// String writes the reference as in a file, without its comment.
func (u Uses) String() string { return u.Action + "@" + u.Ref }

func (u Uses) node() *yaml.Node {
	node := plain(u.String())
	switch {
	case !u.Pinned():
		return comment(node, "zizmor: ignore[unpinned-uses] the commit of this release is not known here")
	case u.Version != "":
		return comment(node, u.Version)
	}
	return node
}

// releaseForm is a release as update bots write it behind a commit.
var releaseForm = pattern.New(`^v?\d{1,5}(\.\d{1,5}){0,2}$`)

// release returns the release that a reference names, as semver has it: that in the
// comment of a commit, else the tag. It is "" if that does not look like a release.
func (u Uses) release() string {
	name := u.Version
	if !u.Pinned() {
		name = u.Ref
	}
	if !releaseForm.MatchString(name) {
		return ""
	}
	return "v" + strings.TrimPrefix(name, "v")
}

// newerThan reports whether u is a pin of the same action to a later release, by the
// comment behind it. Offline we cannot know whether the commit really is that release:
// see Plan.Kept.
func (u Uses) newerThan(other Uses) bool {
	return u.Action == other.Action && u.Pinned() && u.release() != "" && other.release() != "" &&
		semver.Compare(u.release(), other.release()) > 0
}

// standsFor reports whether u, which is in a file, may stay instead of an unpinned
// reference. A commit is better than a tag, and of two tags the later one is. A tag
// such as v1 moves along with its releases. So different releases of the program do not
// undo each other's work.
func (u Uses) standsFor(wanted Uses) bool {
	switch {
	case u.Action != wanted.Action || wanted.Pinned():
		return false
	case !u.Pinned() && u.Ref == semver.Major(wanted.Ref):
		return true
	}
	return u.release() != "" && semver.Compare(u.release(), wanted.release()) >= 0
}

// keepReferences changes our references in doc to those of a file that name a later
// release of the same action, as Dependabot and Renovate write them, and returns
// those. Otherwise they and we would undo each other's work forever. With loose, a
// reference in the file may also replace a tag.
//
// Those of a project's own steps stay as pyproject.toml has them, so that it can go
// back to an older release. They are the ones in quotes: see ownUses.
func keepReferences(doc *yaml.Node, file []byte, loose Uses) (kept []Uses) {
	there := references(file)
	eachUses(doc, func(node *yaml.Node) {
		if node.Style != 0 {
			return
		}
		ours, _ := readUses(node.Value, node.LineComment)
		theirs := there[ours.Action]
		if theirs != ours && (theirs.newerThan(ours) || ours == loose && theirs.standsFor(ours)) {
			*node = *theirs.node()
			if !slices.Contains(kept, theirs) {
				kept = append(kept, theirs)
			}
		}
	})
	return kept
}

// references returns the latest reference to each action in a file, which may be broken
// YAML. Only the key uses of a step counts: the user's own lines, inputs and variables
// may look like it. References in quotes are not ours.
func references(file []byte) map[string]Uses {
	latest := map[string]Uses{}
	item := 0   // where the keys of the list's item begin
	block := -1 // where the key begins whose block of text this is
	for line := range bytes.Lines(file) {
		text := bytes.TrimLeft(line, " ")
		column := len(line) - len(text)
		if block >= 0 && (column > block || len(bytes.TrimSpace(text)) == 0) {
			continue
		}
		if rest, begins := bytes.CutPrefix(text, []byte("- ")); begins {
			text = bytes.TrimLeft(rest, " ")
			column = len(line) - len(text)
			item = column
		}
		block = -1
		if opensBlock(text) {
			block = column
		}
		value, uses := bytes.CutPrefix(text, []byte("uses: "))
		if !uses || column != item {
			continue
		}
		reference, comment, _ := strings.Cut(strings.TrimSpace(string(value)), " ")
		if u, ok := readUses(reference, strings.TrimSpace(comment)); ok {
			if other, found := latest[u.Action]; !found || u.newerThan(other) {
				latest[u.Action] = u
			}
		}
	}
	return latest
}

// opensBlock reports whether the lines below a key are text, as those of `run: |-`.
func opensBlock(line []byte) bool {
	_, style, found := bytes.Cut(line, []byte(": |"))
	if !found {
		_, style, found = bytes.Cut(line, []byte(": >"))
	}
	style, _, _ = bytes.Cut(style, []byte("#"))
	return found && len(bytes.Trim(style, "+-0123456789 \r\n")) == 0
}

// readUses reads a reference and the release in the comment behind it, if there is one.
func readUses(reference, comment string) (u Uses, ok bool) {
	u, err := ParseUses(reference + " " + comment)
	if err != nil {
		u, err = ParseUses(reference)
	}
	return u, err == nil
}

// eachUses calls do for the value of the key `uses` of every step below node.
func eachUses(node *yaml.Node, do func(*yaml.Node)) {
	for i := 1; i < len(node.Content) && node.Kind == yaml.MappingNode; i += 2 {
		child := node.Content[i]
		if node.Content[i-1].Value != "steps" || child.Kind != yaml.SequenceNode {
			eachUses(child, do)
			continue
		}
		for _, step := range child.Content {
			for j := 1; j < len(step.Content); j += 2 {
				if step.Content[j-1].Value == "uses" {
					do(step.Content[j])
				}
			}
		}
	}
}
