#!/usr/bin/env bash
# Makes the file that is named start a Chromium or Chrome: that of $CHROMIUM, else one on
# PATH, else Debian's. Debian keeps no earlier versions, so none can be pinned.
set -euo pipefail

find_browser() {
  command -v "${CHROMIUM:-/none}" chromium google-chrome google-chrome-stable | head -n 1
}

browser=$(find_browser || true)
if [ -z "$browser" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium >/dev/null
  browser=$(find_browser || true)
fi
if [ -z "$browser" ]; then
  echo "chromium: install Chromium or Chrome, or set CHROMIUM to its path" >&2
  exit 1
fi
mkdir -p "$(dirname "$1")"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$browser" >"$1"
chmod +x "$1"
