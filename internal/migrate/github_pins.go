package migrate

import (
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pattern"
)

// pins are releases of actions that scheduled workflows often use, and their commits: the
// files are read without asking GitHub, and a step must name a commit. The first of an
// action is its newest here.
var pins = map[string][]string{
	"actions/setup-node":                    {"49933ea5288caeca8642d1e84afbd3f7d6820020 # v4.4.0"},
	"actions/setup-go":                      {"b7ad1dad31e06c5925ef5d2fc7ad053ef454303e # v7.0.0", "4a3601121dd01d1626a1e23e37211e3254c1c06c # v6.4.0", "d35c59abb061a4a6fb18e82ac0862c26744d6ab5 # v5.5.0"},
	"actions/github-script":                 {"60a0d83039c74a4aee543508d2ffcb1c3799cdea # v7.0.1", "3a2844b7e9c422d3c10d287c895573f7108da1b3 # v9.0.0"},
	"actions/configure-pages":               {"983d7736d9b0ae728b81ab479565c72886d7745b # v5.0.0"},
	"actions/upload-pages-artifact":         {"7b1f4a764d45c48632c6b24a0339c27f5614fb0b # v4.0.0"},
	"actions/deploy-pages":                  {"d6db90164ac5ed86f2b6aed7e0febac5b3c0c03e # v4.0.5"},
	"aws-actions/configure-aws-credentials": {"00943011d9042930efac3dcd3a170e4273319bc8 # v5.1.0"},
	"browser-actions/setup-chrome":          {"c785b87e244131f27c9f19c1a33e2ead956ab7ce # v1.7.3"},
	"browser-actions/setup-firefox":         {"0bc507ddf224827e3b1af68e014d5e42ab93e795 # v1.7.2"},
	"docker/login-action":                   {"74a5d142397b4f367a81961eba4e8cd7edddf772 # v3.4.0"},
	"jamesives/github-pages-deploy-action":  {"6c2d9db40f9296374acc17b90404b6e8864128c8 # v4.7.3"},
	"peter-evans/create-issue-from-file":    {"fca9117c27cdc29c6c4db3b86c48e4115a786710 # v6.0.0"},
	"softprops/action-gh-release":           {"b4309332981a82ec1c5618f44dd2e27cc8bfbfda # v3.0.0", "69320dbe05506a9a39fc8ae11030b214ec2d1f87 # v2.0.5"},
}

var commitRef = pattern.New(`@[0-9a-f]{40}$`)

// pinned returns a reference to an action with its commit, "" if that is not known, and
// what to say of another release.
func pinned(uses string) (reference, was string) {
	name, ref, _ := strings.Cut(uses, "@")
	releases := pins[strings.ToLower(name)]
	switch {
	case commitRef.MatchString(uses) || strings.HasPrefix(uses, "./") || strings.Contains(uses, "@sha256:"):
		return uses, ""
	case len(releases) == 0:
		return "", ""
	}
	major, _, _ := strings.Cut(ref, ".")
	for _, release := range releases {
		if strings.Contains(release, "# "+major+".") {
			return name + "@" + release, ""
		}
	}
	_, release, _ := strings.Cut(releases[0], "# ")
	return name + "@" + releases[0], ": " + release + ", in place of " + ref
}
