#!/usr/bin/env bash
# Puts the program on the PATH of later steps, for action.yml.
#
# The commit of a release holds .github/release.sha256, with one line for each platform:
#   <sha256>  v1.2.3/scheduled_linux_amd64.tar.gz
# So a pinned action is a pinned program. Where that file has no line for the
# runner, or the release cannot be reached, Go builds the program from the
# action's own source.
set -euo pipefail

# What an earlier step may have written to $GITHUB_ENV: options of the tools below.
unset TAR_OPTIONS GZIP CURL_HOME GREP_OPTIONS GREP_COLORS
# Of those of Go only what says where modules are. Others, and Go's own file of them, can
# name programs that it starts.
for variable in "${!GO@}"; do
  case $variable in
    GOPROXY | GONOPROXY | GOPRIVATE | GOSUMDB | GONOSUMDB | GOINSECURE | GOPATH | GOMODCACHE | GOCACHE | GOTOOLCHAIN) ;;
    *) unset "$variable" ;;
  esac
done

readonly sums="$GITHUB_ACTION_PATH/.github/release.sha256"

fail() {
  echo "::error title=Install scheduled::$1"
  echo "hint: $2" >&2
  exit 1
}

# platform prints the runner's as Go names it: linux_amd64.
platform() {
  local os arch
  case $RUNNER_OS in
    Linux) os=linux ;;
    macOS) os=darwin ;;
    Windows) os=windows ;;
  esac
  case $RUNNER_ARCH in
    X64) arch=amd64 ;;
    ARM64) arch=arm64 ;;
  esac
  echo "${os:-$RUNNER_OS}_${arch:-$RUNNER_ARCH}"
}

# sha256 reads from standard input: given a Windows path, sha256sum would
# escape its output. macOS before 15 has shasum only.
sha256() {
  { sha256sum 2>/dev/null || shasum -a 256; } <"$1" | cut -d ' ' -f 1
}

# download fetches a file of the release from the server that runs the
# workflow, then from github.com, where a GitHub Enterprise Server gets its
# public actions from.
download() {
  local server servers=$GITHUB_SERVER_URL
  if [ "$servers" != https://github.com ]; then
    servers="$servers https://github.com"
  fi
  for server in $servers; do
    if curl --disable --fail --silent --show-error --location --retry 2 --connect-timeout 10 --max-time 60 \
      --output "$2" "$server/$ACTION_REPOSITORY/releases/download/$1"; then
      return
    fi
  done
  return 1
}

# unpack puts the release's program of this platform into $bin, if there is one. The
# archive is kept for the next steps of the job, which check it again: the steps
# between could have changed it.
unpack() {
  local line want got archive kept
  line=$(grep "/scheduled_$(platform)\.tar\.gz\$" "$sums" 2>/dev/null) || return 1
  want=${line%% *} archive=${line##* }
  if [ -n "$VERSION" ] && [ "$VERSION" != "${archive%%/*}" ]; then
    return 1
  fi
  kept="$RUNNER_TEMP/scheduled-${archive//\//-}"
  if [ -f "$kept" ] && [ ! -L "$kept" ]; then
    cp "$kept" "$bin/scheduled.tar.gz"
  fi
  if [ ! -e "$bin/scheduled.tar.gz" ] || [ "$(sha256 "$bin/scheduled.tar.gz")" != "$want" ]; then
    [ ! -e "$kept.missing" ] || return 1 # an earlier step of the job has tried
    if ! download "$archive" "$bin/scheduled.tar.gz"; then
      echo "::warning title=Install scheduled::$archive cannot be downloaded; building from source"
      touch "$kept.missing"
      return 1
    fi
    got=$(sha256 "$bin/scheduled.tar.gz")
    if [ "$got" != "$want" ]; then
      fail "$archive has the checksum $got, not $want" \
        "do not use this release: its file does not match the checksum in this commit of the action"
    fi
    rm -rf "$kept"
    cp "$bin/scheduled.tar.gz" "$kept"
  fi
  # Not by its path: tar takes the colon of a Windows path for a remote host.
  (cd "$bin" && tar -xzf scheduled.tar.gz && rm scheduled.tar.gz)
}

# build compiles the program into $bin: the action's own source, or the version asked
# for, which Go's checksum database vouches for.
build() {
  local ldflags="-s -w"
  command -v go >/dev/null || fail "no prebuilt program for $(platform), and no Go to build it with" \
    "put a step with actions/setup-go before this one, or use a release of the action on Linux, macOS or Windows, x64 or arm64"
  cd "$GITHUB_ACTION_PATH"
  export CGO_ENABLED=0 GOENV=off GOFLAGS=-trimpath GOWORK=off
  if [ -n "$VERSION" ]; then
    GOBIN=$bin go install -ldflags "$ldflags" "$(go list -m)/cmd/scheduled@$VERSION"
    return
  fi
  if [[ $ACTION_REF =~ ^v[0-9]+\.[0-9]+\.[0-9]+$ ]]; then
    ldflags="$ldflags -X main.version=$ACTION_REF"
  fi
  go build -buildvcs=false -ldflags "$ldflags" -o "$bin/$program" ./cmd/scheduled
}

program=scheduled
if [ "$RUNNER_OS" = Windows ]; then
  program=scheduled.exe
fi
if [ -n "$VERSION" ] && ! [[ $VERSION =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]]; then
  fail "the input version is not a release" "write it as v1.2.3, or leave it out"
fi
# A new folder: one with a known name could contain somebody else's program.
bin=$(mktemp -d "$RUNNER_TEMP/scheduled-XXXXXXXX")
unpack || build
echo "$bin" >>"$GITHUB_PATH"
echo "program=$bin/$program" >>"$GITHUB_OUTPUT"
