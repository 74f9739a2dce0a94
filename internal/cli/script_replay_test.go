package cli_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// substitutions are what differs from one replay of a transcript to the next, and what stands
// there instead.
var substitutions = []struct {
	what    *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`\b[0-9.]+m?s on this machine\b`), "112ms on this machine"},
	{regexp.MustCompile(`\bocto/app\b`), "you/nightly"}, // the repository of the fake GitHub
}

// silent are commands whose output a transcript leaves out.
var silent = regexp.MustCompile(`^(git|gh) `)

// replay runs the commands of a transcript in the folder of this package, the lines that begin with "$ ", and compares what
// they print, byte for byte but for the substitutions. With UPDATE set it writes that.
func replay(ts *testscript.TestScript, _ bool, args []string) {
	text, err := os.ReadFile(args[0])
	ts.Check(err)
	want, dir, got := string(text), ts.MkAbs("."), ""
	where := ts.MkAbs("where")
	for line := range strings.Lines(want) {
		command, found := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "$ ")
		if !found {
			continue
		}
		cmd := exec.Command("sh", "-ec", command+"\npwd >'"+where+"'")
		cmd.Dir = dir
		for _, name := range []string{"PATH", "HOME", "WORK", "GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN", "GITHUB_FAKE_NOW", "GIT_CONFIG_GLOBAL"} {
			cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			ts.Fatalf("%s: %v\n%s", command, err, out)
		}
		if silent.MatchString(command) {
			out = nil
		}
		got += line + string(out)
		place, err := os.ReadFile(where)
		ts.Check(err)
		dir = strings.TrimSpace(string(place))
	}
	for _, s := range substitutions {
		got = s.what.ReplaceAllString(got, s.instead)
	}
	if os.Getenv("UPDATE") != "" {
		ts.Check(os.WriteFile(args[0], []byte(got), 0o644))
	} else if got != want {
		ts.Fatalf("%s is now\n%s\nwant\n%s", args[0], got, want)
	}
}
