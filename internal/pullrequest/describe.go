package pullrequest

import (
	"fmt"
	"strings"
	"time"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/workflow"
)

// Description says in Markdown what a sync changes, for the people who decide about it:
// as the body of a pull request, and as the summary of a step.
type Description struct {
	Target  workflow.Target
	Effects []workflow.Effect // what changes, by path

	sections []Description // of several projects, whose effects are all in Effects; else nil

	head   string // the commit that it was read from, abbreviated; "" for a checkout
	branch string // of the pull request
	intro  string // the user's own beginning, in Markdown; at most MaxIntro bytes
	envs   []workflow.Installed
	kept   []workflow.Kept
	before int // runner minutes that the ticks cost in a month so far
	after  int // and with the change
}

// Describe describes the changes of a plan of a target.
func Describe(target workflow.Target, plan workflow.Plan, now time.Time) Description {
	d := Description{Target: target, Effects: target.Effects(plan, now), envs: plan.Environments, kept: plan.Kept()}
	d.before, d.after = target.Minutes(plan)
	return d
}

// join describes the changes of several projects, with a section for each that has any.
func join(all []Description, plan workflow.Plan) Description {
	joined := Description{kept: plan.Kept()}
	for _, d := range all {
		joined.before, joined.after = joined.before+d.before, joined.after+d.after
		joined.Effects = append(joined.Effects, d.Effects...)
		if len(d.Effects) > 0 {
			joined.sections = append(joined.sections, d)
		}
	}
	return joined
}

// project names what the workflow files match, and what to edit to change them.
func (d Description) project() string {
	if d.sections != nil {
		return "the " + markdown.Code("pyproject.toml") + " of each project"
	}
	return markdown.Code(d.Target.Path)
}

// The limits, in bytes.
const (
	// GitHub refuses a body of more than 65,536 characters, however it counts
	// them. The rest is for what the caller adds.
	maxBody = 64_000

	// "Job summaries are isolated between steps and each step is restricted to
	// a maximum size of 1MiB", and a larger one is dropped as a whole.
	// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
	maxOverview = 256 << 10
	maxPatch    = 640 << 10
)

// body returns the body of the pull request, at most maxBody bytes of it. To
// fit, the diff is cut first, and then the table.
func (d Description) body() string {
	const notes = 400 // for what says that something is cut
	intro := ""
	if d.intro != "" {
		intro = strings.TrimSpace(d.intro) + "\n\n"
	}
	before, between, after := intro+d.opening(), d.environments()+d.pins()+d.page()+d.minutes(), d.instructions()
	room := maxBody - notes - len(before) - len(between) - len(after)
	table := d.table(room)
	return markdown.Unmarked(before+table+between+d.fold(room-len(table))) + after
}

// Overview returns what a step's summary begins with: the change, without its
// diff.
func (d Description) Overview() string {
	return d.opening() + d.table(maxOverview) + d.environments() + d.pins() + d.page() + d.minutes()
}

// Patch returns what a summary says if only a person can make the change: the command
// that makes it, and a patch. The patch is cut after a whole file, so that git applies
// as much of it as there is.
func (d Description) Patch(command string) string {
	var patch strings.Builder
	ticks, files := 0, 0
	for _, e := range d.Effects {
		diff := diff(e)
		ticks = max(ticks, markdown.Backticks(diff))
		if patch.Len()+len(diff)+2*ticks > maxPatch {
			break
		}
		patch.WriteString(diff)
		files++
	}
	text := byHand(command)
	if files > 0 {
		text += "\nOr save this patch and run `git apply` on it at the root of the repository.\n\n" + markdown.Fenced("diff", patch.String())
	}
	if files < len(d.Effects) {
		text += fmt.Sprintf("\nThe patch is cut: %d of %s shown. The command makes them all.\n", files, problem.Count(len(d.Effects), "file"))
	}
	return text
}

// opening says what changes, in a sentence.
func (d Description) opening() string {
	at := ""
	if d.head != "" {
		at = " at " + d.head // which GitHub links to the commit
	}
	changes := map[string]int{}
	for _, e := range d.Effects {
		changes[e.Kind]++
	}
	var counts []string
	for _, kind := range []string{"created", "updated", "deleted"} {
		if changes[kind] > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", changes[kind], kind))
		}
	}
	return fmt.Sprintf("Updates the workflow files to match %s%s: %s.\n\n", d.project(), at, strings.Join(counts, ", "))
}

// table returns a row for each effect, as many as fit into limit bytes.
func (d Description) table(limit int) string {
	var b strings.Builder
	for _, section := range d.sections {
		head, about := "### "+markdown.Code(section.Target.Path)+"\n\n", section.environments()
		room := limit - b.Len() - len(head) - len(about)
		if room < 500 {
			b.WriteString("The other projects are in the diff.\n\n")
			break
		}
		b.WriteString(head + section.table(room) + about)
	}
	if d.sections != nil {
		return b.String()
	}
	b.WriteString("| job | change | trigger | assigned time | next three runs (UTC) |\n|---|---|---|---|---|\n")
	for i, e := range d.Effects {
		line := row(e)
		if b.Len()+len(line) > limit {
			fmt.Fprintf(&b, "\nThe table is cut: %d of %s shown.\n", i, problem.Count(len(d.Effects), "row"))
			break
		}
		b.WriteString(line)
	}
	return b.String() + "\n"
}

func row(e workflow.Effect) string {
	next := make([]string, len(e.Next))
	for i, at := range e.Next {
		next[i] = clock(at)
	}
	switch {
	case len(next) > 0:
	case e.Last.IsZero():
		next = []string{"none"}
	default:
		next = []string{"none after " + clock(e.Last)}
	}
	return markdown.Row(subject(e), e.Kind, phrase(e.Trigger), Assigned(e), strings.Join(next, "<br>"))
}

// clock writes a time in UTC and, in parentheses, in its own time zone.
func clock(at time.Time) string {
	utc := at.UTC()
	written := utc.Format("Mon 2006-01-02 15:04")
	switch {
	case at.Location() == time.UTC:
		return written
	case at.Day() == utc.Day():
		return fmt.Sprintf("%s (%s %s)", written, at.Format("15:04"), at.Location())
	}
	return fmt.Sprintf("%s (%s %s)", written, at.Format("Mon 15:04"), at.Location())
}

// subject says whose workflow changes.
func subject(e workflow.Effect) string {
	switch e.Does {
	case workflow.Rescues:
		return "*rescue of all jobs*"
	case workflow.Publishes:
		return "*page of the jobs*"
	}
	return markdown.Code(problem.Show(e.Job))
}

// Assigned says the assigned time of a job and, if it moves, the previous one.
func Assigned(e workflow.Effect) string {
	now := "none"
	if e.Assigned != "" {
		now = phrase(e.Assigned)
	}
	if e.Was == "" || e.Was == e.Assigned {
		return now
	}
	return phrase(e.Was) + " → " + now
}

// environments says what installs the packages of the jobs, and why that does.
func (d Description) environments() string {
	var b strings.Builder
	for _, env := range d.envs {
		whose := "every job"
		if len(d.envs) > 1 {
			whose = problem.Some(env.Jobs, func(id string) string { return markdown.Code(problem.Show(id)) })
		}
		fmt.Fprintf(&b, "Environment of %s: %s.", whose, markdown.Code(env.String()))
		if !env.Locked && env.Tool != installer.None {
			b.WriteString(" Nothing pins all its packages: two runs may get different ones.")
		}
		b.WriteString("\n\n")
	}
	return b.String()
}

// pins lists the references to actions that are kept although a sync did not write
// them.
func (d Description) pins() string {
	const most = 20 // a file has fewer
	var b strings.Builder
	for i, k := range d.kept {
		if i == most {
			fmt.Fprintf(&b, "- and %d more\n", len(d.kept)-most)
			break
		}
		fmt.Fprintf(&b, "- %s in %s\n", markdown.Code(k.Uses.String()+" # "+k.Version), problem.Count(len(k.Files), "file"))
	}
	if b.Len() == 0 {
		return ""
	}
	return "These newer pins in the files are kept. Please check that each commit belongs to its release, because `scheduled` cannot:\n\n" + b.String() + "\n"
}

// page says who will be able to read the page of the jobs, if it is to be published.
func (d Description) page() string {
	for _, e := range d.Effects {
		if e.Does == workflow.Publishes && e.Kind == "created" {
			return "**Note:** " + workflow.PagesNotice + ".\n\n"
		}
	}
	return ""
}

// minutes says what the ticks cost.
func (d Description) minutes() string {
	dollars := func(minutes int) string { return fmt.Sprintf("$%.2f", float64(minutes)*workflow.DollarsPerMinute) }
	minutes, price := fmt.Sprintf("**%d**, as before", d.after), dollars(d.after)
	if d.before != d.after {
		minutes, price = fmt.Sprintf("**%d → %d**", d.before, d.after), dollars(d.before)+" → "+dollars(d.after)
	}
	return "Runner minutes a month, at least: " + minutes + ". In a private repository they cost " + price + " beyond those of its plan; " +
		"standard runners are free for public repositories. This counts only the ticks: each starts a job, and GitHub bills a job by whole minutes. " +
		"The time of the entrypoints comes on top.\n\n"
}

// fold returns the diff, folded, as many lines of it as fit into limit bytes.
func (d Description) fold(limit int) string {
	if limit < 1000 {
		limit = 0 // so few lines are no help
	}
	var whole strings.Builder
	for _, e := range d.Effects {
		whole.WriteString(diff(e))
	}
	total := strings.Count(whole.String(), "\n")
	shown := markdown.Clean(markdown.FirstLines(whole.String(), limit))
	shown = markdown.FirstLines(shown, limit-2*markdown.Backticks(shown))
	title := "Diff"
	if lines := strings.Count(shown, "\n"); lines < total {
		title = fmt.Sprintf("The diff is cut: %d of %s shown; see the Files tab", lines, problem.Count(total, "line"))
	}
	if shown == "" {
		return title + ".\n\n"
	}
	return "<details>\n<summary>" + title + "</summary>\n\n" + markdown.Fenced("diff", shown) + "\n</details>\n\n"
}

// instructions says what people can do about the pull request.
func (d Description) instructions() string {
	return "### What you can do\n\n" +
		"- **Accept:** merge this pull request. Nothing changes before that.\n" +
		"- **Refuse:** close it. It stays closed until a different change is needed.\n" +
		"- **Change:** edit " + d.project() + "; its table `[tool.scheduled-actions]` has the options. This pull request follows.\n" +
		"- **Pause a job:** write `enabled = false` in its table under `[tool.scheduled-actions.jobs]`, or disable its workflow in the Actions tab.\n" +
		"- **No rescue:** write `rescue = false` in `[tool.scheduled-actions]`. Then jobs whose ticks GitHub drops are not started.\n" +
		"- **Stop these pull requests:** delete " + markdown.Code(workflow.Dir+"/"+workflow.SyncFile) + ".\n\n" +
		"Commits that others push to " + markdown.Code(d.branch) + " are kept: " +
		"while there are any, this pull request is not updated. Tick the box, and the next sync rebuilds it without them; " +
		"**Run workflow** in the Actions tab starts one at once.\n\n" +
		github.Box
}

// diff returns the change of one file as a unified diff.
func diff(e workflow.Effect) string {
	return workflow.Plan{Updated: []workflow.Change{e.Change}}.Diff()
}

// plainPhrase matches words that mean themselves in Markdown, such as
// "every day at 09:30 America/New_York".
var plainPhrase = pattern.New(`^([\pL\pN:,/+ -]|\pL_\pL)*$`)

// phrase writes words that may be from a file of others, or a cron.
func phrase(words string) string {
	if plainPhrase.MatchString(words) {
		return words
	}
	return markdown.Code(problem.Show(words))
}
