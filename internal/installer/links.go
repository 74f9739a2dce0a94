package installer

import (
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// LinkOut returns the first symbolic link on a path, or a folder of a pattern, that leads
// out of the repository, or into its .git or .github/workflows; "" if none does. Folders
// below a wildcard are not searched: LinksOut finds those.
func LinkOut(repo fs.FS, pattern string) string {
	at, link := ".", ""
	for part := range strings.SplitSeq(pattern, "/") {
		if strings.Contains(part, "*") {
			return ""
		}
		named := path.Join(at, part)
		if at = follow(repo, named); at != named {
			link = named
		}
		if link != "" && closed(at) {
			return link
		}
	}
	return ""
}

// closed reports whether a path is none of the repository, or one of its .git or
// .github/workflows.
func closed(name string) bool {
	leads := strings.ToLower(name) + "/"
	return !filepath.IsLocal(filepath.FromSlash(name)) || strings.HasPrefix(leads, ".git/") || strings.HasPrefix(leads, ".github/workflows/")
}

// LinksOut returns the symbolic links of a repository that lead to where those of LinkOut
// do, or to a folder around that, from at most that many folders: the upper ones first.
// Environments of Python, whose links lead to their Python, and packages of Node are left
// out.
func LinksOut(repo fs.FS, most int) (links []string) {
	for todo := []string{"."}; len(todo) > 0 && most > 0; todo, most = todo[1:], most-1 {
		entries, err := fs.ReadDir(repo, todo[0])
		if err != nil || slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "pyvenv.cfg" }) {
			continue
		}
		for _, e := range entries {
			name := path.Join(todo[0], e.Name())
			if e.IsDir() && e.Name() != ".git" && e.Name() != "node_modules" {
				todo = append(todo, name)
			}
			if e.Type()&fs.ModeSymlink == 0 {
				continue
			}
			if at := follow(repo, name); closed(at) || at == "." || strings.EqualFold(at, ".github") {
				links = append(links, name)
			}
		}
	}
	return links
}

// follow returns what a path is, if that or a part of what it links to is a symbolic
// link; ".." if that is not in the repository.
func follow(repo fs.FS, name string) string {
	at, rest := path.Dir(name), []string{path.Base(name)}
	for links := 0; len(rest) > 0; {
		next := path.Join(at, rest[0])
		if !filepath.IsLocal(filepath.FromSlash(next)) {
			return ".."
		}
		target, err := fs.ReadLink(repo, next)
		switch links++; {
		case err != nil || links > 200: // no system follows more than 40
			at, rest = next, rest[1:]
		case filepath.IsAbs(target) || path.IsAbs(filepath.ToSlash(target)):
			return ".."
		default:
			rest = append(strings.Split(filepath.ToSlash(target), "/"), rest[1:]...)
		}
	}
	return at
}
