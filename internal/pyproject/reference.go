package pyproject

import (
	"fmt"
	"strings"
)

// chapters are the headings of the reference, each above its first option, and the pages
// that say more.
var chapters = []struct{ first, title, pages string }{
	{"cron", "When a job runs", "[Choose a time](schedules.md)"},
	{"enabled", "About a job", "[Start, repeat and pause jobs](operating.md)"},
	{"catch-up", "Late, doubled and failing jobs", "[Handle late, doubled and failing jobs](policies.md)"},
	{"command", "What runs", "[Write the function or command](entrypoint.md)"},
	{"runs-on", "The run", "[Attempts](entrypoint.md#attempts), [What a job returns](returns.md)"},
	{"spares", "Ticks, names and the rescue", "[What it costs](cost.md), [The rescue](rescue.md)"},
	{"env", "Variables, containers and permissions", "[Add your own steps](steps.md), [Permissions and tokens](permissions.md)"},
	{"notify", "Alarms", "[Be told](alerts.md)"},
	{"secrets", "Secrets and variables of the repository", "[Keep secrets](secrets.md)"},
	{"installer", "Packages", "[Install packages](environments.md)"},
	{"before", "Your own steps", "[Add your own steps](steps.md)"},
	{"commit", "Files", "[Commit data](commit.md), [Files](steps.md#files)"},
}

// scope says where an option can be set.
func (o *option) scope() string {
	switch {
	case o.shared:
		return "for the whole project"
	case o.whole:
		return "for one job, declared whole in `[" + optionsTable + ".jobs]`"
	case o.single:
		return "for one job"
	default:
		return "for one job or all"
	}
}

// OptionsReference returns the documentation of all options in Markdown, with a heading
// for each.
func OptionsReference() string {
	var b strings.Builder
	next := chapters
	for _, o := range options {
		if len(next) > 0 && o.name == next[0].first {
			fmt.Fprintf(&b, "## %s\n\nMore: %s.\n\n", next[0].title, next[0].pages)
			next = next[1:]
		}
		fmt.Fprintf(&b, "### `%s`\n\n`%s = %s`: %s, %s. Default: %s.\n\n", o.name, o.name, o.example, o.kind, o.scope(), o.fallback)
		fmt.Fprintf(&b, "%s%s.\n\n", strings.ToUpper(o.meaning[:1]), o.meaning[1:])
	}
	return b.String()
}
