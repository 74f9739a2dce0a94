package cli

import "strings"

// argsFromInputs turns the inputs of action.yml into arguments. They come
// through the environment, so that no input is ever part of a script.
func (p *Program) argsFromInputs() []string {
	command := p.getenv("INPUT_COMMAND")
	args := []string{command}
	for _, flag := range inputFlags[command] {
		value := p.getenv("INPUT_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_")))
		if value != "" {
			args = append(args, "--"+flag+"="+value)
		}
	}
	switch command {
	case "check", "run", "commit", "heartbeat":
		args = append(args, "--", p.getenv("INPUT_JOB")) // a job's id can be empty
	}
	return args
}

// inputFlags names the inputs that are flags of a command. The token is none:
// check, commit, rescue and report read it from the environment, where no process list shows it.
var inputFlags = map[string][]string{
	"sync": {"project", "all-projects", "check", "output-format", "pull-request", "branch", "base", "title", "body",
		"labels", "reviewers", "assignees", "draft"},
	"list":     {"project", "all-projects"},
	"validate": {"project", "all-projects"},
	"check":    {"project", "slot"},
	"run":      {"project", "python", "window", "missed", "report"},
	"commit":   {"project", "window"},
	"rescue":   {"project", "all-projects"},
	"report":   {"project", "all-projects", "output"},
}
