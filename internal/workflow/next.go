package workflow

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/scheduled-actions/scheduled/internal/schedule"
)

// Token returns the kind of token that the existing Keeper's file uses, "" if there is
// no such file.
func (p Plan) Token() Token {
	there := slices.Concat(p.Updated, p.Unchanged)
	switch {
	case len(there) == 0:
		return ""
	case bytes.Contains(there[0].Old, []byte("secrets."+PrivateKeySecret)):
		return App
	case bytes.Contains(there[0].Old, []byte("secrets."+TokenSecret)):
		return PAT
	}
	return NoToken
}

// NextSteps returns what the user has to do before the workflow can work. howToSync is
// the command that writes the workflow files of the jobs.
func (k Keeper) NextSteps(howToSync string) []string {
	const rights = "Contents, Pull requests and Workflows: read and write"
	push := "Commit the files and push them to " + k.Branch + "."
	brings := push + " A pull request brings the workflow files of the jobs."
	switch k.Token {
	case App:
		return []string{
			"Create a GitHub App with the repository permissions " + rights + ". Install it on this repository.",
			"Give its client ID to the workflow: gh variable set " + ClientIDVariable,
			"Give its private key to the workflow: gh secret set " + PrivateKeySecret + " <key.pem",
			brings,
		}
	case PAT:
		return []string{
			"Create a fine-grained personal access token for this repository with the permissions " + rights + ".",
			"Give it to the workflow: gh secret set " + TokenSecret,
			brings,
		}
	}
	return []string{"Write the workflow files of the jobs: " + howToSync, push}
}

// RescueCost says what a project's rescue costs, and what other intervals would cost; ""
// if the project has none.
func RescueCost(project *pyproject.Project) string {
	rounds := project.Rescue.Rounds
	if rounds.Every() == 0 {
		return ""
	}
	cost := func(r schedule.Rounds) string { return spent(ticks(needed(project, r))) }
	var others []string
	for _, every := range schedule.RoundsEvery {
		if other := cost(schedule.NewRounds("", every)); other != cost(rounds) {
			written := strings.TrimSuffix(strings.TrimSuffix(every.String(), "0s"), "0m") // "1h0m0s"
			others = append(others, fmt.Sprintf("%s with %q, ", other, written))
		}
	}
	return fmt.Sprintf("The rescue checks all jobs %s. That is free in a public repository.\n"+
		"A private one skips the ticks that its jobs do not need. Runner minutes a month, at most:\n"+
		"%s, %snone with false: see the option rescue of [tool.scheduled-actions].",
		rounds, cost(rounds), strings.Join(others, ""))
}

// spent writes runner minutes with their price: "120 ($0.72)".
func spent(minutes float64) string {
	return fmt.Sprintf("%.0f ($%.2f)", minutes, minutes*DollarsPerMinute)
}
