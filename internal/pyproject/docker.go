package pyproject

import (
	"strings"

	"github.com/scheduled-actions/scheduled/internal/problem"
)

// refused are options of docker that would bypass other checks, or that
// GitHub does not allow: "The --network and --entrypoint options are not supported",
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idcontaineroptions
var refused = map[string]string{
	"--network":    "remove it: GitHub does not support it",
	"--net":        "remove it: GitHub does not support it",
	"--entrypoint": "remove it: GitHub does not support it",
	"--env":        "write env = { NAME = \"value\" } beside options",
	"--env-file":   "write env = { NAME = \"value\" } beside options",
	"-e":           "write env = { NAME = \"value\" } beside options",
}

// switches are the options of `docker create` that take no value. Every other option
// takes the next word, unless its own word contains the value.
// https://docs.docker.com/reference/cli/docker/container/create/#options
var switches = map[string]bool{
	"--disable-content-trust": true, "--help": true, "--init": true, "--interactive": true, "--no-healthcheck": true,
	"--oom-kill-disable": true, "--privileged": true, "--publish-all": true, "--quiet": true, "--read-only": true,
	"--rm": true, "--tty": true, "--use-api-socket": true, "-i": true, "-P": true, "-q": true, "-t": true,
}

// flawedArguments returns what is wrong with options of `docker create`.
func flawedArguments(words []string) *flaw {
	value := false // whether a word is the value of the option before it
	for _, word := range words {
		names, takes := optionsOf(word)
		// If we are wrong about the option before, a value that looks like an option is
		// one.
		for _, name := range names {
			if hint := refused[name]; hint != "" {
				return &flaw{"contain " + name, hint}
			}
		}
		if !value && len(names) == 0 {
			return &flaw{"contain " + problem.Quote(word) + ", which docker would take for the image", "write only options that begin with a dash, and their values"}
		}
		value = !value && takes
	}
	return nil
}

// optionsOf returns the options in a word, and whether the next word is the value of
// the last one. Short ones can be joined: -ie is -i and -e.
func optionsOf(word string) (names []string, takes bool) {
	if strings.HasPrefix(word, "--") {
		name, _, valued := strings.Cut(word, "=")
		if name == "--" {
			return nil, false
		}
		return []string{name}, !valued && !switches[name]
	}
	letters, dashed := strings.CutPrefix(word, "-")
	if !dashed {
		return nil, false
	}
	for i, letter := range letters {
		name := "-" + string(letter)
		names = append(names, name)
		if rest := letters[i+len(string(letter)):]; !switches[name] || strings.HasPrefix(rest, "=") {
			return names, rest == "" // else the rest is its value
		}
	}
	return names, false
}

// arguments splits options as GitHub's runner does through .NET: words are divided by
// spaces and tabs outside of double quotes, a backslash escapes a double quote and
// nothing else, and a single quote is a character like any other.
// https://github.com/dotnet/runtime/blob/main/src/libraries/System.Diagnostics.Process/src/System/Diagnostics/Process.Unix.cs
func arguments(line string) []string {
	var words []string
	var word strings.Builder
	inside, quoted := false, false // a word, double quotes
	for i := 0; i < len(line); i++ {
		c := line[i]
		if (c == ' ' || c == '\t') && !quoted {
			if inside {
				words = append(words, word.String())
				word.Reset()
			}
			inside = false
			continue
		}
		inside = true
		slashes := len(line[i:]) - len(strings.TrimLeft(line[i:], `\`))
		switch next := i + slashes; {
		case slashes > 0 && strings.HasPrefix(line[next:], `"`):
			word.WriteString(line[i : i+slashes/2])
			if i = next - 1; slashes%2 == 1 {
				word.WriteByte('"')
				i = next
			}
		case slashes > 0:
			word.WriteString(line[i:next])
			i = next - 1
		case c == '"' && quoted && strings.HasPrefix(line[i+1:], `"`):
			word.WriteByte('"')
			i++
		case c == '"':
			quoted = !quoted
		default:
			word.WriteByte(c)
		}
	}
	if inside {
		words = append(words, word.String())
	}
	return words
}
