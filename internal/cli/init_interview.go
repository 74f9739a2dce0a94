package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/table"
)

// interview asks the user questions on the terminal. A nil interview has no terminal.
type interview struct {
	questions io.Writer
	answers   *bufio.Scanner
	err       error // a question got no answer
}

// interview returns nil if there is no terminal.
func (p *Program) interview() *interview {
	if !table.Terminal(p.Stdin) || !table.Terminal(p.Stderr) {
		return nil
	}
	return &interview{questions: p.Stderr, answers: bufio.NewScanner(p.Stdin)}
}

// failed returns the error of the question that got no answer.
func (ask *interview) failed() error {
	if ask == nil {
		return nil
	}
	return ask.err
}

// agree asks a question with the usual answer yes. Without a terminal the answer is no.
func (ask *interview) agree(question string) bool {
	return ask.choose(question, "Y", "n") == "Y"
}

// choose asks until it gets one of the choices, by its first letter; an empty answer is
// the first choice.
func (ask *interview) choose(question string, choices ...string) string {
	if ask == nil || ask.err != nil {
		return ""
	}
	for {
		fmt.Fprintf(ask.questions, "%s [%s] ", question, strings.Join(choices, "/"))
		if !ask.answers.Scan() {
			fmt.Fprintln(ask.questions)
			ask.err = &exitError{exitUsage, problem.New("use --yes to answer in advance", "no answer, so nothing was changed")}
			return ""
		}
		answer := strings.ToLower(strings.TrimSpace(ask.answers.Text()))
		for _, choice := range choices {
			if strings.HasPrefix(answer, strings.ToLower(choice[:1])) || answer == "" {
				return choice
			}
		}
	}
}
