package ghtest

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// store holds objects as git does, each under the SHA-1 of its kind, length and
// content, and refs that name commits.
// https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
type store struct {
	objects map[string]stored
	refs    map[string]string // commit ids by "refs/heads/main"
}

type stored struct {
	kind string // blob, tree or commit
	data []byte
}

const (
	modeFile      = "100644"
	modeExec      = "100755"
	modeLink      = "120000"
	modeDir       = "040000"
	modeSubmodule = "160000"
)

// leaf is a file, a link or a submodule.
type leaf struct{ mode, id string }

// entry is an entry of a tree; its path is a name, or longer in recursive lists.
type entry struct{ path, mode, id string }

// kind returns the type of the entry's object.
func (e entry) kind() string {
	switch e.mode {
	case modeDir:
		return "tree"
	case modeSubmodule:
		return "commit"
	}
	return "blob"
}

// put adds an object and returns its id.
func (g *store) put(kind string, data []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "%s %d\x00", kind, len(data))
	h.Write(data)
	id := hex.EncodeToString(h.Sum(nil))
	g.objects[id] = stored{kind, data}
	return id
}

// has reports whether there is an object of that kind.
func (g *store) has(kind, id string) bool { return g.objects[id].kind == kind }

// tree returns the entries of a tree.
func (g *store) tree(id string) (entries []entry) {
	for data := g.objects[id].data; len(data) > 0; data = data[sha1.Size:] {
		head, rest, _ := bytes.Cut(data, []byte{0})
		mode, name, _ := strings.Cut(string(head), " ")
		data = rest
		entries = append(entries, entry{name, fmt.Sprintf("%06s", mode), hex.EncodeToString(data[:sha1.Size])})
	}
	return entries
}

// walk returns the entries of a tree and of all below it, each folder before
// what is in it.
func (g *store) walk(id, prefix string) (entries []entry) {
	for _, e := range g.tree(id) {
		e.path = prefix + e.path
		entries = append(entries, e)
		if e.mode == modeDir {
			entries = append(entries, g.walk(e.id, e.path+"/")...)
		}
	}
	return entries
}

// leaves returns what is in a tree by its path.
func (g *store) leaves(tree string) map[string]leaf {
	leaves := map[string]leaf{}
	for _, e := range g.walk(tree, "") {
		if e.mode != modeDir {
			leaves[e.path] = leaf{e.mode, e.id}
		}
	}
	return leaves
}

// place puts a leaf at a path. It replaces a leaf or folder there, and a leaf where
// a folder has to be.
func place(leaves map[string]leaf, path string, l leaf) {
	remove(leaves, path)
	for i, c := range path {
		if c == '/' {
			delete(leaves, path[:i])
		}
	}
	leaves[path] = l
}

// remove removes the leaf or folder at a path, and reports whether there was one.
func remove(leaves map[string]leaf, path string) bool {
	before := len(leaves)
	maps.DeleteFunc(leaves, func(p string, _ leaf) bool { return p == path || strings.HasPrefix(p, path+"/") })
	return len(leaves) < before
}

// changedPaths returns the paths of leaves that differ, sorted.
func changedPaths(was, is map[string]leaf) (paths []string) {
	for path, l := range was {
		if is[path] != l {
			paths = append(paths, path)
		}
	}
	for path := range is {
		if _, old := was[path]; !old {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// putTree adds the trees that hold the leaves and returns the id of the root.
func (g *store) putTree(leaves map[string]leaf) string {
	entries := []entry{}
	folders := map[string]map[string]leaf{}
	for path, l := range leaves {
		folder, rest, below := strings.Cut(path, "/")
		if !below {
			entries = append(entries, entry{path, l.mode, l.id})
			continue
		}
		if folders[folder] == nil {
			folders[folder] = map[string]leaf{}
		}
		folders[folder][rest] = l
	}
	for name, below := range folders {
		entries = append(entries, entry{name, modeDir, g.putTree(below)})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.sortKey(), b.sortKey()) })
	var data []byte
	for _, e := range entries {
		data = fmt.Appendf(data, "%s %s\x00", strings.TrimPrefix(e.mode, "0"), e.path)
		id, _ := hex.DecodeString(e.id)
		data = append(data, id...)
	}
	return g.put("tree", data)
}

// sortKey is what git sorts by: folders as if their names ended with a slash.
func (e entry) sortKey() string {
	if e.mode == modeDir {
		return e.path + "/"
	}
	return e.path
}

// Commit is a commit of the fake's git store.
type Commit struct {
	ID        string
	Tree      string
	Parents   []string
	Author    Signature
	Committer Signature
	Signed    bool // by GitHub
	Message   string
}

// Signature says who wrote a commit, and when.
type Signature struct {
	Name, Email string
	Time        time.Time // in seconds
}

// signedBy stands for GitHub's signature of a commit.
const signedBy = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n wsFcBAABCAAQBQJmZmZm\n -----END PGP SIGNATURE-----\n \n"

func (s Signature) String() string {
	_, offset := s.Time.Zone()
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	return fmt.Sprintf("%s <%s> %d %c%02d%02d", s.Name, s.Email, s.Time.Unix(), sign, offset/3600, offset/60%60)
}

// putCommit adds a commit and returns its id.
func (g *store) putCommit(c Commit) string {
	data := fmt.Appendf(nil, "tree %s\n", c.Tree)
	for _, parent := range c.Parents {
		data = fmt.Appendf(data, "parent %s\n", parent)
	}
	data = fmt.Appendf(data, "author %s\ncommitter %s\n", c.Author, c.Committer)
	if c.Signed {
		data = append(data, signedBy...)
	}
	return g.put("commit", append(append(data, '\n'), c.Message...))
}

// commit returns a commit, the zero Commit if there is none with that id.
func (g *store) commit(id string) (c Commit) {
	if !g.has("commit", id) {
		return Commit{}
	}
	c.ID = id
	var head string
	head, c.Message, _ = strings.Cut(string(g.objects[id].data), "\n\n")
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch key {
		case "tree":
			c.Tree = value
		case "parent":
			c.Parents = append(c.Parents, value)
		case "author":
			c.Author = parseSignature(value)
		case "committer":
			c.Committer = parseSignature(value)
		case "gpgsig":
			c.Signed = true
		}
	}
	return c
}

func parseSignature(line string) Signature {
	name, rest, _ := strings.Cut(line, " <")
	email, rest, _ := strings.Cut(rest, "> ")
	seconds, zone, _ := strings.Cut(rest, " ")
	at, _ := strconv.ParseInt(seconds, 10, 64)
	offset, _ := time.Parse("-0700", zone)
	return Signature{name, email, time.Unix(at, 0).In(offset.Location())}
}

// ancestry returns a commit and all before it, parents before children.
func (g *store) ancestry(id string) (commits []string) {
	seen := map[string]bool{}
	var visit func(string)
	visit = func(id string) {
		if seen[id] || !g.has("commit", id) {
			return
		}
		seen[id] = true
		for _, parent := range g.commit(id).Parents {
			visit(parent)
		}
		commits = append(commits, id)
	}
	visit(id)
	return commits
}

// ahead returns the commits that are in head's history and not in base's,
// parents before children.
func (g *store) ahead(base, head string) []string {
	old := map[string]bool{}
	for _, id := range g.ancestry(base) {
		old[id] = true
	}
	return slices.DeleteFunc(g.ancestry(head), func(id string) bool { return old[id] })
}

// contains reports whether commit is in the history of head.
func (g *store) contains(head, commit string) bool {
	return slices.Contains(g.ancestry(head), commit)
}

// mergeBase returns a newest commit that both histories have, "" if none.
func (g *store) mergeBase(a, b string) string {
	of := g.ancestry(a)
	for _, id := range slices.Backward(g.ancestry(b)) {
		if slices.Contains(of, id) {
			return id
		}
	}
	return ""
}

// branch returns the commit that a branch is at, "" if there is no such branch.
func (g *store) branch(name string) string { return g.refs["refs/heads/"+name] }

// resolve returns the commit that a branch, tag, ref or id names, "" if none.
func (g *store) resolve(name string) string {
	if g.has("commit", name) {
		return name
	}
	for _, prefix := range []string{"refs/heads/", "refs/tags/", "refs/", ""} {
		if id := g.refs[prefix+name]; id != "" {
			return id
		}
	}
	return ""
}
