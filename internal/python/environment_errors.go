package python

import (
	"fmt"
	"slices"
	"strings"
)

// AmbiguousError says that several files or tables are equally good reasons for
// different tools.
type AmbiguousError struct {
	Found []string // the reasons: paths, or headers of tables
	Tools []Tool   // the tools that they stand for, in the same order
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%s are there, and only one can say what to install", strings.Join(e.Found, " and "))
}

// Hint names the way out.
func (e *AmbiguousError) Hint() string {
	tools := slices.Compact(slices.Clone(e.Tools))
	switch {
	case len(tools) == 1 && tools[0] == Pip:
		return "call the file to install from requirements.txt"
	case len(tools) == 1:
		return "keep one of them"
	}
	var options []string
	for _, tool := range tools {
		options = append(options, fmt.Sprintf("installer = %q", tool))
	}
	return "write " + strings.Join(options, " or ") + " in [tool.scheduled-actions], or delete what is not in use"
}

// MissingError says that the tool which the option installer names has nothing
// to install from.
type MissingError struct {
	Tool Tool
	File string // that it needs
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("option installer is %q, and there is no %s from the project up to the repository's root", e.Tool, e.File)
}

// Hint names the way out.
func (e *MissingError) Hint() string {
	return "commit the file, or leave out the option: then the files that are there decide"
}

// LinkError says that a file which would decide is a symbolic link out of the
// repository, and so nowhere where the workflow runs.
type LinkError struct {
	File string // relative to the repository's root
}

func (e *LinkError) Error() string {
	return fmt.Sprintf("%s is a symbolic link that leads out of the repository", e.File)
}

// Hint names the way out.
func (e *LinkError) Hint() string {
	return "commit the file itself, or delete the link: a checkout has nothing outside the repository"
}
