package delivery

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/markdown"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// would says what a delivery would do.
func (d *delivery) would() string {
	does := "commit %s to branch %s"
	if d.commit.PullRequest {
		does = "propose %s from branch %s"
	}
	return fmt.Sprintf("would "+does, problem.Count(len(d.files), "changed file"), d.branch)
}

// subject names the job in Markdown.
func (d *delivery) subject() string { return markdown.Code(problem.Show(d.Job.ID)) }

// succeeded says what was delivered.
func (d *delivery) succeeded() string {
	switch {
	case d.Pull.Number > 0:
		return fmt.Sprintf("%s: %s %s.\n", d.subject(), markdown.Link(fmt.Sprintf("pull request #%d", d.Pull.Number), d.Pull.URL),
			cmp.Or(strings.TrimPrefix(string(d.Pull.Operation), string(github.None)), "left as it is"))
	case d.Commit.ID != "":
		return fmt.Sprintf("%s: committed %s to %s as %s.\n\n%s", d.subject(), problem.Count(len(d.Commit.Files), "file"),
			markdown.Code(d.Result.Branch), markdown.Link(github.Short(d.Commit.ID), d.Commit.URL), list(d.Commit.Files))
	}
	return fmt.Sprintf("%s: %s.\n", d.subject(), d.Words)
}

// list names the first of some files.
func list(files []string) string {
	const most = 30
	var b strings.Builder
	for i, f := range files {
		if i == most {
			fmt.Fprintf(&b, "- and %d more\n", len(files)-most)
			break
		}
		fmt.Fprintf(&b, "- %s\n", markdown.Code(markdown.Clean(strings.ReplaceAll(problem.Cut(f, 200), "\n", " "))))
	}
	return b.String()
}

// body returns the description of the pull request: what the message says below its
// title, and the files.
func (d *delivery) body(files []github.Changed) string {
	var paths []string
	for _, f := range files {
		paths = append(paths, f.Path)
	}
	_, more, _ := strings.Cut(d.commit.Message, "\n")
	if more = strings.TrimSpace(more); more != "" {
		more += "\n\n"
	}
	return markdown.Unmarked(fmt.Sprintf("%s%s changed %s:\n\n%s\n", more, d.subject(), problem.Count(len(files), "file"), list(paths))) +
		"Commits that others push to " + markdown.Code(d.branch) + " are kept: while there are any, this pull request is not updated. " +
		"Tick the box, and the next run of the job rebuilds it without them.\n\n" + github.Box
}

// "Job summaries are isolated between steps and each step is restricted to a maximum
// size of 1MiB", and a larger one is dropped as a whole.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
const mostPatch = 900 << 10

// failed says why nothing was delivered, and keeps the change as a patch.
func (d *delivery) failed(ctx context.Context, err error) string {
	text := fmt.Sprintf("**The change of %s was not delivered:** %s\n", d.subject(), markdown.Code(markdown.Clean(strings.ReplaceAll(problem.Cut(err.Error(), 1000), "\n", " "))))
	if hint := problem.Hint(err); hint != "" {
		text += "\nTo mend it: " + hint + ".\n"
	}
	if len(d.files) == 0 {
		return text
	}
	patch, whole := d.patch(context.WithoutCancel(ctx), mostPatch)
	title := "The change, as a patch for git apply"
	if !whole {
		title = fmt.Sprintf("The beginning of the change, as a patch for git apply: all of it has %s, and more than fits here", problem.Count(len(d.files), "file"))
	}
	if patch == "" {
		return text + "\nThe change is too large to be kept here:\n\n" + list(d.Changed)
	}
	return text + "\n<details><summary>" + title + "</summary>\n\n" + markdown.Fenced("diff", patch) + "\n</details>\n"
}
