#!/usr/bin/env bash
# Brings a release to the repositories that gh and Homebrew install from, where the same
# owner has them:
#
#   OWNER/gh-scheduled   a release with the programs, as gh looks for them
#   OWNER/homebrew-tap   the formula
#
# The folder has the archives of the release, checksums.txt and scheduled.rb:
#
#   GH_TOKEN=... GITHUB_REPOSITORY=OWNER/scheduled publish.sh v1.2.3 FOLDER
set -euo pipefail

readonly version=$1 folder=$2 owner=${GITHUB_REPOSITORY%%/*}

# have reports whether a repository is there.
have() {
  local answer
  if answer=$(gh api "repos/$1" --silent 2>&1); then
    return
  fi
  if [[ $answer != *"HTTP 404"* ]]; then
    echo "::error::$1: $answer"
    exit 1
  fi
  echo "::notice::$1 is not there, or PACKAGES_TOKEN may not read it: not published to"
  return 1
}

# extension makes a release with the files that `gh extension install` chooses from: the
# one whose name ends with the platform, as in linux-amd64 or windows-amd64.exe.
# https://docs.github.com/github-cli/github-cli/creating-github-cli-extensions
extension() {
  local repository=$1 archive platform program programs
  if gh api "repos/$repository/releases/tags/$version" --silent 2>/dev/null; then
    return
  fi
  programs=$(mktemp -d)
  for archive in scheduled_*.tar.gz; do
    platform=${archive#scheduled_}
    platform=${platform%.tar.gz}
    program=$(tar -tzf "$archive" | grep -x -e scheduled -e scheduled.exe)
    tar -xzf "$archive" "$program"
    mv "$program" "$programs/gh-scheduled-${platform/_/-}${program#scheduled}"
  done
  gh release create "$version" "$programs"/* --repo "$repository" --title "$version" \
    --notes "The programs of $GITHUB_REPOSITORY $version."
}

# formula replaces the formula in a tap, in a commit that GitHub signs.
formula() {
  local file=repos/$1/contents/Formula/scheduled.rb blob
  blob=$(gh api "$file" --jq .sha 2>/dev/null) || blob=
  gh api "$file" --method PUT --silent --raw-field message="scheduled $version" \
    --raw-field content="$(base64 <scheduled.rb | tr -d '\n')" ${blob:+--raw-field sha="$blob"}
}

if [ -z "$GH_TOKEN" ]; then
  echo "::notice::there is no secret PACKAGES_TOKEN: published neither for gh nor for Homebrew"
  exit
fi
cd "$folder"
sha256sum --check --strict --quiet checksums.txt
if have "$owner/gh-scheduled"; then
  extension "$owner/gh-scheduled"
fi
if have "$owner/homebrew-tap"; then
  formula "$owner/homebrew-tap"
fi
