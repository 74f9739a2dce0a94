package migrate

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// sample is a job that expressions are about.
func sample() *ghJob {
	g := &ghJob{
		ID: "scrape", Line: 3,
		Env: []ghPair{{"LEVEL", "info", 1}, {"KEY", "${{ secrets.API_KEY }}", 2}, {"BOTH", "${{ env.LEVEL }}-${{ matrix.city }}", 3}, {"ROUND", "${{ env.ROUND }}", 4}},
		Steps: []ghStep{
			{ID: "now", Run: "echo day=1 >> $GITHUB_OUTPUT", Line: 5, RunLine: 5},
			{ID: "try", Run: "false", Soft: true, Line: 6, RunLine: 6},
			{ID: "hit", Uses: "actions/cache@v4", Line: 7},
		},
		matrix:   map[string]any{"city": "Oslo", "n": 3.0, "config": map[string]any{"os": "linux"}, "list": []any{"a", "b"}},
		dispatch: map[string]ghInput{"days": {name: "days", fallback: "7", line: 9}},
	}
	g.prepare()
	return g
}

func TestExpressions(t *testing.T) {
	for _, test := range []struct {
		expr string
		want string // a text, or bash's in <>; "!" and why there is none
	}{
		// literals and operators
		{"'it''s'", "it's"}, {"1.50", "1.5"}, {"0x1f", "31"}, {"true", "true"}, {"null", ""}, {"!true", "false"},
		{"1 < 2 && 'yes' || 'no'", "yes"}, {"'A' == 'a'", "true"}, {"'' == 0", "true"}, {"'x' == 0", "false"}, {"(1 == 2) || 'b'", "b"},
		// the matrix
		{"matrix.city", "Oslo"}, {"matrix.config.os", "linux"}, {"matrix['n']", "3"}, {"matrix.list[1]", "b"}, {"matrix.none.x", ""},
		// functions
		{"format('{0}-{1}{{}}', matrix.city, 2)", "Oslo-2{}"}, {"contains(matrix.list, 'A')", "true"}, {"startsWith(matrix.city, 'os')", "true"},
		{"join(matrix.list, '+')", "a+b"}, {"fromJSON('[1,2]')[1]", "2"}, {"toJSON(matrix.list)", "[\n  \"a\",\n  \"b\"\n]"},
		{"format('of {0}', github.sha)", "<of ${GITHUB_SHA}>"},
		// the run
		{"github.repository", "<${GITHUB_REPOSITORY}>"}, {"github.event.head_commit.message", ""}, {"runner.temp", "<${RUNNER_TEMP}>"},
		{"GitHub.Sha", "<${GITHUB_SHA}>"}, {"github.event.repository.name", "<${GITHUB_REPOSITORY#*/}>"},
		{"github.ref_name || 'main'", "<${GITHUB_REF_NAME:-main}>"},
		{"github.ref == 'refs/heads/main' && 'live' || 'test'", `<$(if [ "${GITHUB_REF}" = "refs/heads/main" ]; then printf %s "live"; else printf %s "test"; fi)>`},
		// secrets, variables, env, inputs
		{"secrets.API_KEY", "<${KEY}>"}, {"secrets.Other", "<${Other}>"}, {"secrets.GITHUB_TOKEN", "<${GITHUB_TOKEN}>"}, {"github.token", "<${GITHUB_TOKEN}>"},
		{"secrets.LEVEL", "<${LEVEL_SECRET}>"}, {"secrets.PATH", "<${PATH_SECRET}>"}, {"secrets.GITHUB_X", ""},
		{"vars.REGION || 'eu'", "<${REGION:-eu}>"}, {"env.LEVEL", "<${LEVEL}>"},
		{"inputs.days", "<${days}>"}, {"github.event.inputs['days'] || '30'", "<${days}>"}, {"inputs.dry-run", "<${dry_run}>"},
		{"github.event_name == 'workflow_dispatch' && inputs.days || '30'", "<${days}>"}, {"github.event_name == 'schedule' && '30' || inputs.days", "!"},
		// steps
		{"steps.now.outputs.day", `<$(sed -n 's/^day=//p' "${RUNNER_TEMP:-/tmp}/now.outputs" 2>/dev/null | tail -n 1)>`},
		{"steps.hit.outputs.cache-hit", ""}, {"steps.none.outputs.x", "!steps.none.outputs.x"}, {"needs.a.outputs.b", "!needs.a.outputs.b, which another job of the workflow hands over"},
		{"hashFiles('**/x')", "!hashFiles, which is known only in a run"},
		// what is none
		{"a b", "!an expression that cannot be read"}, {"", "!an expression that cannot be read"}, {"((1)", "!an expression that cannot be read"}, {"'a", "!an expression that cannot be read"},
	} {
		v := sample().value(parseExpr(test.expr))
		got := v.text()
		if v.why != "" {
			got = "!" + v.why
		} else if !v.known {
			got = "<" + v.bash + ">"
		}
		if test.want == "!" { // an input that is not simple
			continue
		}
		if got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.expr, got, test.want)
		}
	}
}

func TestWhen(t *testing.T) {
	for _, test := range []struct {
		text string
		want ghWhen
	}{
		{"", ghWhen{When: "success"}}, {"success()", ghWhen{When: "success"}}, {"${{ failure() }}", ghWhen{When: "failure"}},
		{"always()", ghWhen{When: "always"}}, {"!cancelled()", ghWhen{When: "always"}}, {"failure() || cancelled()", ghWhen{When: "failure"}},
		{"cancelled()", ghWhen{When: "always", Test: `[ "$SCHEDULED_OUTCOME" = cancelled ]`}},
		{"github.event_name == 'schedule'", ghWhen{When: "success"}}, {"github.event_name != 'schedule'", ghWhen{When: "success", Never: true}},
		{"always() && github.event_name == 'push'", ghWhen{When: "always", Never: true}},
		{"github.repository == 'me/mine' && github.ref == 'refs/heads/main'", ghWhen{When: "success"}},
		{"inputs.days == '7'", ghWhen{When: "success", Never: true}}, {"inputs.days != '7'", ghWhen{When: "success"}},
		{"env.LEVEL == 'info'", ghWhen{When: "success"}},
		{"env.KEY != ''", ghWhen{When: "success", Test: `[ "${KEY}" != "" ]`}},
		{"vars.ON == 'true' && failure()", ghWhen{When: "failure", Test: `[ "${ON}" = "true" ]`}},
		{"${{ vars.ON }} == 'true'", ghWhen{When: "success", Test: `[ "${ON}" = "true" ]`}},
		{"steps.try.outcome == 'failure'", ghWhen{When: "success", Test: `[ "$(sed -n 's/^outcome=//p' "${RUNNER_TEMP:-/tmp}/try.outputs" 2>/dev/null | tail -n 1)" = "failure" ]`}},
		{"always() && steps.now.outcome == 'failure'", ghWhen{When: "failure"}},
		{"steps.hit.outputs.cache-hit != 'true'", ghWhen{When: "success"}},
		{"job.status == 'failure' && always()", ghWhen{When: "failure"}},
		{"contains(github.event.head_commit.message, 'skip') == false", ghWhen{When: "success"}},
	} {
		var j Job
		got, ok := sample().when(&j, ghStep{If: test.text})
		if got != test.want && !(got.Never && test.want.Never) || !ok {
			t.Errorf("%s\n got %+v %v\nwant %+v", test.text, got, ok, test.want)
		}
		if got.Test != "" {
			if _, err := parseShell(got.Test); err != nil {
				t.Errorf("%s: %v", got.Test, err)
			}
		}
	}
}

// withBash skips a test where there is no bash with the tools of Unix.
func withBash(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no bash")
	}
}

// Bash prints for each script what GitHub would have put into it.
func TestBash(t *testing.T) {
	withBash(t)
	for _, test := range []struct{ script, want string }{
		{"echo ${{ secrets.API_KEY }}", "a b"}, {`echo "${{ secrets.API_KEY }}"`, "a  b"}, {"echo '${{ secrets.API_KEY }}'", "a  b"},
		{"echo '${{ matrix.city }}' # ${{ secrets.NONE }} isn't", "Oslo"}, {`echo "it's" ${{ matrix.n }}`, "it's 3"},
		{`echo "$(echo '${{ secrets.API_KEY }}')"`, "a  b"}, {`echo \'${{ matrix.city }}\'`, "'Oslo'"},
		{"cat <<EOF\n'${{ secrets.API_KEY }}'\nEOF", "'a  b'"}, {"cat <<-EOF\n\t${{ secrets.API_KEY }}\n\tEOF\necho '${{ matrix.city }}'", "a  b\nOslo"},
		{"python3 - <<'PY'\nimport sys\nkey = '${{ secrets.API_KEY }}'\nprint(key, \"${{ matrix.city }}\")\nPY", "a  b Oslo"},
		{"echo ${{ vars.REGION || 'eu' }}-${{ github.repository }}", "eu-me/mine"}, {"cat <<< '${{ matrix.city }}'", "Oslo"},
		{"case x in x) echo '${{ matrix.city }}';; esac", "Oslo"}, {"echo $'a\\'b' '${{ secrets.API_KEY }}'", "a'b a  b"},
		{"echo ${{ env.KEY != '' && 'set' || 'unset' }}", "set"}, {"echo \"${#KEY} # ${{ matrix.city }}\"", "4 # Oslo"},
		{`echo ${{ secrets.NONE && '--key' || '--no-key' }}`, "--no-key"},
	} {
		lines := sample().rewrite(test.script)
		if len(lines.wrong) > 0 {
			t.Errorf("%s: %v", test.script, lines.wrong)
		}
		if _, err := parseShell(lines.text); err != nil {
			t.Errorf("%s: %v", lines.text, err)
		}
		cmd := exec.Command("bash", "-euo", "pipefail", "-c", lines.text)
		cmd.Env = []string{"PATH=/usr/bin:/bin", "KEY=a  b", "GITHUB_REPOSITORY=me/mine", "REGION=", "NONE="}
		out, err := cmd.Output()
		if got := strings.TrimSuffix(string(out), "\n"); err != nil || got != test.want {
			t.Errorf("%s\n%s\n got %q %v\nwant %q", test.script, lines.text, got, err, test.want)
		}
	}
	lines := sample().rewrite("a\ncat <<'X'\n${{ github.sha }}\nX\n${{ needs.a.result }}")
	if len(lines.wrong) != 2 || lines.wrong[0].line != 2 || lines.wrong[1].line != 4 {
		t.Errorf("not told: %v", lines.wrong)
	}
}

func FuzzExpression(f *testing.F) {
	f.Add("always() && github.event.inputs['x'] || format('{0}', 1)")
	f.Add("!((!(a.b.*.c[0])))")
	f.Fuzz(func(t *testing.T, text string) {
		g := sample()
		v := g.value(parseExpr(text))
		if v.known || v.why != "" {
			return
		}
		if _, err := parseShell(`echo "` + v.bash + `"; ` + v.says()); err != nil {
			t.Errorf("%s: %s: %v", text, v.bash, err)
		}
	})
}
