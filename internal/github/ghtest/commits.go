package ghtest

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

func (s *Server) getBranch(r *http.Request) answer {
	name := r.PathValue("branch")
	id := s.git.branch(name)
	if to := s.renamed[name]; id == "" && to != "" {
		a := s.refuse(http.StatusMovedPermanently, "Moved Permanently")
		a.header.Set("Location", "http://"+r.Host+repos+"/branches/"+url.PathEscape(to))
		return a
	}
	if id == "" {
		return s.refuse(http.StatusNotFound, "Branch not found")
	}
	return s.say(http.StatusOK, map[string]any{
		"name": name, "commit": s.commitObject(id), "protected": false,
		"protection": map[string]any{
			"enabled":                false,
			"required_status_checks": map[string]any{"enforcement_level": "off", "contexts": []string{}, "checks": []string{}},
		},
		"protection_url": s.api("/branches/" + name + "/protection"),
		"_links":         map[string]any{"self": s.api("/branches/" + name), "html": html("/tree/" + name)},
	})
}

func (s *Server) getCommitOf(r *http.Request) answer {
	id := s.git.resolve(r.PathValue("ref"))
	if id == "" {
		return s.refuse(http.StatusUnprocessableEntity, "No commit found for SHA: "+r.PathValue("ref"))
	}
	commit := s.commitObject(id)
	var parent string
	if parents := s.git.commit(id).Parents; len(parents) > 0 {
		parent = parents[0]
	}
	commit["files"] = s.diff(parent, id)
	return s.say(http.StatusOK, commit)
}

// commitObject returns a commit as lists and branches have it.
func (s *Server) commitObject(id string) map[string]any {
	c := s.git.commit(id)
	return map[string]any{
		"sha": id, "node_id": nodeID("C", id), "url": s.api("/commits/" + id),
		"html_url": html("/commit/" + id), "comments_url": s.api("/commits/" + id + "/comments"),
		"author": user(s.rights.login()), "committer": user("web-flow"), "parents": s.parents(c, "/commits/"),
		"commit": map[string]any{
			"author": c.Author.object(), "committer": c.Committer.object(), "message": c.Message,
			"tree":          map[string]any{"sha": c.Tree, "url": s.api("/git/trees/" + c.Tree)},
			"url":           s.api("/git/commits/" + id),
			"comment_count": 0, "verification": c.verification(),
		},
	}
}

func (s *Server) commitObjects(ids []string) []map[string]any {
	list := []map[string]any{}
	for _, id := range ids {
		list = append(list, s.commitObject(id))
	}
	return list
}

func (s *Server) compare(r *http.Request) answer {
	from, to, _ := strings.Cut(r.PathValue("basehead"), "...")
	base, head := s.git.resolve(ours(from)), s.git.resolve(ours(to))
	merge := s.git.mergeBase(base, head)
	if base == "" || head == "" || merge == "" {
		return s.elsewhere(r)
	}
	ahead, behind := s.git.ahead(base, head), s.git.ahead(head, base)
	status := "identical"
	switch {
	case len(ahead) > 0 && len(behind) > 0:
		status = "diverged"
	case len(ahead) > 0:
		status = "ahead"
	case len(behind) > 0:
		status = "behind"
	}
	commits, next := page(r, ahead)
	name := from + "..." + to
	return s.say(http.StatusOK, map[string]any{
		"url": s.api("/compare/" + name), "html_url": html("/compare/" + name), "permalink_url": html("/compare/" + name),
		"diff_url": html("/compare/" + name + ".diff"), "patch_url": html("/compare/" + name + ".patch"),
		"base_commit": s.commitObject(base), "merge_base_commit": s.commitObject(merge),
		"status": status, "ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead),
		"commits": s.commitObjects(commits), "files": s.diff(merge, head),
	}).linked(r, next)
}

// ours strips the owner from owner:branch.
func ours(name string) string {
	owner, _, _ := strings.Cut(Repository, "/")
	return strings.TrimPrefix(name, owner+":")
}

// diff returns the files that differ between two commits; "" is before the first.
func (s *Server) diff(from, to string) []map[string]any {
	list := []map[string]any{}
	was, is := s.git.leaves(s.git.commit(from).Tree), s.git.leaves(s.git.commit(to).Tree)
	for _, name := range changedPaths(was, is) {
		status, sha := "modified", is[name].id
		if _, kept := is[name]; !kept {
			status, sha = "removed", was[name].id
		} else if _, old := was[name]; !old {
			status = "added"
		}
		patch := s.patch(was[name].id, is[name].id)
		added, removed := strings.Count("\n"+patch, "\n+"), strings.Count("\n"+patch, "\n-")
		list = append(list, map[string]any{
			"filename": name, "status": status, "sha": sha, "patch": patch,
			"additions": added, "deletions": removed, "changes": added + removed,
			"blob_url": html("/blob/" + to + "/" + name), "raw_url": html("/raw/" + to + "/" + name),
			"contents_url": s.api("/contents/" + name + "?ref=" + to),
		})
	}
	return list
}

// patch returns the hunks between two blobs; "" is none.
func (s *Server) patch(from, to string) string {
	unified := udiff.Unified("a", "b", string(s.git.objects[from].data), string(s.git.objects[to].data))
	_, hunks, _ := strings.Cut(unified, "\n+++ b\n")
	return hunks
}

func (s *Server) getContents(r *http.Request) answer {
	ref := defaultBranch
	if asked := r.URL.Query().Get("ref"); asked != "" {
		ref = asked
	}
	id := s.git.resolve(ref)
	if id == "" {
		return s.refuse(http.StatusNotFound, "No commit found for the ref "+ref)
	}
	name := r.PathValue("path")
	under := []map[string]any{}
	for _, e := range s.git.walk(s.git.commit(id).Tree, "") {
		if e.path == name && e.mode != modeDir {
			return s.say(http.StatusOK, s.contentOf(e, ref))
		}
		if path.Dir(e.path) == name {
			under = append(under, s.content(e, ref))
		}
	}
	if len(under) == 0 {
		return s.elsewhere(r)
	}
	return s.say(http.StatusOK, under)
}

// content returns an entry of a folder.
func (s *Server) content(e entry, ref string) map[string]any {
	url := s.api("/contents/" + e.path + "?ref=" + ref)
	size := len(s.git.objects[e.id].data)
	if e.mode == modeDir {
		size = 0
	}
	at, git := html("/blob/"+ref+"/"+e.path), s.api("/git/"+e.kind()+"s/"+e.id)
	kinds := map[string]string{modeDir: "dir", modeLink: "symlink", modeSubmodule: "submodule"}
	kind := kinds[e.mode]
	if kind == "" {
		kind = "file"
	}
	return map[string]any{
		"type": kind, "name": path.Base(e.path), "path": e.path, "sha": e.id, "size": size,
		"url": url, "html_url": at, "git_url": git, "download_url": nil,
		"_links": map[string]any{"self": url, "html": at, "git": git},
	}
}

// contentOf returns a file or a symbolic link itself.
func (s *Server) contentOf(e entry, ref string) map[string]any {
	content := s.content(e, ref)
	data := s.git.objects[e.id].data
	if e.mode == modeLink {
		content["target"] = string(data)
	} else {
		content["content"], content["encoding"] = wrapped(data), "base64"
	}
	return content
}
