package export

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

// deployed are projects whose deployments are held against what reads them: in the root of a
// repository or not, with a hostile name, on GitHub or not, with variables.
func deployed(t *testing.T) map[string]Project {
	const secrets = `
[tool.scheduled-actions.jobs.clean-files]
secrets = ["API_KEY"]
heartbeat = "MONITOR"
`
	root := filepath.Join(t.TempDir(), `a "b" $HOME %n {name} 'c'`)
	if err := os.MkdirAll(filepath.Join(root, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	enterprise := project(t, quick+secrets).synced(t)
	enterprise.APIURL = "https://github.example.com/api/v3/"
	return map[string]Project{
		"local":      project(t, quick+secrets),
		"github":     project(t, quick).synced(t),
		"enterprise": enterprise,
		"hostile":    projectIn(t, filepath.Join(root, "sub folder"), strings.Replace(quick, `name = "app"`, "", 1)),
		"same name":  project(t, strings.Replace(quick, "app", "Scheduled", 1)),
	}
}

// schema compiles a definition of a JSON schema in testdata.
func schema(t *testing.T, file, definition string) *jsonschema.Schema {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("file:///schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("file:///schema.json" + definition)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// documents reads the documents of a YAML file.
func documents(t *testing.T, text string) (all []map[string]any) {
	t.Helper()
	for decoder := yaml.NewDecoder(strings.NewReader(text)); ; {
		var document map[string]any
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		all = append(all, document)
	}
}

// at returns what stands at a path of keys and indexes; nil for nothing.
func at(value any, path ...any) any {
	for _, step := range path {
		switch in := value.(type) {
		case map[string]any:
			value = in[step.(string)]
		case []any:
			value = in[step.(int)]
		default:
			return nil
		}
	}
	return value
}

// TestKubernetes holds the files against Kubernetes' own schema, which knows no other keys.
func TestKubernetes(t *testing.T) {
	schemas := map[any]*jsonschema.Schema{}
	for _, kind := range []string{"Deployment", "PersistentVolumeClaim"} {
		schemas[kind] = schema(t, "kubernetes-1.37.json", "#/definitions/"+kind)
	}
	for name, p := range deployed(t) {
		files := exported(t, "kubernetes", p)
		kinds := documents(t, files[p.name()+".yaml"])
		if len(files) != 1 || len(kinds) != 2 {
			t.Fatalf("%s: %d files, %d documents", name, len(files), len(kinds))
		}
		for _, document := range kinds {
			if err := schemas[document["kind"]].Validate(document); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		pod := at(kinds[1], "spec", "template", "spec")
		c := at(pod, "containers", 0)
		if got, _ := at(pod, "terminationGracePeriodSeconds").(int); got < 2*drain {
			t.Errorf("%s: the pod is killed after %d s, and serve drains for %d", name, got, drain)
		}
		if at(kinds[1], "spec", "selector", "matchLabels", "app.kubernetes.io/name") != at(kinds[1], "spec", "template", "metadata", "labels", "app.kubernetes.io/name") {
			t.Errorf("%s: the selector is not for the pod", name)
		}
		var mounts []any
		for _, mount := range at(c, "volumeMounts").([]any) {
			mounts = append(mounts, at(mount, "mountPath"))
		}
		if !slices.Contains(mounts, any(p.inContainer()+"/.scheduled")) || !slices.Contains(mounts, any("/tmp")) {
			t.Errorf("%s: mounts %q", name, mounts)
		}
		checkArgs(t, name, p, at(c, "args").([]any))
	}
	// What the schema refuses, so that it is known to look.
	broken := strings.Replace(exported(t, "kubernetes", project(t, quick))["scheduled-app.yaml"], "readOnlyRootFilesystem", "readOnlyRoot", 1)
	if err := schemas["Deployment"].Validate(documents(t, broken)[1]); err == nil {
		t.Error("the schema takes any key")
	}
}

// checkArgs holds the arguments of the program in a container against the project.
func checkArgs(t *testing.T, name string, p Project, args []any) {
	t.Helper()
	local := slices.Contains(args, any("--local"))
	if want := len(p.onGitHub()) == 0; local != want {
		t.Errorf("%s: --local is %v, want %v", name, local, want)
	}
	for _, want := range []string{"serve", p.inContainer() + "/pyproject.toml", "0.0.0.0:8484", "--token-file"} {
		if !slices.Contains(args, any(want)) {
			t.Errorf("%s: the arguments %q lack %q", name, args, want)
		}
	}
}

// TestCompose holds the file against the schema of the Compose Specification. $$ is a $ in
// what Compose makes of it.
func TestCompose(t *testing.T) {
	spec := schema(t, "compose-spec.json", "")
	for name, p := range deployed(t) {
		text := exported(t, "compose", p)["compose.yaml"]
		if strings.Contains(strings.ReplaceAll(text, "$$", ""), "$") {
			t.Errorf("%s: Compose would put variables into\n%s", name, text)
		}
		document := documents(t, strings.ReplaceAll(text, "$$", "$"))[0]
		if err := spec.Validate(document); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
		serve := at(document, "services", "serve")
		if at(serve, "volumes", 0, "target") != p.inContainer()+"/.scheduled" || at(serve, "read_only") != true {
			t.Errorf("%s: %v", name, serve)
		}
		dockerfile := at(serve, "build", "dockerfile_inline").(string)
		if first, last, _ := strings.Cut(dockerfile, "COPY --from=project"); !strings.Contains(first, "rm -rf .venv .scheduled /project/.env /project/.scheduled-token ") || strings.Contains(last, "COPY") {
			t.Errorf("%s: secrets can be in a layer of the image:\n%s", name, dockerfile)
		}
		checkArgs(t, name, p, at(serve, "command").([]any))
		if name == "enterprise" && at(serve, "environment", "GITHUB_API_URL") != p.APIURL {
			t.Errorf("%s: environment %v", name, at(serve, "environment"))
		}
	}
}

// TestContainerNotes checks what is noted where a container would lack something.
func TestContainerNotes(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := projectIn(t, filepath.Join(root, "app"), quick).synced(t)
	p.Repository = ""
	result, err := Make("compose", p)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"add GITHUB_REPOSITORY=owner/name ", "compose.yaml belongs into the folder of the repository, " + p.Place.Root} {
		if !strings.Contains(strings.Join(result.Notes, "\n"), want) {
			t.Errorf("no note %q in %q", want, result.Notes)
		}
	}
}

// TestInstall checks how the packages of a project come into its image.
func TestInstall(t *testing.T) {
	for _, test := range []struct{ file, project, want string }{
		{"uv.lock", "", "uv sync --frozen --no-dev && "},
		{"requirements.txt", "", "uv venv && uv pip install --requirement requirements.txt && "},
		{"", "[build-system]\nrequires = []\n", "uv venv && uv pip install . && "},
		{"", "[project]\nname = \"app\"\ndependencies = [\"six\"]\n", "uv venv && uv pip install --requirement pyproject.toml && "},
		{"", "", ""},
	} {
		p := project(t, test.project+strings.Replace(quick, "[project]\nname = \"app\"\n", "", 1))
		if test.file != "" {
			if err := os.WriteFile(filepath.Join(p.Place.Dir, test.file), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := p.install(); got != test.want {
			t.Errorf("%s%s: %q, want %q", test.file, test.project, got, test.want)
		}
	}
}
