#!/bin/sh
# Builds the command line, installs the Node chain into a folder that git
# ignores, and compares the two. Arguments go to the program (-rounds, ...).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache="$root/.cache/bench-whole"
mkdir -p "$cache/bin"
(cd "$root" && go build -trimpath -o "$cache/bin/infinity" ./scripts/infinity)
(cd "$here" && go build -o "$cache/bin/whole" .)
node=""
if command -v node >/dev/null && command -v npm >/dev/null; then
  node="$cache"
  cp "$here/chain.mjs" "$cache"
  if [ ! -d "$cache/node_modules/json-rules-engine" ]; then
    (cd "$cache" && npm install --no-audit --no-fund --silent --prefix . @octokit/webhooks@14.2.0 @octokit/core@7.0.8 json-rules-engine@7.3.1)
  fi
else
  echo "no node and npm here: the Node chain is left out"
fi
exec "$cache/bin/whole" -bin "$cache/bin/infinity" -node "$node" "$@"
