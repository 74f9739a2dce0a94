package installer

import (
	"io/fs"
	"path"
	"path/filepath"
	"strings"
)

// LinkOut returns the first symbolic link on a path, or a folder of a pattern, that leads
// out of the repository, or into its .git or .github/workflows; "" if none does. Folders
// below a wildcard are not searched.
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
		if leads := strings.ToLower(at) + "/"; link != "" && (!filepath.IsLocal(filepath.FromSlash(at)) ||
			strings.HasPrefix(leads, ".git/") || strings.HasPrefix(leads, ".github/workflows/")) {
			return link
		}
	}
	return ""
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
