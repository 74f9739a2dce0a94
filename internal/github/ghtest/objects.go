package ghtest

import (
	"encoding/base64"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// inRepository wraps answers for which the repository must not be empty.
func (s *Server) inRepository(then func(*http.Request) answer) func(*http.Request) answer {
	return func(r *http.Request) answer {
		if len(s.git.refs) == 0 {
			return s.refuse(http.StatusConflict, "Git Repository is empty.")
		}
		return then(r)
	}
}

// maxBlob is how large a file may be, in bytes.
// https://docs.github.com/repositories/working-with-files/managing-large-files/about-large-files-on-github#file-size-limits
const maxBlob = 100 << 20

func (s *Server) createBlob(r *http.Request) answer {
	asked := read[struct{ Content, Encoding string }](r)
	data := []byte(asked.Content)
	if asked.Encoding == "base64" {
		var err error
		if data, err = base64.StdEncoding.DecodeString(strings.ReplaceAll(asked.Content, "\n", "")); err != nil {
			s.violate(r, "content: %v", err)
		}
	}
	if len(data) > maxBlob {
		return s.refuse(http.StatusUnprocessableEntity, "Sorry, your input was too large to process. Consider creating the blob in a local clone of the repository and then pushing it to GitHub.")
	}
	id := s.git.put("blob", data)
	return s.say(http.StatusCreated, map[string]any{"sha": id, "url": s.api("/git/blobs/" + id)})
}

func (s *Server) getBlob(r *http.Request) answer {
	id := r.PathValue("id")
	if !s.git.has("blob", id) {
		return s.elsewhere(r)
	}
	data := s.git.objects[id].data
	return s.say(http.StatusOK, map[string]any{
		"sha": id, "node_id": nodeID("B", id), "size": len(data), "url": s.api("/git/blobs/" + id),
		"content": wrapped(data), "encoding": "base64",
	})
}

// wrapped encodes in lines of 60, as GitHub does.
func wrapped(data []byte) string {
	var b strings.Builder
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(data)), 60) {
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// treeRequest describes a new tree.
type treeRequest struct {
	Base string `json:"base_tree"`
	Tree []treeEntry
}

type treeEntry struct {
	Path, Mode, Type string
	SHA, Content     *string
}

func (s *Server) createTree(r *http.Request) answer {
	asked := read[treeRequest](r)
	if s.rights.NoWorkflows && slices.ContainsFunc(asked.Tree, func(e treeEntry) bool { return strings.HasPrefix(e.Path, workflows) }) {
		return s.refuse(s.rights.refusal())
	}
	if len(asked.Tree) == 0 {
		return s.refuse(http.StatusUnprocessableEntity, "Invalid tree info")
	}
	for _, wrong := range unsure(asked.Tree) {
		s.violate(r, "%s", wrong)
	}
	leaves := map[string]leaf{}
	if asked.Base != "" {
		tree := s.treeish(asked.Base)
		if tree == "" {
			return s.refuse(http.StatusUnprocessableEntity, "base_tree is not a valid tree oid")
		}
		leaves = s.git.leaves(tree)
	}
	for _, e := range asked.Tree {
		if wrong := s.apply(leaves, e); wrong != "" {
			return s.refuse(http.StatusUnprocessableEntity, wrong)
		}
	}
	return s.say(http.StatusCreated, s.treeAnswer(s.git.putTree(leaves), false))
}

// unsure returns what no description says the meaning of: two entries of which one is in
// the way of the other, and a text that is none.
func unsure(entries []treeEntry) (wrong []string) {
	paths := map[string]bool{}
	for _, e := range entries {
		if paths[e.Path] {
			wrong = append(wrong, "two entries of the path "+e.Path)
		}
		if paths[e.Path] = true; e.Content != nil && strings.Contains(*e.Content, "\x00") {
			wrong = append(wrong, "no text as the content of "+e.Path)
		}
	}
	for _, e := range entries {
		for dir := path.Dir(e.Path); dir != "." && dir != "/"; dir = path.Dir(dir) {
			if paths[dir] {
				wrong = append(wrong, "entries of both "+dir+" and "+e.Path)
			}
		}
	}
	return wrong
}

// apply adds one entry to a new tree. It returns GitHub's message about what is wrong
// with it, "" if nothing is.
func (s *Server) apply(leaves map[string]leaf, e treeEntry) (wrong string) {
	for segment := range strings.SplitSeq(e.Path, "/") {
		if segment == "" || segment == "." || segment == ".." || strings.EqualFold(segment, ".git") {
			return "tree.path contains a malformed path component"
		}
	}
	switch {
	case e.SHA != nil && e.Content != nil:
		return "Must supply either tree.sha or tree.content."
	case e.Content != nil:
		place(leaves, e.Path, leaf{e.Mode, s.git.put("blob", []byte(*e.Content))})
	case e.SHA == nil:
		if !remove(leaves, e.Path) {
			return "GitRPC::BadObjectState"
		}
	case e.Mode != modeSubmodule && !s.git.has(entry{mode: e.Mode}.kind(), *e.SHA):
		return "tree.sha " + *e.SHA + " is not a valid " + entry{mode: e.Mode}.kind()
	case e.Mode == modeDir:
		remove(leaves, e.Path)
		for path, l := range s.git.leaves(*e.SHA) {
			place(leaves, e.Path+"/"+path, l)
		}
	default:
		place(leaves, e.Path, leaf{e.Mode, *e.SHA})
	}
	return ""
}

// treeish returns the tree that an id or a name leads to, "" if none.
func (s *Server) treeish(name string) string {
	if s.git.has("tree", name) {
		return name
	}
	return s.git.commit(s.git.resolve(name)).Tree
}

func (s *Server) getTree(r *http.Request) answer {
	id := s.treeish(r.PathValue("id"))
	if id == "" {
		return s.elsewhere(r)
	}
	return s.say(http.StatusOK, s.treeAnswer(id, r.URL.Query().Has("recursive")))
}

func (s *Server) treeAnswer(id string, recursive bool) map[string]any {
	entries := s.git.tree(id)
	if recursive {
		entries = s.git.walk(id, "")
	}
	truncated := recursive && s.treeLimit > 0 && len(entries) > s.treeLimit
	if truncated {
		entries = entries[:s.treeLimit]
	}
	list := []map[string]any{}
	for _, e := range entries {
		item := map[string]any{"path": e.path, "mode": e.mode, "type": e.kind(), "sha": e.id}
		if kind := e.kind(); kind != "commit" {
			item["url"] = s.api("/git/" + kind + "s/" + e.id)
		}
		if e.kind() == "blob" {
			item["size"] = len(s.git.objects[e.id].data)
		}
		list = append(list, item)
	}
	return map[string]any{"sha": id, "url": s.api("/git/trees/" + id), "tree": list, "truncated": truncated}
}

type signatureRequest struct {
	Name, Email string
	Date        time.Time
}

func (s *Server) createCommit(r *http.Request) answer {
	asked := read[struct {
		Message, Tree     string
		Parents           []string
		Author, Committer *signatureRequest
	}](r)
	if !s.git.has("tree", asked.Tree) {
		return s.refuse(http.StatusUnprocessableEntity, "Tree SHA does not exist")
	}
	for _, parent := range asked.Parents {
		if !s.git.has("commit", parent) {
			return s.refuse(http.StatusUnprocessableEntity, "Parent SHA does not exist or is not a commit object")
		}
	}
	c := Commit{Tree: asked.Tree, Parents: asked.Parents, Message: asked.Message}
	c.Author, c.Committer, c.Signed = s.signatures(asked.Author, asked.Committer)
	id := s.git.putCommit(c)
	return s.say(http.StatusCreated, s.gitCommitObject(id))
}

// signatures fills in what a request leaves open. GitHub signs commits of Apps
// that name neither author nor committer:
// https://docs.github.com/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots
func (s *Server) signatures(author, committer *signatureRequest) (a, c Signature, signed bool) {
	now := s.clock()
	fill := func(given *signatureRequest, otherwise Signature) Signature {
		if given == nil {
			return otherwise
		}
		if given.Date.IsZero() {
			given.Date = now
		}
		return Signature{given.Name, given.Email, given.Date}
	}
	login := s.rights.login()
	a = fill(author, Signature{login, "41898282+" + login + "@users.noreply.github.com", now})
	if author == nil && committer == nil && s.rights.Token == App {
		return a, Signature{"GitHub", "noreply@github.com", now}, true
	}
	return a, fill(committer, a), false
}

func (s *Server) getCommit(r *http.Request) answer {
	if !s.git.has("commit", r.PathValue("id")) {
		return s.elsewhere(r)
	}
	return s.say(http.StatusOK, s.gitCommitObject(r.PathValue("id")))
}

// gitCommitObject returns a commit as git/commits does.
func (s *Server) gitCommitObject(id string) map[string]any {
	c := s.git.commit(id)
	return map[string]any{
		"sha": id, "node_id": nodeID("C", id), "message": strings.ToValidUTF8(c.Message, string(utf8.RuneError)),
		"url": s.api("/git/commits/" + id), "html_url": html("/commit/" + id),
		"author": c.Author.object(), "committer": c.Committer.object(), "verification": c.verification(),
		"tree":    map[string]any{"sha": c.Tree, "url": s.api("/git/trees/" + c.Tree)},
		"parents": s.parents(c, "/git/commits/"),
	}
}

func (s *Server) parents(c Commit, under string) []map[string]any {
	parents := []map[string]any{}
	for _, id := range c.Parents {
		parents = append(parents, map[string]any{"sha": id, "url": s.api(under + id), "html_url": html("/commit/" + id)})
	}
	return parents
}

func (s Signature) object() map[string]any {
	return map[string]any{"name": s.Name, "email": s.Email, "date": stamp(s.Time)}
}

func (c Commit) verification() map[string]any {
	if !c.Signed {
		return map[string]any{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil}
	}
	return map[string]any{"verified": true, "reason": "valid", "signature": signedBy,
		"payload": "tree " + c.Tree + "\n", "verified_at": stamp(c.Committer.Time)}
}
