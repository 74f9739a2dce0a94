package ghtest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// setRef moves a ref to a commit, or deletes it with "", and does what follows
// for pull requests.
func (s *Server) setRef(ref, commit string) {
	if commit == "" {
		delete(s.git.refs, ref)
	} else {
		s.git.refs[ref] = commit
	}
	if branch, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
		s.follow(branch)
	}
}

func (s *Server) getRef(r *http.Request) answer {
	ref := "refs/" + r.PathValue("ref")
	if s.git.refs[ref] == "" {
		return s.elsewhere(r)
	}
	return s.say(http.StatusOK, s.refObject(ref))
}

func (s *Server) matchingRefs(r *http.Request) answer {
	list := []map[string]any{}
	for _, ref := range slices.Sorted(maps.Keys(s.git.refs)) {
		if strings.HasPrefix(ref, "refs/"+r.PathValue("ref")) {
			list = append(list, s.refObject(ref))
		}
	}
	return s.say(http.StatusOK, list)
}

func (s *Server) refObject(ref string) map[string]any {
	id := s.git.refs[ref]
	return map[string]any{
		"ref": ref, "node_id": nodeID("REF", ref), "url": s.api("/git/" + ref),
		"object": map[string]any{"type": "commit", "sha": id, "url": s.api("/git/commits/" + id)},
	}
}

func (s *Server) createRef(r *http.Request) answer {
	asked := read[struct{ Ref, SHA string }](r)
	parts := strings.Split(asked.Ref, "/")
	_, existing := s.git.refs[asked.Ref]
	switch {
	case len(parts) < 3 || parts[0] != "refs" || slices.Contains(parts, ""):
		return s.refuse(http.StatusUnprocessableEntity, "Reference name must start with 'refs/' and contain at least two slashes")
	case existing:
		return s.refuse(http.StatusUnprocessableEntity, "Reference already exists")
	case s.blocked(asked.Ref):
		return s.refuse(http.StatusUnprocessableEntity, "Reference update failed")
	case !s.git.has("commit", asked.SHA):
		return s.refuse(http.StatusUnprocessableEntity, "Object does not exist")
	case s.rule(asked.Ref).Push != "":
		return s.refuse(http.StatusUnprocessableEntity, "Reference update failed")
	case s.rule(asked.Ref).NoCreation:
		return s.ruled("Cannot create ref due to creations being restricted.")
	}
	if path := s.workflowPushed(asked.SHA); path != "" {
		return s.refuse(http.StatusUnprocessableEntity, s.rights.pushRefusal(path))
	}
	s.setRef(asked.Ref, asked.SHA)
	return s.say(http.StatusCreated, s.refObject(asked.Ref))
}

// blocked reports whether git cannot have the ref beside the others: a ref is a
// file, and there is a folder of that name, or the other way round.
func (s *Server) blocked(ref string) bool {
	for other := range s.git.refs {
		if strings.HasPrefix(other, ref+"/") || strings.HasPrefix(ref, other+"/") {
			return true
		}
	}
	return false
}

func (s *Server) updateRef(r *http.Request) answer {
	asked := read[struct {
		SHA   string
		Force bool
	}](r)
	ref := "refs/" + r.PathValue("ref")
	was, existing := s.git.refs[ref]
	forward := s.git.contains(asked.SHA, was)
	switch {
	case !existing:
		return s.refuse(http.StatusUnprocessableEntity, "Reference does not exist")
	case !s.git.has("commit", asked.SHA):
		return s.refuse(http.StatusUnprocessableEntity, "Object does not exist")
	case !forward && !asked.Force:
		return s.refuse(http.StatusUnprocessableEntity, "Update is not a fast forward")
	case !forward && s.rule(ref).NoForce:
		return s.ruled("Cannot force-push to this branch")
	case s.rule(ref).Push != "":
		return s.refuse(http.StatusUnprocessableEntity, s.rule(ref).Push)
	}
	if path := s.workflowPushed(asked.SHA); path != "" {
		return s.refuse(http.StatusUnprocessableEntity, s.rights.pushRefusal(path))
	}
	s.setRef(ref, asked.SHA)
	return s.say(http.StatusOK, s.refObject(ref))
}

func (s *Server) deleteRef(r *http.Request) answer {
	ref := "refs/" + r.PathValue("ref")
	switch {
	case s.git.refs[ref] == "":
		return s.refuse(http.StatusUnprocessableEntity, "Reference does not exist")
	case s.rule(ref).NoDeletion:
		return s.ruled("Cannot delete this branch")
	}
	s.setRef(ref, "")
	return s.say(http.StatusNoContent, nil)
}
