package cli

import (
	"errors"
	"fmt"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/spf13/cobra"
)

// finding is an error in the output of `validate --json`.
type finding struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

func (p *Program) validateCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Show every error of the configuration, all at once",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			project, err := p.openHosted()
			if asJSON {
				return p.printFindings(err)
			}
			if problems, ok := errors.AsType[pyproject.Problems](err); ok {
				problems.Write(p.Stdout, p.color(p.Stdout)) // here they are the result
				return &exitError{code: exitUsage}
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(p.Stdout, "%s: %s, no errors\n", project.path, count(len(project.Jobs), "job"))
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// printFindings writes the contract's object for an error of openHosted.
func (p *Program) printFindings(err error) error {
	findings := []finding{}
	var problems pyproject.Problems
	switch {
	case errors.As(err, &problems):
		for _, problem := range problems {
			findings = append(findings, finding{problem.File, problem.Line, problem.Column, problem.Message, problem.Hint})
		}
	case err != nil:
		f := finding{File: p.project, Message: err.Error()}
		var exit *exitError
		if errors.As(err, &exit) {
			f.Hint = exit.hint
		}
		findings = append(findings, f)
	}
	result := struct {
		OK     bool      `json:"ok"`
		Errors []finding `json:"errors"`
	}{err == nil, findings}
	if failed := p.printJSON(result); failed != nil {
		return failed
	}
	if err != nil {
		return &exitError{code: exitUsage}
	}
	return nil
}

// count writes "1 job" or "2 jobs".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
