#!/usr/bin/env bash
# Does every folder include only what it may, and does every header compile alone?
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

# A source includes its own header first, so the build shows that this one compiles alone. Headers without a source:
headers=$(find daemon drivers model train config -name '*.hpp' | sort | while read -r header; do
  [ -e "${header%.hpp}.cpp" ] || echo "$header"
done)
for header in $headers; do
  if ! echo "#include \"$header\"" | g++ -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Werror -I. -x c++ -; then
    echo "$header does not compile alone" >&2
    failed=1
  fi
done
# And each source does include its own header first.
for source in $(find daemon drivers model train config -name '*.cpp' | sort); do
  header=${source%.cpp}.hpp
  [ -e "$header" ] || continue
  if [ "$(grep -m 1 '^#include' "$source")" != "#include \"$header\"" ]; then
    echo "$source does not include $header first" >&2
    failed=1
  fi
done
exit $failed
