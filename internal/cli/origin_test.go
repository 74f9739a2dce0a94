package cli

import "testing"

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
	}
	for _, row := range rows {
		host, repository := parseRemote(row.remote)
		if host != row.host || repository != row.repository {
			t.Errorf("%q: %q %q, want %q %q", row.remote, host, repository, row.host, row.repository)
		} else if host != "" && api(host) != row.api {
			t.Errorf("%q: at %q, want %q", row.remote, api(host), row.api)
		}
	}
}

// TestTokenFor holds that a token of the environment goes to no host but its own.
func TestTokenFor(t *testing.T) {
	rows := []struct {
		host    string
		environ []string
		want    string
	}{
		{"github.com", []string{"GITHUB_TOKEN=a", "GH_TOKEN=b"}, "a"},
		{"github.com", []string{"INPUT_TOKEN=i", "GITHUB_TOKEN=a"}, "i"},
		{"github.com", []string{"GH_TOKEN=b"}, "b"},
		{"github.com", []string{"GH_ENTERPRISE_TOKEN=e"}, ""},
		{"acme.ghe.com", []string{"GITHUB_TOKEN=a"}, "a"},
		{"git.acme.com", []string{"GITHUB_TOKEN=a", "GH_TOKEN=b"}, ""},
		{"git.acme.com", []string{"GITHUB_TOKEN=a", "GH_ENTERPRISE_TOKEN=e"}, "e"},
		{"git.acme.com", []string{"GITHUB_TOKEN=a", "GH_HOST=git.acme.com"}, "a"},
		{"git.acme.com", []string{"GITHUB_TOKEN=a", "GITHUB_SERVER_URL=https://git.acme.com"}, "a"},
		{"git.acme.com", []string{"GITHUB_TOKEN=a", "GITHUB_API_URL=http://127.0.0.1:1"}, "a"},
	}
	for _, row := range rows {
		p := Program{Environ: row.environ}
		if got := p.tokenFor(t.Context(), row.host, ""); got != row.want {
			t.Errorf("%s with %v: %q, want %q", row.host, row.environ, got, row.want)
		}
	}
}
