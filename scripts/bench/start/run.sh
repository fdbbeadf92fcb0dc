#!/bin/sh
# Builds the command line, installs Node-RED into a folder that git
# ignores, and measures both. Arguments go to the program (-rounds, ...).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache="$root/.cache/bench-start"
mkdir -p "$cache/bin"
(cd "$root" && go build -trimpath -o "$cache/bin/infinity" ./scripts/infinity)
(cd "$here" && go build -o "$cache/bin/start" .)
node=""
if command -v node >/dev/null && command -v npm >/dev/null; then
  node="$cache"
  if [ ! -d "$cache/node_modules/node-red" ]; then
    (cd "$cache" && npm install --no-audit --no-fund --silent --prefix . node-red@4.1.15)
  fi
else
  echo "no node and npm here: Node-RED is left out"
fi
exec "$cache/bin/start" -bin "$cache/bin/infinity" -policies "$root/.infinity" -node "$node" "$@"
