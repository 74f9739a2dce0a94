package workflow

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/scheduled-actions/scheduled/internal/installer"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// TestPythonFor has versions as people write them, in the words of each set-up.
func TestPythonFor(t *testing.T) {
	for _, row := range []struct{ option, pip, uv, conda string }{ // "" is refused
		{"3.12", "3.12", "3.12", "=3.12"},
		{"3.12.4", "3.12.4", "3.12.4", "=3.12.4"},
		{"3.x", "3.x", "3", "=3"},
		{"3.12.*", "3.12.*", "3.12", "=3.12"},
		{"3.x.x", "3.x.x", "3", "=3"},
		{">=3.11,<3.14", ">=3.11 <3.14", ">=3.11,<3.14", ">=3.11,<3.14"},
		{">= 3.11, < 3.14", ">=3.11 <3.14", ">=3.11,<3.14", ">=3.11,<3.14"},
		{">=3.11 <3.14", ">=3.11 <3.14", ">=3.11,<3.14", ">=3.11,<3.14"},
		{"3.11 - 3.13", ">=3.11 <3.14", ">=3.11,<3.14", ">=3.11,<3.14"},
		{"3.11.2 - 3.13.1", ">=3.11.2 <=3.13.1", ">=3.11.2,<=3.13.1", ">=3.11.2,<=3.13.1"},
		{"^3.11", ">=3.11 <4", ">=3.11,<4", ">=3.11,<4"},
		{"~3.11", ">=3.11 <3.12", ">=3.11,<3.12", ">=3.11,<3.12"},
		{"~3.11.2", ">=3.11.2 <3.12", ">=3.11.2,<3.12", ">=3.11.2,<3.12"},
		{"~=3.11", ">=3.11 <4", ">=3.11,<4", ">=3.11,<4"},
		{"~=3.11.2", ">=3.11.2 <3.12", ">=3.11.2,<3.12", ">=3.11.2,<3.12"},
		{"~=3.11, !=3.12.1", "", ">=3.11,<4,!=3.12.1", ">=3.11,<4,!=3.12.1"},
		{"3.11 || ~=3.13", "3.11 || >=3.13 <4", "", ""},
		{"pypy3.10", "pypy3.10", "pypy3.10", ""},
		{"pypy-3.10", "pypy-3.10", "pypy3.10", ""},
		{"pypy3.10-v7.3.17", "pypy3.10-v7.3.17", "", ""},
		{"graalpy-24.1", "graalpy-24.1", "", ""},
		{"graalpy3.11", "graalpy3.11", "graalpy3.11", ""},
		{"3.13t", "3.13t", "3.13t", ""},
		{"3.15.0rc1", "3.15.0rc1", "3.15.0rc1", ""},
		{"3.15rc1", "3.15.0rc1", "3.15rc1", ""},
		{"3.15-dev", "3.15-dev", "", ""},
		{"3.15.0-alpha - 3.15.0", "3.15.0-alpha - 3.15.0", "", ""},
		{"3.12,3.13", "", "", ""},
		{">=3.11,<3.14,x", "", "", ""},
		{"*", "*", "", ""},
		{"latest", "", "", ""},
		{"system", "", "", ""},
	} {
		for tool, want := range map[installer.Tool]string{installer.Pip: row.pip, installer.UV: row.uv, installer.Conda: row.conda} {
			got, ok := pythonFor(tool, row.option)
			if ok != (want != "") || ok && got != want {
				t.Errorf("%q for %s: %q, %v; want %q", row.option, tool, got, ok, want)
			}
		}
	}
}

// TestDeclaredFor has what projects declare.
func TestDeclaredFor(t *testing.T) {
	for _, row := range []struct{ declared, pip, uv string }{ // "" is skipped
		{">=3.11", ">=3.11", ">=3.11"},
		{">=3.8, <4.0", ">=3.8 <4.0", ">=3.8,<4.0"},
		{">=2.7, !=3.0.*, !=3.1.*, <4", ">=2.7 <4", ">=2.7,!=3.0.*,!=3.1.*,<4"},
		{"==3.11.*", ">=3.11 <3.12", "==3.11.*"},
		{"===3.11.4", "==3.11.4", "===3.11.4"},
		{"~=3.11", ">=3.11 <4", "~=3.11"},
		{">=3.14.0rc1", ">=3.14.0", ">=3.14.0rc1"},
		{">=3.11,<3.15.dev0", ">=3.11 <3.15", ">=3.11,<3.15.dev0"},
		{">=3.14.0-rc1, <4", ">=3.14.0 <4", ">=3.14.0,<4"},
		{"3.15-dev", "3.15", "3.15"},
		{"3.15t-dev", "3.15t", "3.15t"},
		{">=3.11;", "", ""},
		{"three", "", ""},
		{">=3.11.*", ">=3.11.*", ">=3.11.*"},
		{"^3.11", ">=3.11 <4", ">=3.11,<4"},
		{"^3.9 || ^3.11", ">=3.9 <4 || >=3.11 <4", ""},
		{"3.11", "3.11", "3.11"},
		{"*", "*", ""},
		{"!=3.12", "", "!=3.12"},
		{">=3.11; id", "", ""},
		{"", "", ""},
	} {
		for tool, want := range map[installer.Tool]string{installer.Pip: row.pip, installer.UV: row.uv} {
			got, ok := declaredFor(tool, row.declared)
			if ok != (want != "") || ok && got != want {
				t.Errorf("%q for %s: %q, %v; want %q", row.declared, tool, got, ok, want)
			}
		}
	}
}

func TestPythonVersionRefused(t *testing.T) {
	repo := repository("[tool.scheduled-actions]\npython = \"pypy3.10\"\n" + severalJobs(1))
	repo["environment.yml"] = &fstest.MapFile{}
	_, err := Target{Project: load(t, repo, "pyproject.toml"), Path: "pyproject.toml", Action: release}.Plan(repo)
	failed, ok := errors.AsType[*EnvironmentError](err)
	if !ok || failed.Option != "python" || !strings.HasSuffix(err.Error(), `"pypy3.10", which cannot be set up for conda`) || problem.Hint(err) == "" {
		t.Errorf("%v", err)
	}
}
