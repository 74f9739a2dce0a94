package pyproject

import (
	"fmt"
	"slices"

	"github.com/scheduled-actions/scheduled/internal/pattern"
	"github.com/scheduled-actions/scheduled/internal/problem"
)

// Container is a container that a job runs in, or that runs beside it.
type Container struct {
	Image   string // with a tag that is not latest, or a digest
	Env     []Pair // sorted by name
	Ports   []string
	Volumes []string
	Options string // of `docker create`; "" for none
}

// Service is a container that runs beside a job, by the name under which the job
// reaches it.
type Service struct {
	Name string
	Container
}

func (s Service) name() string { return s.Name }

// container reads the container of the job, which may be only an image.
func (r *reader) container(e *entry) *Container {
	if _, ok := e.value.(string); ok {
		return &Container{Image: r.image(e)}
	}
	if !e.isTable() {
		r.valid(e, "a string or a table", wrongType, exampleHint(e.name, `"python:3.13"`))
		return nil
	}
	c := r.box(e, "container", flawedVariable)
	return &c
}

// serviceForm matches the names of hosts that GitHub accepts.
var serviceForm = pattern.New(`^[A-Za-z_][A-Za-z0-9_-]{0,62}$`)

const serviceExample = `{ postgres = { image = "postgres:17" } }`

// services reads the containers beside the job, sorted by name.
func (r *reader) services(e *entry) []Service {
	var services []Service
	for _, s := range r.members(e, serviceExample) {
		switch {
		case !serviceForm.MatchString(s.name):
			r.report(s.at, "use up to 63 of A-Z a-z 0-9 _ -, and a letter or _ first", "%s is not a valid name for a service", problem.Quote(s.name))
		case !s.isTable():
			r.valid(s, "a table", wrongType, exampleHint(s.name, `{ image = "postgres:17" }`))
		default:
			services = append(services, Service{s.name, r.box(s, "service "+s.name, flawedInside)})
		}
	}
	slices.SortFunc(services, byName)
	return services
}

// box reads the table of a container.
func (r *reader) box(e *entry, what string, flawed func(name string) *flaw) Container {
	var c Container
	for _, key := range e.entries {
		switch key.name {
		case "image":
			c.Image = r.image(key)
		case "env":
			c.Env = r.variables(key, flawed)
		case "ports":
			c.Ports = r.list(key, `["5432:5432"]`, parsePort)
		case "volumes":
			c.Volumes = r.list(key, `["data:/var/lib/data"]`, parseVolume)
		case "options":
			c.Options = r.dockerOptions(key)
		default:
			r.unknown(key, "key", what, []string{"image", "env", "ports", "volumes", "options"})
		}
	}
	if e.child("image") == nil {
		r.report(e.at, `add image = "postgres:17"`, "%s has no image", what)
	}
	return c
}

var imageForm = pattern.New(`^(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?/)?[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*)*` +
	`(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(@sha256:[0-9a-f]{64})?$`)

// image reads the name of an image with its release. The tag latest does not say later
// what was used, so zizmor refuses it.
// https://docs.zizmor.sh/audits/#unpinned-images
func (r *reader) image(e *entry) string {
	s, ok := r.string(e, `"postgres:17"`)
	if !ok {
		return ""
	}
	m := imageForm.FindStringSubmatch(s)
	switch {
	case m == nil:
		r.report(e.at, `write it as in "postgres:17" or "ghcr.io/owner/image:1.2"`, "%s is %s, which is not a valid image name", e.name, problem.Quote(s))
	case m[2] == "" && (m[1] == "" || m[1] == "latest"):
		r.report(e.at, `write a tag, as in "postgres:17", or a digest`, "%s is %s, which has no fixed tag or digest", e.name, problem.Quote(s))
	}
	return s
}

// parsePort reads "5432", 5432, "5432:5432" or "5432:5432/tcp".
func parsePort(value any) (string, *flaw) {
	if n, ok := value.(int64); ok {
		value = fmt.Sprint(n)
	}
	s, flawed := parseText(value)
	if flawed == nil && !portForm.MatchString(s) {
		flawed = &flaw{message: "contains " + problem.Quote(s) + ", which is not a port"}
	}
	return s, flawed
}

var portForm = pattern.New(`^(?:(?:\d{1,3}\.){3}\d{1,3}:)?(?:\d{1,5}:)?\d{1,5}(?:/(?:tcp|udp))?$`)

// parseVolume reads "source:/folder", "/folder" or "source:/folder:ro".
func parseVolume(value any) (string, *flaw) {
	s, flawed := parseText(value)
	if flawed == nil && !volumeForm.MatchString(s) {
		flawed = &flaw{message: "contains " + problem.Quote(s) + ", which is not a volume"}
	}
	return s, flawed
}

var volumeForm = pattern.New(`^(?:[A-Za-z0-9/.][^:]*:)?/[^:]*(?::[a-z,]+)?$`)

// list reads a list of what parse reads.
func (r *reader) list(e *entry, example string, parse func(any) (string, *flaw)) []string {
	elements, ok := e.value.([]any)
	if !ok {
		r.valid(e, "a list", wrongType, exampleHint(e.name, example))
		return nil
	}
	var list []string
	for _, element := range elements {
		s, flawed := parse(element)
		if flawed == wrongType {
			flawed = &flaw{message: "must not contain " + typeName(element)}
		}
		if !r.valid(e, "", flawed, exampleHint(e.name, example)) {
			return nil
		}
		list = append(list, s)
	}
	return list
}

// dockerOptions reads options of `docker create`.
func (r *reader) dockerOptions(e *entry) string {
	s, ok := r.string(e, `"--health-cmd pg_isready"`)
	if !ok {
		return ""
	}
	if flawed := flawedArguments(arguments(s)); !r.valid(e, "", flawed, "") {
		return ""
	}
	return s
}
