#!/bin/sh
# Builds the receivers, installs the Node ones into a folder that git ignores,
# and compares them. Arguments go to the program (-rounds, -requests, ...).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache="$root/.cache/bench-receive"
mkdir -p "$cache/bin"
(cd "$root" && go build -o "$cache/bin/githubwebhook" ./functions/githubwebhook/cmd)
(cd "$here" && go build -o "$cache/bin/" . ./durable ./floor ./gogithub)
cp "$here"/*.mjs "$cache"
if [ ! -d "$cache/node_modules/probot" ]; then
  (cd "$cache" && npm install --no-audit --no-fund --silent --prefix . @octokit/webhooks@14.2.0 probot@14.3.2)
fi
exec "$cache/bin/receive" -bin "$cache/bin" -node "$cache" "$@"
