package cli

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
)

// origin is the repository on GitHub that a project lives in.
type origin struct {
	repository string // owner/name; "" if there is none
	host       string // of GitHub, or of a GitHub Enterprise
	token      string // "" if there is none
}

// origin finds the repository: the environment names it, as in Actions, or the
// remote origin of the checkout does. A checkout of another forge has none.
func (p *Program) origin(ctx context.Context, dir, tokenFlag string) origin {
	if repository := p.getenv("GITHUB_REPOSITORY"); repository != "" {
		return origin{repository, p.home(), p.tokenFor(ctx, p.home(), tokenFlag)}
	}
	remote, err := p.output(ctx, "git", "-C", dir, "remote", "get-url", "origin")
	if err != nil {
		return origin{}
	}
	host, repository := parseRemote(remote)
	if repository == "" {
		return origin{}
	}
	o := origin{repository, host, p.tokenFor(ctx, host, tokenFlag)}
	if o.token == "" && !p.trusted(host) {
		return origin{}
	}
	return o
}

// tokenFor returns the token for a host. Those of the environment are for
// github.com, or for the host that the environment names, and go nowhere else:
// it is whoever made the checkout's configuration who chose the remote.
func (p *Program) tokenFor(ctx context.Context, host, flag string) string {
	if p.trusted(host) {
		return cmp.Or(p.token(flag), strings.TrimSpace(p.getenv("GH_TOKEN")), p.askGH(ctx, host))
	}
	return cmp.Or(strings.TrimSpace(flag), strings.TrimSpace(p.getenv("GH_ENTERPRISE_TOKEN")), p.askGH(ctx, host))
}

// trusted reports whether the tokens of the environment are for the host.
func (p *Program) trusted(host string) bool {
	return host == publicHost || strings.HasSuffix(host, residencyHosts) || host == p.home() || p.getenv("GITHUB_API_URL") != ""
}

// home returns the host of GitHub that the environment names.
func (p *Program) home() string {
	server, err := url.Parse(p.getenv("GITHUB_SERVER_URL"))
	if err == nil && server.Host != "" {
		return server.Host
	}
	return cmp.Or(p.getenv("GH_HOST"), publicHost)
}

// askGH returns the token of GitHub's own command line, if that is installed and
// somebody is logged in.
func (p *Program) askGH(ctx context.Context, host string) string {
	token, err := p.output(ctx, "gh", "auth", "token", "--hostname", host)
	if err != nil {
		return ""
	}
	return token
}

// output returns what a program prints, which must not take long. What it leaves
// running may hold its end of the pipe for ever.
func (p *Program) output(ctx context.Context, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = p.Environ
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // the program itself ended well
	}
	return strings.TrimSpace(string(out)), err
}

const (
	publicHost     = "github.com"
	residencyHosts = ".ghe.com" // of GitHub Enterprise Cloud with data residency
)

// scp is the form of a remote that git takes from scp: "git@github.com:octo/app".
var scp = regexp.MustCompile(`^(?:[^/@]+@)?([^/:@]+):(.+)$`)

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
	if len(host) < 2 || owner == "" || name == "" || strings.Contains(name, "/") { // C:\ is no host
		return "", ""
	}
	return host, path
}

// api returns the address of a host's API.
// https://docs.github.com/enterprise-server/rest/using-the-rest-api/getting-started-with-the-rest-api
// https://docs.github.com/enterprise-cloud@latest/admin/data-residency/network-details-for-ghecom
func api(host string) string {
	switch {
	case host == publicHost:
		return ""
	case strings.HasSuffix(host, residencyHosts):
		return "https://api." + host
	}
	return "https://" + host + "/api/v3"
}

// client returns a client of the repository, which writes its retries to log and,
// when the run is debugged, its requests to trace.
func (p *Program) client(o origin, log, trace io.Writer) (*github.Client, error) {
	config := github.Config{
		APIURL:     cmp.Or(p.getenv("GITHUB_API_URL"), api(o.host)),
		ServerURL:  p.getenv("GITHUB_SERVER_URL"),
		Repository: o.repository,
		Token:      o.token,
		Now:        p.Now,
		Log:        log,
	}
	if p.getenv("RUNNER_DEBUG") == "1" {
		config.Trace = trace
	}
	return github.New(config)
}

// github returns a client of the repository that GITHUB_REPOSITORY names.
func (p *Program) github(token string, log io.Writer) (*github.Client, error) {
	return p.client(origin{p.getenv("GITHUB_REPOSITORY"), publicHost, p.token(token)}, log, p.Stderr)
}

// token returns the token to use: that of the flag --token, or from the
// environment, where no process list shows it.
func (p *Program) token(flag string) string {
	return cmp.Or(strings.TrimSpace(flag), strings.TrimSpace(p.getenv("INPUT_TOKEN")), strings.TrimSpace(p.getenv("GITHUB_TOKEN")))
}
