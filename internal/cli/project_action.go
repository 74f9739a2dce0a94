package cli

import (
	"runtime/debug"

	"github.com/scheduled-actions/scheduled/internal/problem"
	"github.com/scheduled-actions/scheduled/internal/workflow"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// defaultAction is our action where no release or fork is known.
const defaultAction = "scheduled-actions/scheduled@v1"

// build tells what the program was built from.
type build struct {
	version string // for display
	release string // the version if it is a release, else ""
	commit  string // "" if unknown; the releases themselves do not know theirs
}

func (p *Program) build() build {
	b := build{version: p.Version}
	if info, ok := debug.ReadBuildInfo(); ok {
		if b.version == "" {
			b.version = info.Main.Version
		}
		settings := map[string]string{}
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		if settings["vcs.modified"] == "false" {
			b.commit = settings["vcs.revision"]
		}
	}
	if semver.IsValid(b.version) && semver.Build(b.version) == "" && !module.IsPseudoVersion(b.version) {
		b.release = b.version
	}
	return b
}

// action returns how generated files refer to our action: as --action says,
// as the action that runs this program was referred to, or by what the
// program was built from.
func (p *Program) action(flag string) (workflow.Uses, error) {
	if flag != "" {
		uses, err := workflow.ParseUses(flag)
		if err != nil {
			return uses, &exitError{exitUsage, problem.WithHint(err, "name a release and its commit: --action 'owner/repo@<commit> # v1.2.3'")}
		}
		return uses, nil
	}
	uses, err := workflow.ParseUses(defaultAction)
	if err != nil {
		return uses, err
	}
	built := p.build()
	repository, ref := p.getenv("GITHUB_ACTION_REPOSITORY"), p.getenv("GITHUB_ACTION_REF")
	switch {
	case repository != "" && ref != "":
		uses, err = workflow.ParseUses(repository + "@" + ref)
	case built.commit != "":
		uses.Ref = built.commit
	case built.release != "":
		uses.Ref = built.release
	}
	if uses.Pinned() {
		uses.Version = built.release
	}
	return uses, err
}
