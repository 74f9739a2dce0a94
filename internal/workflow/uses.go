package workflow

import (
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/mod/semver"
	"gopkg.in/yaml.v3"
)

// Uses is a reference to an action: `owner/repo@ref # version`.
type Uses struct {
	Action  string // owner/repo, or owner/repo/path
	Ref     string // a commit where one is known, else a tag or branch
	Version string // the release that the commit belongs to, "" if unknown
}

var usesForm = regexp.MustCompile(`^([\w.-]+/[\w.-]+(?:/[\w./-]+)?)@([\w./-]+)(?:[ \t]+#[ \t]*(v?\d[\w.+-]*))?$`)

// ParseUses reads `owner/repo@ref` or `owner/repo@ref # v1.2.3`.
func ParseUses(s string) (Uses, error) {
	m := usesForm.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return Uses{}, fmt.Errorf("action %q is not of the form owner/repo@ref or 'owner/repo@commit # v1.2.3'", s)
	}
	return Uses{Action: m[1], Ref: m[2], Version: m[3]}, nil
}

var commit = regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)

// Pinned reports whether the reference is a commit, which cannot move.
func (u Uses) Pinned() bool { return commit.MatchString(u.Ref) }

// String writes the reference as it stands in a file, without its comment.
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

// newerThan reports whether u is a pin of the same action to a later release.
// A commit of which no release is known is neither older nor newer.
func (u Uses) newerThan(other Uses) bool {
	if u.Action != other.Action || !u.Pinned() || other.Pinned() && other.Version == "" {
		return false
	}
	return semver.Compare(canonical(u.Version), canonical(other.Version)) > 0
}

// canonical makes a version comparable; what is no version sorts before all.
func canonical(version string) string {
	return "v" + strings.TrimPrefix(version, "v")
}

// keepNewerPins changes the references in doc to those of old where old has a
// later release of the same action, as Dependabot and Renovate bring them.
// Otherwise they and we would undo each other's work forever.
func keepNewerPins(doc, old *yaml.Node) {
	newest := map[string]Uses{}
	eachUses(old, func(node *yaml.Node) {
		u, err := ParseUses(node.Value + " " + node.LineComment)
		if best, seen := newest[u.Action]; err == nil && (!seen || u.newerThan(best)) {
			newest[u.Action] = u
		}
	})
	eachUses(doc, func(node *yaml.Node) {
		ours, err := ParseUses(node.Value + " " + node.LineComment)
		if kept := newest[ours.Action]; err == nil && kept.newerThan(ours) {
			*node = *kept.node()
		}
	})
}

// eachUses calls do for the value of every `uses` key below node.
func eachUses(node *yaml.Node, do func(*yaml.Node)) {
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 1 && node.Content[i-1].Value == "uses" {
			do(child)
		}
		eachUses(child, do)
	}
}
