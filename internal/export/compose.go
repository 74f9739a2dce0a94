package export

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// compose makes a Compose file that builds an image of the project and runs it.
// https://docs.docker.com/reference/compose-file/
func compose(p Project) ([]File, error) {
	var environ strings.Builder
	for _, v := range p.environ() {
		fmt.Fprintf(&environ, "      %s: %s\n", v[0], uninterpolated(quoted(v[1])))
	}
	variables := ""
	if wanted := p.wanted(); wanted != "" {
		variables = "    # It needs " + wanted + ".\n"
	}
	text := strings.NewReplacer(
		"{heading}", heading("compose", "#"),
		"{name}", p.name(),
		"{base}", p.baseImage(),
		"{args}", uninterpolated(quotedList(p.served())),
		"{environ}", environ.String(),
		"{variables}", variables,
		"{folder}", uninterpolated(quoted(p.inContainer())),
		"{state}", uninterpolated(quoted(p.inContainer()+"/.scheduled")),
		"{install}", p.install(),
		"{tokenfile}", tokenFile,
		"{port}", fmt.Sprint(port),
		"{user}", fmt.Sprint(imageUser),
		"{grace}", fmt.Sprint(grace),
	).Replace(composeFile)
	if path.Dir(p.Place.Path) != "." {
		p.note("compose.yaml belongs into the folder of the repository, %s", p.Place.Root)
	}
	return []File{{"compose.yaml", text}}, nil
}

// install returns the commands that install the project's packages into its .venv, before
// another command; "" if it needs none.
func (p Project) install() string {
	has := func(name string) bool {
		_, err := os.Stat(filepath.Join(p.Place.Dir, name))
		return err == nil
	}
	switch {
	case has("uv.lock"):
		return "uv sync --frozen --no-dev && "
	case has("requirements.txt"):
		return "uv venv && uv pip install --requirement requirements.txt && "
	case p.BuildSystem:
		return "uv venv && uv pip install . && "
	case p.Dependencies:
		return "uv venv && uv pip install --requirement pyproject.toml && "
	}
	return ""
}

// uninterpolated keeps Compose from putting variables into a text.
func uninterpolated(text string) string { return strings.ReplaceAll(text, "$", "$$") }

// composeFile publishes the port on this machine only. The volume of the history gets its
// owner from the image. HOME is /tmp in our image, which has a second stage so that no layer
// of it holds the secrets.
const composeFile = `{heading}#
# It belongs into the folder of the repository:
#
#   openssl rand -hex 32 >.scheduled-token && chmod 644 .scheduled-token
#   docker compose up --build --detach
#
# .scheduled-token has the token of the page and of /metrics: keep it out of git.
name: {name}

services:
  serve:
    image: {name}
    build:
      context: .
      dockerfile_inline: |
        FROM {base} AS project
        USER 0
        COPY . /project
        WORKDIR {folder}
        RUN rm -rf .venv .scheduled /project/.env /project/.scheduled-token && {install}mkdir .scheduled
        FROM {base}
        COPY --from=project /project /project
        WORKDIR {folder}
        USER 0
        RUN chown {user}:{user} .scheduled
        USER {user}:{user}
    command: {args}
    working_dir: {folder}
    environment:
{environ}{variables}    env_file:
      - {path: .env, required: false}
    ports:
      - "127.0.0.1:{port}:{port}"
    volumes:
      - {type: volume, source: history, target: {state}}
    tmpfs:
      - /tmp
    secrets:
      - source: token
        target: {tokenfile}
    init: true
    restart: unless-stopped
    stop_grace_period: {grace}s
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    pids_limit: 512
    healthcheck:
      test: ["CMD", "python3", "-I", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:{port}/healthz', timeout=5)"]
      interval: 30s
      timeout: 10s
      retries: 4

volumes:
  history:

secrets:
  token:
    file: .scheduled-token
`
