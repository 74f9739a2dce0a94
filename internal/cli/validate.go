package cli

import (
	"errors"
	"fmt"

	"github.com/scheduled-actions/scheduled/internal/pyproject"
	"github.com/spf13/cobra"
)

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
	result := struct {
		OK     bool               `json:"ok"`
		Errors pyproject.Problems `json:"errors"`
	}{err == nil, pyproject.Problems{}}
	if problems, ok := errors.AsType[pyproject.Problems](err); ok {
		result.Errors = problems
	} else if err != nil {
		result.Errors = pyproject.Problems{{File: p.project, Message: err.Error(), Hint: hint(err)}}
	}
	if failed := p.printJSON(result); failed != nil {
		return failed
	}
	if err != nil {
		return &exitError{code: exitUsage}
	}
	return nil
}
