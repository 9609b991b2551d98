#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <utility>

namespace propriod::train {

/// Uniform in 0 … bound − 1, bound ≥ 1. The standard's own distributions may differ between libraries, and so would
/// every split and every training.
[[nodiscard]] std::uint64_t draw_below(std::uint64_t bound, std::mt19937_64& engine);

/// Fisher–Yates (Durstenfeld 1964): the same engine state gives the same order everywhere.
void shuffle(std::span<std::size_t> items, std::mt19937_64& engine);

}  // namespace propriod::train
