package installer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// tree makes a repository of files written as path or path:content, with a space
// between files, ~ for a space in content and | for a newline.
func tree(files string) fstest.MapFS {
	repo := fstest.MapFS{"a/b/pyproject.toml": {}}
	for _, file := range strings.Split(files, " ") {
		path, content, _ := strings.Cut(file, ":")
		content = strings.NewReplacer("|", "\n", "~", " ").Replace(content)
		if path != "" {
			repo[path] = &fstest.MapFile{Data: []byte(content)}
		}
	}
	return repo
}

// member lines of a uv.lock, for the project in a/b.
const (
	ours   = `[[package]]|name~=~"acme"|source~=~{~editable~=~"a/b"~}`
	theirs = `[[package]]|name~=~"other"|source~=~{~virtual~=~"a/c"~}`
)

func TestChoose(t *testing.T) {
	for _, test := range []struct {
		files string
		facts Facts
		want  string // the environment in words, or what the error says
	}{
		// the nearest lock, up to the root
		{"a/b/uv.lock", Facts{}, "uv (a/b/uv.lock) in a/b"},
		{"a/b/poetry.lock uv.lock pdm.lock", Facts{}, "poetry (a/b/poetry.lock) in a/b"},
		{"a/pdm.lock poetry.lock", Facts{Tables: []string{"uv"}}, "pdm (a/pdm.lock) in a"},
		{"pixi.lock", Facts{BuildSystem: true}, "pixi (pixi.lock) in ."},
		{"a/b/Pipfile.lock a/b/Pipfile a/b/requirements.txt", Facts{}, "pipenv (a/b/Pipfile.lock) in a/b"},
		{"a/b/pylock.toml", Facts{}, "pylock (a/b/pylock.toml) in a/b"},
		{"a/b/conda-lock.yml a/b/environment.yml", Facts{}, "conda (a/b/conda-lock.yml) in a/b"},
		{"a/b/c/uv.lock b/uv.lock", Facts{}, "none (nothing to install) in a/b"},

		// a workspace's lock serves its members, and projects that install nothing themselves
		{"uv.lock:" + theirs + "|" + ours, Facts{Dependencies: true}, "uv (uv.lock) in ., member acme"},
		{"a/uv.lock:" + strings.Replace(ours, "a/b", "b", 1), Facts{Dependencies: true}, "uv (a/uv.lock) in a, member acme"},
		{"uv.lock:" + theirs, Facts{}, "uv (uv.lock) in ."},
		{"uv.lock:" + theirs, Facts{Dependencies: true, BuildSystem: true}, "project ([build-system], not locked) in a/b"},
		{"a/uv.lock:" + theirs + " poetry.lock", Facts{Dependencies: true}, "poetry (poetry.lock) in ."},
		{"uv.lock:" + strings.Replace(ours, "acme", "$(id)", 1), Facts{Dependencies: true}, "uv ([project].dependencies, not locked) in a/b"},

		// the tool's own table or file
		{"a/b/requirements.txt", Facts{Tables: []string{"poetry"}, BuildSystem: true}, "poetry ([tool.poetry], not locked) in a/b"},
		{"", Facts{Tables: []string{"hatch"}, BuildSystem: true}, "hatch ([tool.hatch.envs], not locked) in a/b"},
		{"a/b/Pipfile a/b/requirements.txt", Facts{}, "pipenv (a/b/Pipfile, not locked) in a/b"},
		{"a/b/pixi.toml", Facts{BuildSystem: true}, "pixi (a/b/pixi.toml, not locked) in a/b"},

		// requirements
		{"a/b/requirements.txt a/b/requirements-prod.txt", Facts{BuildSystem: true}, "pip (a/b/requirements.txt, without hashes) in a/b"},
		{"a/b/requirements-prod.txt a/b/requirements-dev.txt a/b/requirements_test.txt", Facts{}, "pip (a/b/requirements-prod.txt, without hashes) in a/b"},
		{"a/b/requirements.txt:six==1~\\|~~--hash=sha256:0", Facts{}, "pip (a/b/requirements.txt) in a/b, hashes"},
		{"a/b/requirements.txt:#~no~--hash=|six", Facts{}, "pip (a/b/requirements.txt, without hashes) in a/b"},
		{"a/b/requirements.txt:-r~x/base.txt a/b/x/base.txt:--requirement=../../all.txt a/all.txt:six==1~--hash=sha256:0", Facts{}, "pip (a/b/requirements.txt) in a/b, hashes"},
		{"a/b/requirements.txt:-rbase.txt|-r~/x|-r~../../../y|-r~https://z a/b/base.txt:-r~requirements.txt|six", Facts{}, "pip (a/b/requirements.txt, without hashes) in a/b"},
		{"a/b/requirements.txt", Facts{Dependencies: true, Requires: true}, "pip (a/b/requirements.txt, without hashes, instead of [project].dependencies) in a/b"},
		{"a/b/requirements.txt", Facts{Dependencies: true}, "pip (a/b/requirements.txt, without hashes) in a/b"},
		{"a/b/requirements-dev.txt a/b/requirements;id.txt a/b/requirements.in a/requirements.in", Facts{}, "none (nothing to install) in a/b"},
		{"a/requirements.txt requirements.txt", Facts{}, "pip (a/requirements.txt, without hashes) in a"},
		{"requirements.txt", Facts{Dependencies: true}, "uv ([project].dependencies, not locked) in a/b"},
		{"requirements.txt a/b/setup.py", Facts{}, "project (a/b/setup.py, not locked) in a/b"},
		{"requirements-prod.txt", Facts{}, "none (nothing to install) in a/b"},

		// the rest
		{"a/b/environment.yml", Facts{BuildSystem: true}, "conda (a/b/environment.yml, not locked) in a/b"},
		{"", Facts{BuildSystem: true, Dependencies: true}, "project ([build-system], not locked) in a/b"},
		{"a/b/setup.py a/b/setup.cfg", Facts{}, "project (a/b/setup.py, not locked) in a/b"},
		{"a/b/setup.py", Facts{BuildSystem: true}, "project ([build-system], not locked) in a/b"},
		{"a/b/setup.py a/b/requirements.txt", Facts{}, "pip (a/b/requirements.txt, without hashes) in a/b"},
		{"a/b/setup.cfg:[metadata]|name=x", Facts{Dependencies: true}, "project (a/b/setup.cfg, not locked) in a/b"},
		{"a/b/setup.cfg:[flake8]|#~[options] a/setup.py", Facts{}, "none (nothing to install) in a/b"},
		{"", Facts{Dependencies: true}, "uv ([project].dependencies, not locked) in a/b"},
		{"", Facts{}, "none (nothing to install) in a/b"},

		// the option
		{"a/b/uv.lock a/b/requirements.txt", Facts{Installer: "pip"}, "pip (option installer, a/b/requirements.txt, without hashes) in a/b"},
		{"a/b/uv.lock requirements.txt:six~--hash=x", Facts{Installer: "pip"}, "pip (option installer, requirements.txt) in ., hashes"},
		{"a/b/uv.lock a/b/poetry.lock", Facts{Installer: "uv"}, "uv (option installer, a/b/uv.lock) in a/b"},
		{"a/b/uv.lock a/b/poetry.lock", Facts{Installer: "none"}, "none (option installer) in a/b"},
		{"a/b/poetry.lock", Facts{Installer: "pdm"}, "pdm (option installer, not locked) in a/b"},
		{"a/b/pylock.toml a/b/uv.lock", Facts{Installer: "pylock"}, "pylock (option installer, a/b/pylock.toml) in a/b"},
		{"a/b/environment.yaml environment.yml", Facts{Installer: "conda"}, "conda (option installer, a/b/environment.yaml, not locked) in a/b"},
		{"a/b/uv.lock", Facts{Installer: "project"}, "project (option installer, not locked) in a/b"},
		{"a/b/uv.lock", Facts{Installer: "pip"}, `option installer is "pip", and there is no requirements.txt`},
		{"a/b/uv.lock", Facts{Installer: "pylock"}, "there is no pylock.toml"},
		{"a/b/uv.lock", Facts{Installer: "conda"}, "there is no environment.yml or conda-lock.yml"},

		// two of a kind
		{"a/b/uv.lock a/b/poetry.lock", Facts{}, `a/b/uv.lock and a/b/poetry.lock are there: write installer = "uv" or installer = "poetry"`},
		{"pdm.lock pylock.toml", Facts{Tables: []string{"pdm"}}, `pdm.lock and pylock.toml are there: write installer = "pdm" or installer = "pylock"`},
		{"a/b/requirements.txt", Facts{Tables: []string{"pdm", "uv"}}, `[tool.pdm] and [tool.uv] are there: write installer = "pdm" or installer = "uv"`},
		{"a/b/requirements-a.txt a/b/requirements-b.txt", Facts{}, "a/b/requirements-a.txt and a/b/requirements-b.txt are there: name what to install from with the option requirements, or rename the right one"},
		{"a/b/requirements-a.txt a/b/requirements-b.txt", Facts{Installer: "pip"}, "a/b/requirements-a.txt and a/b/requirements-b.txt are there: name what to install from with the option requirements, or rename the right one"},
		{"a/b/environment.yml a/b/environment.yaml", Facts{}, "a/b/environment.yml and a/b/environment.yaml are there: keep one"},
	} {
		env, err := Choose(tree(test.files), "a/b", test.facts)
		got := env.String() + " in " + env.Root
		if env.Member != "" {
			got += ", member " + env.Member
		}
		if env.Hashes {
			got += ", hashes"
		}
		if err != nil {
			got = strings.Replace(err.Error(), ", but only one can be used", "", 1) + ": " + problem.Hint(err)
			if !strings.Contains(got, test.want) {
				t.Errorf("%q, %+v: %s; want %s", test.files, test.facts, got, test.want)
			}
		} else if got != test.want {
			t.Errorf("%q, %+v: %s; want %s", test.files, test.facts, got, test.want)
		}
	}
}

// TestChooseReads tests the contents of the files.
func TestChooseReads(t *testing.T) {
	for _, test := range []struct {
		files string
		want  Environment
	}{
		{"a/b/poetry.lock:#~generated~by~Poetry~1.8.5~and|[[package]]", Environment{Tool: Poetry, Old: true}},
		{"a/b/poetry.lock:[metadata]|lock-version~=~\"2.0\"|", Environment{Tool: Poetry, Old: true}},
		{"a/b/poetry.lock:#~generated~by~Poetry~2.1.3~and|lock-version~=~\"2.1\"|", Environment{Tool: Poetry}},
		{"a/b/poetry.lock a/b/pyproject.toml:[project]|dependencies=[]|", Environment{Tool: Poetry}},
		{"a/b/poetry.lock a/b/pyproject.toml:[tool.poetry.dependencies]|python=\"3\"|", Environment{Tool: Poetry, Declares: "3"}},
		{"a/b/poetry.lock a/b/pyproject.toml:[project]|#dependencies|[tool.poetry.group.dev.dependencies]|", Environment{Tool: Poetry, Bare: true}},
		{"a/b/poetry.lock a/b/pyproject.toml:[tool.poetry]|requires-poetry~=~\"<2.5\"|dependencies", Environment{Tool: Poetry, Requires: "<2.5"}},
		{"a/b/poetry.lock a/b/pyproject.toml:[tool.poetry]|requires-poetry='^1.8'|dependencies", Environment{Tool: Poetry, Requires: ">=1.8,<2", Old: true}},
		{"a/b/poetry.lock a/b/pyproject.toml:[tool.poetry]|requires-poetry='1.8.5'|dependencies", Environment{Tool: Poetry, Requires: "==1.8.5", Old: true}},
		{"a/b/poetry.lock a/b/pyproject.toml:[tool.poetry]|requires-poetry='>=1.8'|dependencies", Environment{Tool: Poetry, Requires: ">=1.8"}},
		{"a/b/poetry.lock a/b/pyproject.toml:[tool.poetry]|requires-poetry='2.1.3'|dependencies", Environment{Tool: Poetry, Requires: "==2.1.3"}},
		{"a/b/poetry.lock a/b/pyproject.toml:[tool.x]|requires-poetry='2'|[tool.poetry]|dependencies", Environment{Tool: Poetry}},
		{"a/b/Pipfile.lock a/b/Pipfile:[requires]|python_full_version~=~\"3.11.4\"|", Environment{Tool: Pipenv, Declares: "3.11.4"}},
		{"a/b/Pipfile.lock a/b/Pipfile:[packages]|", Environment{Tool: Pipenv}},
		{"a/b/pixi.lock a/b/pixi.toml", Environment{Tool: Pixi, Manifest: "a/b/pixi.toml"}},
		{"a/b/pixi.lock", Environment{Tool: Pixi, Manifest: "a/b/pyproject.toml"}},
		{"a/b/uv.lock a/b/pyproject.toml:[tool.uv]|required-version~=~\">=0.8,<1\"", Environment{Tool: UV, Requires: ">=0.8,<1"}},
		{"a/b/uv.lock a/b/pyproject.toml:[tool.uv]|required-version~=~\"$(id)\"", Environment{Tool: UV}},
		{"a/b/uv.lock a/b/uv.toml:required-version='0.9.1' a/b/pyproject.toml:required-version~=~\"1\"", Environment{Tool: UV, Requires: "0.9.1"}},
		{"a/b/uv.lock a/b/pyproject.toml:[tool.ruff]|required-version~=~'1'|[tool.uv]~#~x|required-version='2'", Environment{Tool: UV, Requires: "2"}},
		{"a/b/uv.lock a/b/pyproject.toml:[tool.ruff]|required-version~=~'1'|", Environment{Tool: UV}},
		{"a/b/uv.lock a/.python-version:3.12.1| .python-version:3.9", Environment{Tool: UV, PythonFile: "a/.python-version", PythonVersion: "3.12.1"}},
		{"a/b/uv.lock:version~=~1|requires-python~=~\">=3.11,~<4\"|[[package]]|name~=~\"x\"|requires-python~=~\"3\"", Environment{Tool: UV, Declares: ">=3.11, <4"}},
		{"a/pdm.lock a/pyproject.toml:[project]|requires-python~=~\">=3.10\"", Environment{Tool: PDM, Declares: ">=3.10"}},
		{"a/b/pixi.lock a/b/pixi.toml a/b/pyproject.toml:[project]|requires-python~=~\">=3.10\"", Environment{Tool: Pixi, Manifest: "a/b/pixi.toml"}},
	} {
		env, err := Choose(tree(test.files), "a/b", Facts{})
		test.want.Root, test.want.File, test.want.Why, test.want.Locked = env.Root, env.File, env.Why, true
		if diff := cmp.Diff(test.want, env); diff != "" || err != nil {
			t.Errorf("%q: %v (-want +got):\n%s", test.files, err, diff)
		}
	}
}

// TestOthers says which requirements files are left out.
func TestOthers(t *testing.T) {
	for files, want := range map[string]string{
		"a/b/requirements.txt":                                                    "",
		"a/b/requirements.txt a/b/requirements-dev.txt":                           "",
		"a/b/requirements.txt:-r~requirements-prod.txt a/b/requirements-prod.txt": "",
		"a/b/requirements.txt:six a/b/requirements-prod.txt":                      "a/b/requirements.txt is installed, and a/b/requirements-prod.txt beside it is not: if the jobs need that too, set requirements = [\"requirements.txt\", \"requirements-prod.txt\"]",
		"a/b/uv.lock a/b/requirements.txt a/b/requirements-prod.txt":              "",
	} {
		env, err := Choose(tree(files), "a/b", Facts{})
		if got := strings.Join(env.Remarks(), "\n"); got != want || err != nil {
			t.Errorf("%q: %q, %v", files, got, err)
		}
	}
}

// TestPythonFile takes the first version, as uv and pyenv do, and skips the names of
// environments of pyenv, which no other machine has.
func TestPythonFile(t *testing.T) {
	for content, want := range map[string]string{ // the version, and what is skipped
		"3.12":                              "3.12",
		"3.12.1\n3.11\n":                    "3.12.1",
		"\ufeff3.12\r\n3.11\r\n":            "3.12",
		"# as in production\n\n3.12 # LTS":  "3.12",
		"3.12 3.11":                         "3.12",
		"myproject-3.11\n3.11\n":            "3.11 myproject-3.11",
		"system":                            " system",
		"system\nmy-env 3.13-dev":           "3.13-dev system my-env",
		"3.12.1/envs/shop":                  "3.12.1",
		"cpython-3.12.3-linux-x86_64-gnu":   "3.12.3",
		"cpython@3.12":                      "3.12",
		"python3.12":                        "3.12",
		"3.13t":                             "3.13t",
		"3.14.0rc1":                         "3.14.0rc1",
		"3.14.0-rc.1":                       "3.14.0rc1",
		"3.15.0-alpha.2":                    "3.15.0a2",
		"3.14rc1-linux":                     "3.14rc1",
		"3.14t-dev":                         "3.14t-dev",
		"pypy3.10-7.3.17":                   "pypy3.10",
		"pypy-3.10":                         "pypy3.10",
		">= 3.11, <3.14":                    ">= 3.11, <3.14",
		"anaconda3-2024.10-1\nminiconda3\n": " anaconda3-2024.10-1 miniconda3",
		"3.12$(id)":                         " 3.12$(id)",
		"":                                  "",
	} {
		repo := tree("")
		repo[".python-version"] = &fstest.MapFile{Data: []byte(content)}
		env, err := Choose(repo, "a/b", Facts{})
		got := strings.TrimRight(env.PythonVersion+" "+strings.Join(env.Skipped, " "), " ")
		if err != nil || got != want || env.PythonFile != ".python-version" || (len(env.Remarks()) == 0) != (len(env.Skipped) == 0) {
			t.Errorf("%q: %q, %v, %s; want %q", content, got, err, env.Remarks(), want)
		}
	}
}

// TestPoetryRequired writes Poetry's constraints in pip's notation.
func TestPoetryRequired(t *testing.T) {
	for constraint, want := range map[string]string{
		">=2.0":              ">=2.0",
		">= 2.0, < 2.5":      ">=2.0,<2.5",
		">=2.0 <2.5":         ">=2.0,<2.5",
		">=2,!=2.1.*":        ">=2,!=2.1.*",
		"2.1.3":              "==2.1.3",
		"=2.1.3":             "==2.1.3",
		"2.*":                "==2.*",
		"^2.1":               ">=2.1,<3",
		"~2.1.3":             ">=2.1.3,==2.1.*",
		"~2":                 ">=2,==2.*",
		"~=2.1":              "~=2.1",
		"^1.8 || ^2.0":       "",
		"*":                  "",
		">=2'; id; '":        "",
		">=2$(id)":           "",
		"2.1 @ git+x://y":    "",
		">=2.0 --no-deps":    "",
		">=2.0 ${{ x }}":     "",
		">=2.0\\n--editable": "",
	} {
		if got := poetryRequired("[tool.poetry]\nrequires-poetry = \"" + constraint + "\"\n"); got != want {
			t.Errorf("%q: %q; want %q", constraint, got, want)
		}
	}
}

// A link out of the repository is an error even if the file behind it exists, as on
// a developer's machine.
func TestChooseLink(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "uv.lock")
	if err := os.WriteFile(outside, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for target, refused := range map[string]bool{outside: true, "../../../uv.lock": true, "../../../gone": true, "../all.lock": false} {
		dir := filepath.Join(filepath.Dir(outside), "repo")
		for _, name := range []string{"a/b/pyproject.toml", "a/all.lock"} {
			file := filepath.Join(dir, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, nil, 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(target, filepath.Join(dir, "a/b/uv.lock")); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		env, err := Choose(root.FS(), "a/b", Facts{})
		link := err != nil && strings.Contains(err.Error(), "a/b/uv.lock is a symbolic link") && problem.Hint(err) != ""
		if link != refused || !refused && env.Tool != UV {
			t.Errorf("%s: %s, %v", target, env, err)
		}
		if err := errors.Join(root.Close(), os.RemoveAll(dir)); err != nil {
			t.Fatal(err)
		}
	}
}

// A file that GitHub does not accept is not read: it may not fit into memory.
func TestChooseHuge(t *testing.T) {
	dir := t.TempDir()
	for file, facts := range map[string]Facts{
		"poetry.lock": {}, "requirements.txt": {}, "setup.cfg": {}, "uv.toml": {Tables: []string{"uv"}}, "Pipfile": {},
	} {
		path := filepath.Join(dir, file)
		if err := errors.Join(os.WriteFile(path, nil, 0o644), os.Truncate(path, 1<<40)); err != nil {
			t.Fatal(err)
		}
		if env, err := Choose(os.DirFS(dir), ".", facts); err == nil || !strings.Contains(err.Error(), file+" is larger than 100 MiB") {
			t.Errorf("%s: %s, %v", file, env, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// refusing fails to tell whether there is a file, as a network may.
type refusing struct{ fstest.MapFS }

func (r refusing) Stat(name string) (fs.FileInfo, error) {
	return nil, &fs.PathError{Op: "stat", Path: name, Err: errors.New("refused")}
}

// If it is unknown whether a file exists, no other tool is chosen: the workflow of
// that would be written.
func TestChooseFails(t *testing.T) {
	if env, err := Choose(refusing{tree("a/b/uv.lock")}, "a/b", Facts{}); err == nil {
		t.Errorf("chose %s", env)
	}
}
