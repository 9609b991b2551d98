#!/usr/bin/env bash
# Does every folder include only what it may, and does every header compile alone?
# Usage: check_includes.sh [BUILD_FOLDER]   with a build folder's compile_commands.json the headers are compiled, too.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0

# folder: folders it must never include
check() {
  local folder=$1 forbidden=$2
  if grep -nE "^#include \"($forbidden)/" "$folder"/*.hpp "$folder"/*.cpp; then
    echo "$folder/ must not include $forbidden: see the table in CONTRIBUTING.md" >&2
    failed=1
  fi
}
check drivers 'model|train|daemon|config'
check model 'train|daemon|config'
check train 'daemon|config'
check config 'drivers|model|train|daemon'
if grep -nE '^#include "\.\.?/' -r --include='*.hpp' --include='*.cpp' daemon drivers model train config tests; then
  echo 'includes are written from the root: "drivers/sample.hpp"' >&2
  failed=1
fi

# LibTorch stays where it belongs: it takes 20 s to include.
if grep -lE '^#include <(torch|ATen|c10)/' drivers/* config/* daemon/* 2>/dev/null; then
  echo "only model/ and train/ know LibTorch" >&2
  failed=1
fi

if [ $# -ge 1 ]; then
  torch=$(grep -oE -- '-isystem [^ ]*torch[^ ]*' "$1/compile_commands.json" | sort -u | tr '\n' ' ' || true)
  compile() {
    # shellcheck disable=SC2086  # a list of options
    g++ -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Werror -I. $torch -x c++ "$1" || echo "$1" >&3
  }
  export -f compile
  export torch
  broken=$({ find daemon drivers model train config -name '*.hpp' | sort |
    xargs -P "$(nproc)" -I{} bash -c 'compile {}' >&2; } 3>&1)
  if [ -n "$broken" ]; then
    echo "these headers do not compile alone: $broken" >&2
    failed=1
  fi
fi
exit $failed
