package github

import (
	"strings"
	"testing"
)

func TestParseRemote(t *testing.T) {
	rows := []struct{ remote, host, repository, api string }{
		{"https://github.com/octo/app.git", "github.com", "octo/app", ""},
		{"https://github.com/octo/app", "github.com", "octo/app", ""},
		{"https://www.github.com/octo/app/", "github.com", "octo/app", ""},
		{"https://GitHub.com/Octo/App", "github.com", "Octo/App", ""},
		{"https://x-access-token:s3cret@github.com/octo/app", "github.com", "octo/app", ""},
		{"git@github.com:octo/app.git", "github.com", "octo/app", ""},
		{"git@github.com:/octo/app", "github.com", "octo/app", ""},
		{"github.com:octo/app", "github.com", "octo/app", ""},
		{"org-4711@github.com:octo/app.git", "github.com", "octo/app", ""},
		{"ssh://git@github.com/octo/app.git", "github.com", "octo/app", ""},
		{"ssh://git@ssh.github.com:443/octo/app.git", "github.com", "octo/app", ""},
		{"git://github.com/octo/app.git", "github.com", "octo/app", ""},
		{"https://github.com/octo/app.git.git", "github.com", "octo/app.git", ""},
		{"https://github.com/octo/.github", "github.com", "octo/.github", ""},

		{"https://git.acme.com/octo/app.git", "git.acme.com", "octo/app", "https://git.acme.com/api/v3"},
		{"https://git.acme.com:8443/octo/app.git", "git.acme.com:8443", "octo/app", "https://git.acme.com:8443/api/v3"},
		{"ssh://git@git.acme.com:2222/octo/app.git", "git.acme.com", "octo/app", "https://git.acme.com/api/v3"},
		{"git@git.acme.com:octo/app.git", "git.acme.com", "octo/app", "https://git.acme.com/api/v3"},
		{"https://acme.ghe.com/octo/app.git", "acme.ghe.com", "octo/app", "https://api.acme.ghe.com"},

		{"../app", "", "", ""},
		{"/srv/git/octo/app.git", "", "", ""},
		{"file:///srv/octo/app.git", "", "", ""},
		{`C:\git\app`, "", "", ""},
		{"C:/git/app", "", "", ""},
		{"https://github.com/octo", "", "", ""},
		{"https://gitlab.com/group/sub/app.git", "", "", ""},
		{"https://github.com/", "", "", ""},

		{"git@evil.com#.ghe.com:octo/app", "", "", ""},
		{"git@evil.com?.ghe.com:octo/app", "", "", ""},
		{`git@evil.com\.ghe.com:octo/app`, "", "", ""},
		{"git@evil.com%23.ghe.com:octo/app", "", "", ""},
		{"evil.com;.ghe.com:octo/app", "", "", ""},
		{"git@evil.com .ghe.com:octo/app", "", "", ""},
		{"git@evil.com\t.ghe.com:octo/app", "", "", ""},
		{"git@.ghe.com:octo/app", "", "", ""},
		{"[evil.com].ghe.com:octo/app", "", "", ""},
		{"https://[::1%25.ghe.com]/octo/app", "", "", ""},
		{"https://evil.com;.ghe.com/octo/app", "", "", ""},
		{"ssh://git@github.com@evil.com/octo/app", "evil.com", "octo/app", "https://evil.com/api/v3"},
	}
	for _, row := range rows {
		host, repository := parseRemote(row.remote)
		if host != row.host || repository != row.repository {
			t.Errorf("%q: %q %q, want %q %q", row.remote, host, repository, row.host, row.repository)
		} else if host != "" && apiURL(host) != row.api {
			t.Errorf("%q: at %q, want %q", row.remote, apiURL(host), row.api)
		}
	}
}

// TestFindOrigin checks that a token goes to no host but its own.
func TestFindOrigin(t *testing.T) {
	const (
		public     = "https://github.com/octo/app"
		residency  = "https://acme.ghe.com/octo/app"
		enterprise = "https://git.acme.com/octo/app"
		tokens     = "INPUT_TOKEN=i GITHUB_TOKEN=a GH_TOKEN=b GH_ENTERPRISE_TOKEN=e GITHUB_ENTERPRISE_TOKEN=f"
		others     = "GH_TOKEN=b GH_ENTERPRISE_TOKEN=e GITHUB_ENTERPRISE_TOKEN=f"
	)
	rows := []struct {
		remote, environ string
		host, token     string
		foreign         bool
	}{
		// github.com and its subdomains for data residency
		{public, tokens, "github.com", "i", false},
		{public, "GITHUB_TOKEN=a GH_TOKEN=b", "github.com", "a", false},
		{public, others, "github.com", "b", false},
		{public, "GH_ENTERPRISE_TOKEN=e", "github.com", "", false},
		{public, "GH_ENTERPRISE_TOKEN=e GH_HOST=github.com", "github.com", "", false},
		{public, "GH_ENTERPRISE_TOKEN=e GH_HOST=git.acme.com", "github.com", "", false},
		{residency, "GITHUB_TOKEN=a", "acme.ghe.com", "a", false},
		{residency, others, "acme.ghe.com", "b", false},
		{residency, "GITHUB_ENTERPRISE_TOKEN=f GH_HOST=acme.ghe.com", "acme.ghe.com", "", false},

		// a server that only the remote names, and hosts that look like one of ours
		{enterprise, tokens, "git.acme.com", "", true},
		{enterprise, tokens + " GH_HOST=git.other.com", "git.acme.com", "", true},
		{enterprise, tokens + " GH_HOST=github.com", "git.acme.com", "", true},
		{enterprise, tokens + " GITHUB_SERVER_URL=https://github.com", "git.acme.com", "", true},
		{enterprise, tokens + " GITHUB_SERVER_URL=https://git.acme.com.evil.com", "git.acme.com", "", true},
		{"https://git.acme.com:8443/octo/app", tokens + " GH_HOST=git.acme.com", "git.acme.com:8443", "", true},
		{"https://github.com:8443/octo/app", tokens, "github.com:8443", "", true},
		{"https://evil-ghe.com/octo/app", tokens, "evil-ghe.com", "", true},
		{"https://github.com.evil.com/octo/app", tokens, "github.com.evil.com", "", true},
		{"https://github.com@evil.com/octo/app", tokens, "evil.com", "", true},
		{"git@evil.com:octo/app", tokens, "evil.com", "", true},

		// the server that GH_HOST names
		{enterprise, tokens + " GH_HOST=git.acme.com", "git.acme.com", "e", false},
		{enterprise, tokens + " GH_HOST=Git.Acme.com", "git.acme.com", "e", false},
		{enterprise, "GITHUB_ENTERPRISE_TOKEN=f GH_HOST=git.acme.com", "git.acme.com", "f", false},
		{enterprise, "GITHUB_TOKEN=a GH_TOKEN=b GH_HOST=git.acme.com", "git.acme.com", "", false},

		// the server of a run of Actions, and other hosts seen from there
		{enterprise, tokens + " GITHUB_SERVER_URL=https://git.acme.com", "git.acme.com", "i", false},
		{enterprise, "GITHUB_TOKEN=a GITHUB_SERVER_URL=https://git.acme.com", "git.acme.com", "a", false},
		{enterprise, others + " GITHUB_SERVER_URL=https://git.acme.com", "git.acme.com", "b", false},
		{public, "GITHUB_TOKEN=a GITHUB_SERVER_URL=https://git.acme.com", "github.com", "", false},
		{public, tokens + " GITHUB_SERVER_URL=https://git.acme.com", "github.com", "b", false},
		{"", tokens + " GITHUB_REPOSITORY=octo/app GITHUB_SERVER_URL=https://git.acme.com", "git.acme.com", "i", false},
		{"", tokens + " GITHUB_REPOSITORY=octo/app", "github.com", "i", false},
		{"", tokens + " GITHUB_REPOSITORY=octo/app GH_HOST=git.acme.com", "git.acme.com", "e", false},

		// the API that the environment names gets all requests, whatever the remote is
		{enterprise, "GITHUB_TOKEN=a GITHUB_API_URL=http://127.0.0.1:1", "github.com", "a", false},
		{enterprise, tokens + " GITHUB_API_URL=https://api.github.com", "github.com", "i", false},
		{enterprise, tokens + " GITHUB_API_URL=https://api.acme.ghe.com", "acme.ghe.com", "i", false},
		{enterprise, "GH_ENTERPRISE_TOKEN=e GITHUB_API_URL=http://127.0.0.1:1", "github.com", "", false},
		{public, "GH_ENTERPRISE_TOKEN=e GH_HOST=git.acme.com GITHUB_API_URL=https://git.acme.com/api/v3", "git.acme.com", "e", false},
	}
	for _, row := range rows {
		getenv := func(name string) string {
			for _, variable := range strings.Fields(row.environ) {
				if value, found := strings.CutPrefix(variable, name+"="); found {
					return value
				}
			}
			return ""
		}
		got := FindOrigin(getenv, row.remote, "")
		if got.Repository != "octo/app" || got.Host != row.host || got.Token != row.token || got.Foreign != row.foreign {
			t.Errorf("%q with %s: %+v, want host %s, token %q, foreign %v", row.remote, row.environ, got, row.host, row.token, row.foreign)
		}
		if named := FindOrigin(getenv, row.remote, "n"); named.Token != "n" {
			t.Errorf("%q with %s: %q, want the token that is named", row.remote, row.environ, named.Token)
		}
	}
	if got := FindOrigin(func(string) string { return "" }, "../app", "n"); got != (Origin{}) {
		t.Errorf("a folder is %+v", got)
	}
}
