package ghtest

import (
	"maps"
	"slices"
	"strings"
)

// The prefixes of files of Commit and Files that are not plain files.
const (
	execMark = "\x00exec\x00"
	linkMark = "\x00link\x00"
)

// Exec returns the value that stands for an executable file of that content.
func Exec(content string) string { return execMark + content }

// Link returns the value that stands for a symbolic link to target.
func Link(target string) string { return linkMark + target }

// Commit commits files to a branch, like the push of a person: path → content, Exec,
// Link, or Absent to delete it. A branch that does not exist starts at the
// default branch. It returns the id of the commit.
func (s *Server) Commit(branch string, files map[string]string) (id string) {
	s.locked(func() {
		parent := s.git.branch(branch)
		if parent == "" {
			parent = s.git.branch(defaultBranch)
		}
		leaves := s.git.leaves(s.git.commit(parent).Tree)
		for path, value := range files {
			if value == Absent {
				remove(leaves, path)
			} else {
				place(leaves, path, s.git.putFile(value))
			}
		}
		c := Commit{Tree: s.git.putTree(leaves), Author: s.person(), Committer: s.person(), Message: "Edit by hand\n"}
		if parent != "" {
			c.Parents = []string{parent}
		}
		id = s.git.putCommit(c)
		s.setRef("refs/heads/"+branch, id)
	})
	return id
}

// Orphan writes a commit of these files alone, which no branch is at, and returns its id.
func (s *Server) Orphan(files map[string]string) (id string) {
	s.locked(func() {
		leaves := map[string]leaf{}
		for path, value := range files {
			place(leaves, path, s.git.putFile(value))
		}
		id = s.git.putCommit(Commit{Tree: s.git.putTree(leaves), Author: s.person(), Committer: s.person(), Message: "Begin\n"})
	})
	return id
}

// person signs the commits of people.
func (s *Server) person() Signature {
	return Signature{"Mona Lisa", "mona@example.com", s.clock()}
}

func (g *store) putFile(value string) leaf {
	if content, ok := strings.CutPrefix(value, execMark); ok {
		return leaf{modeExec, g.put("blob", []byte(content))}
	}
	if target, ok := strings.CutPrefix(value, linkMark); ok {
		return leaf{modeLink, g.put("blob", []byte(target))}
	}
	return leaf{modeFile, g.put("blob", []byte(value))}
}

// Files returns the files of a branch or commit as they are given to Commit; nil
// if there is no such branch or commit.
func (s *Server) Files(ref string) (files map[string]string) {
	s.locked(func() {
		id := s.git.resolve(ref)
		if id == "" {
			return
		}
		marks := map[string]string{modeExec: execMark, modeLink: linkMark}
		files = map[string]string{}
		for path, l := range s.git.leaves(s.git.commit(id).Tree) {
			files[path] = marks[l.mode] + string(s.git.objects[l.id].data)
		}
	})
	return files
}

// Log returns the ids of the commits of a branch or commit, the newest first.
func (s *Server) Log(ref string) (ids []string) {
	s.locked(func() { ids = s.git.ancestry(s.git.resolve(ref)) })
	slices.Reverse(ids)
	return ids
}

// Head returns the id of the commit that a branch is at; "" if there is no such
// branch.
func (s *Server) Head(branch string) (id string) {
	s.locked(func() { id = s.git.branch(branch) })
	return id
}

// Branches returns the names of the branches, sorted.
func (s *Server) Branches() (names []string) {
	s.locked(func() {
		for _, ref := range slices.Sorted(maps.Keys(s.git.refs)) {
			if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
				names = append(names, name)
			}
		}
	})
	return names
}

// GitCommit returns a commit; the zero Commit if there is none with that id.
func (s *Server) GitCommit(id string) (c Commit) {
	s.locked(func() { c = s.git.commit(id) })
	return c
}

// SetBranch moves a branch to a commit, wherever it was, or creates it.
func (s *Server) SetBranch(name, commit string) {
	s.locked(func() { s.setRef("refs/heads/"+name, commit) })
}

// RenameBranch gives a branch another name. GitHub leads readers of the old one there.
func (s *Server) RenameBranch(from, to string) {
	s.locked(func() {
		s.setRef("refs/heads/"+to, s.git.branch(from))
		s.setRef("refs/heads/"+from, "")
		s.renamed[from] = to
	})
}

// DeleteBranch deletes a branch, which closes its pull requests.
func (s *Server) DeleteBranch(name string) {
	s.locked(func() { s.setRef("refs/heads/"+name, "") })
}

// Pulls returns all pull requests, the oldest first.
func (s *Server) Pulls() (pulls []Pull) {
	s.locked(func() {
		for _, p := range s.pulls {
			pulls = append(pulls, p.clone())
		}
	})
	return pulls
}

// EditPull changes a pull request as people do: its texts, its state, its comments.
// A reopened pull request is at the head of its branch.
func (s *Server) EditPull(number int, edit func(*Pull)) {
	s.locked(func() {
		p := s.pull(number)
		was := p.State
		edit(&p.Pull)
		if p.State != was {
			s.setState(p, p.State)
		}
		p.updated = s.clock()
	})
}

// Merge merges a pull request with a merge commit, whose id it returns. The
// branch stays.
func (s *Server) Merge(number int) (id string) {
	s.locked(func() {
		p := s.pull(number)
		base := s.git.branch(p.Base)
		leaves := s.git.leaves(s.git.commit(base).Tree)
		old := s.git.leaves(s.git.commit(s.git.mergeBase(base, p.HeadSHA)).Tree)
		head := s.git.leaves(s.git.commit(p.HeadSHA).Tree)
		for _, path := range changedPaths(old, head) {
			if l, kept := head[path]; kept {
				place(leaves, path, l)
			} else {
				remove(leaves, path)
			}
		}
		id = s.git.putCommit(Commit{Tree: s.git.putTree(leaves), Parents: []string{base, p.HeadSHA},
			Author: s.person(), Committer: s.person(), Message: "Merge pull request\n"})
		s.setRef("refs/heads/"+p.Base, id)
	})
	return id
}
