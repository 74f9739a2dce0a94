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
	at := ""
	for _, part := range strings.Split(pattern, "/") {
		if strings.Contains(part, "*") {
			return ""
		}
		at = path.Join(at, part)
		link := at
		for range 40 { // no system follows more
			target, err := fs.ReadLink(repo, at)
			if err != nil {
				break
			}
			at = path.Join(path.Dir(at), filepath.ToSlash(target))
			if leads := strings.ToLower(at) + "/"; filepath.IsAbs(target) || path.IsAbs(filepath.ToSlash(target)) || !filepath.IsLocal(filepath.FromSlash(at)) ||
				strings.HasPrefix(leads, ".git/") || strings.HasPrefix(leads, ".github/workflows/") {
				return link
			}
		}
	}
	return ""
}
