#!/usr/bin/env bash
# Builds the image of the Dockerfile and runs a job of the quickstart project
# in it, as the image's own user and as the project's owner; and serve, with a root that
# cannot be written.
#
# A Docker engine builds it from its own base images. On Debian, for root,
# podman does, from a base made of Debian's packages and this machine's Go; in
# CI they are installed first. Elsewhere there is nothing to test it with.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly image=localhost/scheduled-test base=localhost/scheduled-test-base
work=$(mktemp -d)
run=(false) # how to run a container

cleanup() {
  "${run[@]:0:1}" rmi --force "$image" "$base" >/dev/null 2>&1 || true
  rm -rf "$work" 2>/dev/null || true # what the image's own user wrote is not ours
}
trap cleanup EXIT

root_on_debian() { [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ]; }

installed() { command -v podman && command -v runc && command -v mmdebstrap; } >/dev/null

with_docker() {
  docker build --quiet --tag "$image" --build-arg VERSION=v0.0.1 .
  run=(docker run)
}

with_podman() {
  local certificates=/etc/ssl/certs/ca-certificates.crt
  # podman prefers crun, which refuses machines with both versions of cgroups.
  local podman=(podman --runtime runc)
  local debian=.tools/debian.tar
  if [ ! -e "$debian" ]; then
    mkdir -p .tools
    mmdebstrap --quiet --variant=essential --include=ca-certificates,python3-pip \
      --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
      "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" "$work/debian.tar"
    mv "$work/debian.tar" "$debian"
  fi
  "${podman[@]}" import --quiet --change 'ENV PATH=/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin' "$debian" "$base"
  "${podman[@]}" build --quiet --layers=false --network=host \
    --volume "$(go env GOROOT):/usr/local/go:ro" --volume "$(go env GOMODCACHE):/root/go/pkg/mod" \
    --volume "$certificates:$certificates:ro" \
    --build-arg GO_IMAGE="$base" --build-arg PYTHON_IMAGE="$base" --build-arg VERSION=v0.0.1 --tag "$image" .
  # Limits that need no capability to set.
  run=("${podman[@]}" run --ulimit nofile=1024:1024 --ulimit nproc=1024:1024)
}

if docker info >/dev/null 2>&1; then
  with_docker
elif root_on_debian && { installed || [ "${CI:-}" = true ]; }; then
  if ! installed; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends podman runc mmdebstrap >/dev/null
  fi
  with_podman
else
  echo "image: not tested, for want of a Docker engine, or of podman, runc and mmdebstrap on Debian as root"
  exit
fi

# expect runs a container and fails unless it says what is wanted.
expect() {
  local want=$1 got
  shift
  got=$("${run[@]}" --rm --network none --volume "$work/project:/project" "$@" 2>&1) || true
  if [[ $got != *"$want"* ]]; then
    printf 'image: %s\ndoes not say %q:\n%s\n' "$*" "$want" "$got"
    exit 1
  fi
}

# serves runs serve as it is deployed, until it has done a job that no run before has
# confirmed, and fails unless SIGTERM then ends it with 0.
serves() {
  local name=scheduled-test-$$ log=$work/serve.log pid status=0
  "${run[@]}" --rm --name "$name" --network none --read-only --tmpfs /tmp --cap-drop ALL \
    --security-opt no-new-privileges --volume "$work/project:/project" "$image" serve --local >"$log" 2>&1 &
  pid=$!
  for _ in {1..100}; do
    grep -q 'close-books: succeeded' "$log" && break
    sleep 0.1
  done
  "${run[0]}" stop --time 20 "$name" >/dev/null || true
  wait "$pid" || status=$?
  if [ "$status" != 0 ] || ! grep -q 'close-books: succeeded' "$log" || [ ! -e "$work/project/.scheduled/logs" ]; then
    printf 'image: serve ends with %s:\n' "$status"
    cat "$log"
    exit 1
  fi
}

fresh() {
  rm -rf "$work/project"
  cp -R testdata/quickstart "$work/project"
}

owner="$(id -u):$(id -g)"
fresh
expect '1 files deleted' --user "$owner" "$image" run clean-files
expect 'is confirmed by' --user "$owner" "$image" run clean-files
fresh
chmod -R a+rwX "$work" # so that the image's own user can write
expect '1 files deleted' "$image" run clean-files
expect 'is confirmed by' "$image" run clean-files
serves
expect 'uv 0' --entrypoint uv "$image" --version
expect 'v0.0.1' "$image" --version
echo "image: ok"
