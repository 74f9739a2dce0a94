//go:build e2e

package e2e

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const (
	repository = "scheduled-actions/scheduled"
	release    = "v1.2.3"
)

// archiveName is the file of the release that is for this machine.
var archiveName = fmt.Sprintf("%s/scheduled_%s_%s.tar.gz", release, runtime.GOOS, runtime.GOARCH)

func TestInstall(t *testing.T) {
	good := archive(t, "scheduled", []byte("#!/bin/sh\necho prebuilt\n"))
	sum := fmt.Sprintf("%x  %s\n", sha256.Sum256(good), archiveName)
	other := strings.ReplaceAll(sum, runtime.GOARCH, "riscv64")
	for _, tt := range []struct {
		name     string
		sums     string // content of release.sha256
		release  []byte // what the server has; nil for nothing
		version  string // the input
		ref      string // of the action
		want     string // what the program says; "" for a failed installation
		log      string // what the installation says, among others
		requests int
	}{
		{"prebuilt", sum, good, "", "v1", "prebuilt", "", 1},
		{"prebuilt, named", sum, good, release, "v1", "prebuilt", "", 1},
		{"wrong checksum", sum, archive(t, "scheduled", []byte("#!/bin/sh\necho evil\n")), "", "v1", "", "::error title=Install scheduled::" + archiveName + " has the checksum", 1},
		{"release gone", sum, nil, "", release, "built " + release, "::warning title=Install scheduled::" + archiveName + " cannot be downloaded", 1},
		{"no release yet", "", nil, "", "main", "built (devel)", "", 0},
		{"other platforms only", other, good, "", "a/branch", "built (devel)", "", 0},
		{"another version", sum, good, "v1.0.0", "v1", "built v1.0.0", "", 0},
		{"unknown version", sum, good, "v9.9.9", "v1", "", "v9.9.9", 0},
		{"a path as version", sum, good, "../../x", "v1", "", "the input version is not a release", 0},
		{"an option as version", sum, good, "v1.2.3 -x", "v1", "", "the input version is not a release", 0},
		{"a query as version", sum, good, "latest", "v1", "", "the input version is not a release", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := serveRelease(t, tt.release)
			in := newInstallation(t, server, tt.sums)
			in.env = append(in.env, "VERSION="+tt.version, "ACTION_REF="+tt.ref,
				"GOPROXY="+moduleProxy(t), "GONOSUMDB=example.com")
			log, err := in.run()
			if (err == nil) != (tt.want != "") {
				t.Fatalf("install: %v\n%s", err, log)
			}
			if !strings.Contains(log, tt.log) {
				t.Errorf("the installation does not say %q:\n%s", tt.log, log)
			}
			if tt.want != "" {
				in.again(t, tt.want)
			} else if content, _ := os.ReadFile(in.output); len(content) > 0 {
				t.Errorf("a failed installation names a program: %s", content)
			}
			if got := server.requests; got != tt.requests {
				t.Errorf("%d downloads, want %d", got, tt.requests)
			}
		})
	}
}

// TestInstallPlanted has another program where an installation would look for its own:
// what an earlier step, or the job before on the same runner, has left.
func TestInstallPlanted(t *testing.T) {
	good := archive(t, "scheduled", []byte("#!/bin/sh\necho prebuilt\n"))
	sum := fmt.Sprintf("%x  %s\n", sha256.Sum256(good), archiveName)
	evil := []byte("#!/bin/sh\necho evil\n")
	kept := "scheduled-" + strings.ReplaceAll(archiveName, "/", "-")
	for name, plant := range map[string]func(temp string) error{
		"a program": func(temp string) error {
			dir := filepath.Join(temp, "scheduled-"+release)
			return errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, "scheduled"), evil, 0o755))
		},
		"an archive": func(temp string) error {
			return os.WriteFile(filepath.Join(temp, kept), archive(t, "scheduled", evil), 0o644)
		},
		"a folder": func(temp string) error { return os.Mkdir(filepath.Join(temp, kept), 0o755) },
		"a link":   func(temp string) error { return os.Symlink("/dev/zero", filepath.Join(temp, kept)) },
		"nothing, and options of tar": func(temp string) error {
			return os.WriteFile(filepath.Join(temp, "tar.sh"), []byte("#!/bin/sh\ncat >/dev/null\n"), 0o755)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newInstallation(t, serveRelease(t, good), sum)
			temp := filepath.Dir(in.output)
			if err := plant(temp); err != nil {
				t.Fatal(err)
			}
			in.env = append(in.env, "VERSION=", "ACTION_REF=v1", "TAR_OPTIONS=--to-command="+filepath.Join(temp, "tar.sh"), "CURL_HOME="+temp)
			if log, err := in.run(); err != nil {
				t.Fatalf("install: %v\n%s", err, log)
			}
			in.again(t, "prebuilt")
		})
	}
}

// TestInstallWithoutGo has a path without Go, and a release without a program.
func TestInstallWithoutGo(t *testing.T) {
	in := newInstallation(t, serveRelease(t, nil), "")
	bin := t.TempDir()
	for _, name := range strings.Fields("bash cut grep mktemp") {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	in.env = append(in.env, "PATH="+bin, "VERSION=", "ACTION_REF=")
	log, err := in.run()
	if err == nil || !strings.Contains(log, "no Go to build it with") || !strings.Contains(log, "hint: ") {
		t.Errorf("install: %v\n%s", err, log)
	}
}

// TestInstallFromSource builds the program itself.
func TestInstallFromSource(t *testing.T) {
	in := newInstallation(t, serveRelease(t, nil), "")
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	in.env = append(in.env, "GITHUB_ACTION_PATH="+root, "VERSION=", "ACTION_REF="+release)
	if log, err := in.run(); err != nil {
		t.Fatalf("install: %v\n%s", err, log)
	}
	in.again(t, "scheduled version "+release, "--version")
}

// TestInstallGoVariables builds the program where an earlier step has set variables of Go,
// some of which name programs to start.
func TestInstallGoVariables(t *testing.T) {
	for _, name := range []string{"GOCACHEPROG", "GOAUTH", "GOENV", "XDG_CONFIG_HOME", "GOFLAGS", "GOROOT", "GOOS", "GOEXPERIMENT"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newInstallation(t, serveRelease(t, nil), "")
			dir := t.TempDir()
			program := filepath.Join(dir, "program")
			write(t, program, []byte("#!/bin/sh\ntouch "+dir+"/started\nexit 1\n"))
			if err := errors.Join(os.Chmod(program, 0o755), os.Mkdir(filepath.Join(dir, "go"), 0o755)); err != nil {
				t.Fatal(err)
			}
			settings := filepath.Join(dir, "go", "env")
			write(t, settings, []byte("GOCACHEPROG="+program+"\nGOFLAGS=-toolexec="+program+"\n"))
			value := map[string]string{"GOENV": settings, "XDG_CONFIG_HOME": dir, "GOFLAGS": "-toolexec=" + program, "GOOS": "plan9"}[name]
			in.env = append(in.env, "VERSION=", "ACTION_REF=main", name+"="+cmp.Or(value, program))
			if log, err := in.run(); err != nil {
				t.Errorf("install: %v\n%s", err, log)
			} else {
				in.again(t, "built (devel)")
			}
			if _, err := os.Stat(filepath.Join(dir, "started")); err == nil {
				t.Error("a program of the environment was started")
			}
		})
	}
}

// releaseServer is the part of a GitHub server that has releases.
type releaseServer struct {
	*httptest.Server
	requests int
}

func serveRelease(t testing.TB, archive []byte) *releaseServer {
	s := &releaseServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests++
		if archive == nil || r.URL.Path != "/"+repository+"/releases/download/"+archiveName {
			http.NotFound(w, r)
			return
		}
		w.Write(archive)
	}))
	t.Cleanup(s.Close)
	return s
}

// archive packs the program as a release has it.
func archive(t testing.TB, name string, program []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	compressed := gzip.NewWriter(&b)
	files := tar.NewWriter(compressed)
	if err := files.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(program))}); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Write(program); err != nil {
		t.Fatal(err)
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := compressed.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// installation is one use of install.sh on a fresh runner.
type installation struct {
	env    []string
	output string // the file of GITHUB_OUTPUT
	path   string // the file of GITHUB_PATH
}

func newInstallation(t *testing.T, server *releaseServer, sums string) *installation {
	t.Helper()
	action, temp := t.TempDir(), t.TempDir()
	if err := os.CopyFS(action, os.DirFS("testdata/action")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(action, ".github/release.sha256"), []byte(sums))
	in := &installation{output: filepath.Join(temp, "output"), path: filepath.Join(temp, "path")}
	in.env = append(os.Environ(),
		"RUNNER_OS="+map[string]string{"linux": "Linux", "darwin": "macOS", "windows": "Windows"}[runtime.GOOS],
		"RUNNER_ARCH="+map[string]string{"amd64": "X64", "arm64": "ARM64"}[runtime.GOARCH],
		"RUNNER_TEMP="+temp,
		"GITHUB_ACTION_PATH="+action,
		"GITHUB_SERVER_URL="+server.URL,
		"GITHUB_OUTPUT="+in.output,
		"GITHUB_PATH="+in.path,
		"ACTION_REPOSITORY="+repository,
		"https_proxy=http://127.0.0.1:1", // so that github.com is out of reach
	)
	return in
}

// moduleProxy serves version v1.0.0 of the stand-in from a folder.
// https://go.dev/ref/mod#serving-from-proxy
func moduleProxy(t *testing.T) string {
	t.Helper()
	version := module.Version{Path: "example.com/scheduled", Version: "v1.0.0"}
	dir := t.TempDir()
	base := filepath.Join(dir, version.Path, "@v")
	if err := os.MkdirAll(base, 0o755); err != nil {
		t.Fatal(err)
	}
	var source bytes.Buffer
	if err := zip.CreateFromDir(&source, version, "testdata/action"); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("testdata/action/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"list":                    []byte(version.Version),
		version.Version + ".info": []byte(`{"Version":"` + version.Version + `"}`),
		version.Version + ".mod":  mod,
		version.Version + ".zip":  source.Bytes(),
	} {
		if err := os.WriteFile(filepath.Join(base, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return "file://" + filepath.ToSlash(dir)
}

func (in *installation) run() (log string, err error) {
	cmd := exec.Command("bash", "../../.github/install.sh")
	cmd.Env = in.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// again installs a second time, as the next step of a job does, and runs the programs
// that the installations have named.
func (in *installation) again(t *testing.T, want string, args ...string) {
	t.Helper()
	if log, err := in.run(); err != nil {
		t.Fatalf("install again: %v\n%s", err, log)
	}
	output, err := os.ReadFile(in.output)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	path, err := os.ReadFile(in.path)
	if err != nil {
		t.Fatal(err)
	}
	folders := strings.Split(strings.TrimSpace(string(path)), "\n")
	if len(lines) != 2 || len(folders) != 2 {
		t.Fatalf("outputs of two installations: %q, on the path: %q", lines, folders)
	}
	for i, line := range lines {
		program := strings.TrimPrefix(line, "program=")
		if folders[i] != filepath.Dir(program) {
			t.Errorf("path: %q; the program is %s", folders[i], program)
		}
		got, err := exec.Command(program, args...).Output()
		if err != nil || strings.TrimSpace(string(got)) != want {
			t.Errorf("program: %q, %v; want %q", got, err, want)
		}
	}
}
