package workflow

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

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

// RescueCost says what a rescue costs, and what other intervals would cost. "GitHub rounds
// the minutes and partial minutes each job uses up to the nearest whole minute",
// https://docs.github.com/billing/reference/actions-runner-pricing
func RescueCost(rounds schedule.Rounds) string {
	var others []string
	for _, every := range schedule.RoundsEvery {
		if every != rounds.Every() {
			written := strings.TrimSuffix(strings.TrimSuffix(every.String(), "0s"), "0m") // "1h0m0s"
			others = append(others, fmt.Sprintf("%d with %q", monthly(every), written))
		}
	}
	return fmt.Sprintf("The rescue checks all jobs %s. That is free in a public repository;\n"+
		"in a private one it takes at most %d runner minutes a month, %s, none with false:\n"+
		"see the option rescue of [tool.scheduled-actions].",
		rounds, monthly(rounds.Every()), strings.Join(others, ", "))
}

// monthly returns how many ticks 30 days have.
func monthly(every time.Duration) int { return int(30 * 24 * time.Hour / every) }
