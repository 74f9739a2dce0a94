// Package testdata holds the sample projects: tests read them, and `scheduled
// demo` carries the quickstart project inside the program.
package testdata

import "embed"

// Quickstart is the project of the README, in the folder quickstart.
//
//go:embed quickstart/pyproject.toml quickstart/app/*.py quickstart/tmp/*
var Quickstart embed.FS
