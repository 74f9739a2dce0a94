package cli

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/scheduled-actions/scheduled/internal/doctor"
	"github.com/scheduled-actions/scheduled/internal/github"
	"github.com/scheduled-actions/scheduled/internal/ledger"
	"github.com/spf13/cobra"
)

func (p *Program) doctorCommand() *cobra.Command {
	var asJSON bool
	var token string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find what keeps jobs from running, here and on GitHub",
		Long: `doctor checks the configuration, the Python and the workflow files here, and on GitHub
the token, the repository, its workflows and how punctual its schedules were. It changes
nothing.

A check that depends on a failed one is left out. What the token may not see is
"unknown", which is not a failure. The exit code is 1 if a check fails, and 4 if a token is missing or lacks a right.

` + sourcesHelp,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return p.doctor(token, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	registerToken(cmd, &token)
	return cmd
}

func (p *Program) doctor(token string, asJSON bool) error {
	ctx, stop := withSignals()
	defer stop()
	var name atomic.Value
	name.Store("the project")
	done := p.progress(func() string { return fmt.Sprintf("looking at %s", name.Load()) })
	patient, err := p.patient(ctx, token)
	var report doctor.Report
	if err == nil {
		report, err = doctor.Examine(ctx, patient, func(now string) { name.Store(now) })
	}
	done()
	if err != nil {
		return err
	}
	if err := p.printReport(report, asJSON); err != nil {
		return err
	}
	switch {
	case report.Denied:
		return &exitError{exitDenied, nil}
	case !report.OK():
		return &exitError{exitFindings, nil}
	}
	return nil
}

// patient gathers what is known about the project without asking GitHub.
func (p *Program) patient(ctx context.Context, token string) (doctor.Patient, error) {
	patient := doctor.Patient{Environ: p.Environ, Now: p.Now, Retention: p.retention()}
	place, err := p.find()
	if err != nil {
		return patient, err
	}
	patient.Place = place
	loaded, err := place.Load()
	if err != nil {
		patient.Wrong = err
		return patient, nil
	}
	project := &project{loaded, place}
	patient.Project, patient.Wrong = loaded, loaded.Problems()
	if patient.Action, err = p.action(""); err != nil {
		return patient, err
	}
	patient.LedgerOn = ledger.Exists(place.AbsFile())
	origin := p.origin(ctx, project, token)
	if patient.Origin = origin; origin.Repository == "" {
		return patient, nil
	}
	patient.TokenFrom = p.tokenFrom(origin, token)
	patient.Client, err = p.client(origin, p.Stderr, p.Stderr)
	if err != nil {
		return patient, &exitError{exitUsage, err}
	}
	return patient, nil
}

// tokenFrom names where a token was found.
func (p *Program) tokenFrom(origin github.Origin, flag string) string {
	if strings.TrimSpace(flag) != "" {
		return "--token"
	}
	for _, name := range github.TokenVariables {
		if strings.TrimSpace(p.getenv(name)) == origin.Token {
			return name
		}
	}
	return "`gh auth token`"
}

func (p *Program) printReport(report doctor.Report, asJSON bool) error {
	if asJSON {
		return p.printJSON(map[string]any{"checks": report.Checks})
	}
	t := p.table(p.Stdout, whole, whole, phrase)
	for _, check := range report.Checks {
		mark := "ok"
		if !check.OK {
			mark = "FAIL"
		}
		t.Row(mark, check.Name, check.Message)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, check := range report.Checks {
		if !check.OK && check.Hint != "" {
			if _, err := fmt.Fprintf(p.Stdout, "\n%s: %s\n", check.Name, check.Hint); err != nil {
				return err
			}
		}
	}
	return nil
}
