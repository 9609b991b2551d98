#include "train/random.hpp"

#include <limits>

namespace propriod::train {

std::uint64_t draw_below(std::uint64_t bound, std::mt19937_64& engine) {
  // 2^64 mod bound: drawing again below it leaves a multiple of `bound` values, so that none is favoured.
  const std::uint64_t surplus = (std::numeric_limits<std::uint64_t>::max() % bound + 1) % bound;
  std::uint64_t value = engine();
  while (value < surplus) value = engine();
  return value % bound;
}

void shuffle(std::span<std::size_t> items, std::mt19937_64& engine) {
  for (std::size_t left = items.size(); left > 1; --left) std::swap(items[left - 1], items[draw_below(left, engine)]);
}

}  // namespace propriod::train
