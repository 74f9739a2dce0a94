package github

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// Origin is the repository on GitHub that a project lives in, and how to get there.
type Origin struct {
	Repository string // owner/name; "" if there is none
	Host       string // of GitHub, such as "github.com", in lower case
	APIURL     string // "" for that of github.com
	Token      string // for that host; "" if the environment has none

	// Foreign is true if only a remote names the host. Without a token for that host
	// there is no reason to send anything there.
	Foreign bool
}

const (
	publicHost     = "github.com"
	residencyHosts = ".ghe.com" // of GitHub Enterprise Cloud with data residency
)

// FindOrigin returns the repository that GITHUB_REPOSITORY names, as in Actions, or
// else the one of a git remote, which may be "". token is one that the user has
// named for this call, or "".
func FindOrigin(getenv func(string) string, remote, token string) Origin {
	env := environment{getenv}
	o := Origin{Repository: getenv("GITHUB_REPOSITORY"), Host: env.home(), APIURL: getenv("GITHUB_API_URL")}
	if o.Repository == "" {
		var host string
		if host, o.Repository = parseRemote(remote); o.Repository == "" {
			return Origin{}
		}
		if o.APIURL == "" { // else all requests go there, whatever the remote's host
			o.Host = host
		}
	}
	o.APIURL = cmp.Or(o.APIURL, apiURL(o.Host))
	o.Token = cmp.Or(strings.TrimSpace(token), env.token(o.Host))
	o.Foreign = !Public(o.Host) && !env.own(o.Host) && o.Host != env.enterprise()
	return o
}

// TokenVariables hold tokens. The `gh` command would return the one of the
// environment for any GitHub Enterprise Server, so it has to be asked without them.
var TokenVariables = []string{"INPUT_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"}

// environment is the environment of a call, as far as it concerns GitHub.
type environment struct{ getenv func(string) string }

// token returns the token of the environment for a host. Whoever made the checkout
// chose the remote, so a token goes only to the host that it is for.
//
//   - "GH_TOKEN, GITHUB_TOKEN (in order of precedence): an authentication token that
//     will be used when a command targets either github.com or a subdomain of ghe.com."
//   - In Actions they are for the server of the run. INPUT_TOKEN is the action's.
//   - "GH_ENTERPRISE_TOKEN, GITHUB_ENTERPRISE_TOKEN (in order of precedence): an
//     authentication token that will be used when a command targets a GitHub Enterprise
//     Server host." We take it for the one that GH_HOST names.
//
// https://cli.github.com/manual/gh_help_environment
func (s environment) token(host string) string {
	var names []string
	if s.own(host) || Public(host) && s.server() == "" {
		names = append(names, "INPUT_TOKEN", "GITHUB_TOKEN")
	}
	if s.own(host) || Public(host) {
		names = append(names, "GH_TOKEN")
	}
	if host == s.enterprise() {
		names = append(names, "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
	}
	for _, name := range names {
		if token := strings.TrimSpace(s.getenv(name)); token != "" {
			return token
		}
	}
	return ""
}

// Public reports whether a host is GitHub's own, and no GitHub Enterprise Server.
func Public(host string) bool { return host == publicHost || strings.HasSuffix(host, residencyHosts) }

// own reports whether a host is the one that the environment says a run of Actions is
// on.
func (s environment) own(host string) bool { return s.server() != "" && host == s.home() }

// server returns what says which server the run is on, "" outside Actions.
func (s environment) server() string {
	return cmp.Or(s.getenv("GITHUB_SERVER_URL"), s.getenv("GITHUB_API_URL"))
}

// enterprise returns the GitHub Enterprise Server that GH_HOST names, or "".
func (s environment) enterprise() string {
	host := strings.ToLower(strings.TrimSpace(s.getenv("GH_HOST")))
	if Public(host) {
		return ""
	}
	return host
}

// home returns the host that the environment names, else github.com.
func (s environment) home() string {
	if server, err := url.Parse(s.getenv("GITHUB_SERVER_URL")); err == nil && server.Host != "" {
		return strings.ToLower(server.Host)
	}
	if api, err := url.Parse(s.getenv("GITHUB_API_URL")); err == nil {
		if host, ok := strings.CutPrefix(strings.ToLower(api.Host), "api."); ok && Public(host) {
			return host
		}
	}
	return cmp.Or(strings.ToLower(strings.TrimSpace(s.getenv("GH_HOST"))), publicHost)
}

// scp is the form of a remote that git takes from scp: "git@github.com:octo/app".
var scp = pattern.New(`^(?:[^/@]+@)?([^/:@]+):(.+)$`)

// hostName is the form of a host, with a port or without one. Any other character could
// end the host of an address that is made of it: in https://api.evil.com#.ghe.com the
// host is api.evil.com.
var hostName = pattern.New(`^[\pL\pN][\pL\pN._-]+(:[0-9]+)?$`)

// parseRemote returns the host and the repository of a remote's URL; none if it is
// not of the form HOST/owner/name, such as a folder.
func parseRemote(remote string) (host, repository string) {
	var path string
	if at, err := url.Parse(remote); err == nil && at.Host != "" {
		host, path = at.Hostname(), at.Path
		if port := at.Port(); port != "" && (at.Scheme == "https" || at.Scheme == "http") {
			host = at.Host
		}
	} else if m := scp.FindStringSubmatch(remote); m != nil && !strings.Contains(remote, "://") {
		host, path = m[1], m[2]
	}
	host = strings.ToLower(host)
	if host == "ssh.github.com" || host == "www.github.com" {
		// https://docs.github.com/authentication/troubleshooting-ssh/using-ssh-over-the-https-port
		host = publicHost
	}
	path = strings.TrimSuffix(strings.Trim(path, "/"), ".git")
	owner, name, _ := strings.Cut(path, "/")
	if !hostName.MatchString(host) || owner == "" || name == "" || strings.Contains(name, "/") { // C:\ is no host
		return "", ""
	}
	return host, path
}

// apiURL returns the address of a host's API.
// https://docs.github.com/enterprise-server/rest/using-the-rest-api/getting-started-with-the-rest-api
// https://docs.github.com/enterprise-cloud@latest/admin/data-residency/network-details-for-ghecom
func apiURL(host string) string {
	switch {
	case host == publicHost:
		return ""
	case strings.HasSuffix(host, residencyHosts):
		return "https://api." + host
	}
	return "https://" + host + "/api/v3"
}

// CloneBranch returns the branch into which pull requests go: that of the
// clone's origin, else main or master where there is one, else the branch that is
// checked out, else main. git runs git in the clone and returns what it prints.
func CloneBranch(git func(args ...string) (string, error)) string {
	for _, ask := range [][]string{
		{"symbolic-ref", "refs/remotes/origin/HEAD"},
		{"for-each-ref", "--format=%(refname)", "refs/remotes/origin/main"},
		{"for-each-ref", "--format=%(refname)", "refs/remotes/origin/master"},
		{"for-each-ref", "--format=%(refname)", "refs/heads/main"},
		{"for-each-ref", "--format=%(refname)", "refs/heads/master"},
		{"symbolic-ref", "HEAD"},
	} {
		ref, err := git(ask...)
		for _, prefix := range []string{"refs/remotes/origin/", "refs/heads/"} {
			if branch, found := strings.CutPrefix(ref, prefix); err == nil && found {
				return branch
			}
		}
	}
	return "main"
}
