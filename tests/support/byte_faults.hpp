#pragma once

#include <cstddef>
#include <cstdlib>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace propriod::tests {

/// How many random fault scripts a test tries: 500, or what `PROPRIOD_FAULT_SCRIPTS` says.
inline int fault_scripts() {
  const char* text = std::getenv("PROPRIOD_FAULT_SCRIPTS");
  return text == nullptr ? 500 : std::stoi(text);
}

/// A byte stream as a bad line delivers it.
struct DamagedBytes {
  std::vector<std::byte> bytes;
  std::vector<std::size_t>
      damaged_at;  ///< places in the original that a byte was dropped from, inserted before or flipped at
};

/// Drops, inserts and flips bytes at random, each byte damaged with probability `per_byte`.
inline DamagedBytes damage(std::span<const std::byte> original, double per_byte, std::mt19937_64& random) {
  DamagedBytes result;
  std::bernoulli_distribution hit{per_byte};
  std::uniform_int_distribution<int> how{0, 2};
  std::uniform_int_distribution<int> byte{0, 255};
  std::uniform_int_distribution<int> bit{0, 7};
  for (std::size_t i = 0; i < original.size(); ++i) {
    if (!hit(random)) {
      result.bytes.push_back(original[i]);
      continue;
    }
    result.damaged_at.push_back(i);
    switch (how(random)) {
      case 0:  // dropped
        break;
      case 1:
        result.bytes.push_back(static_cast<std::byte>(byte(random)));
        result.bytes.push_back(original[i]);
        break;
      default:
        result.bytes.push_back(original[i] ^ static_cast<std::byte>(1 << bit(random)));
    }
  }
  return result;
}

}  // namespace propriod::tests
