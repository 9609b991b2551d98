#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "train/window_set.hpp"

namespace propriod::train {

/// Which windows an epoch trains on, and in what order. Every epoch draws from a generator of its own, seeded by
/// (seed, phase, epoch): a resumed training needs no generator's state.
class Sampler {
 public:
  /// `rows`: the training windows. `balanced`: every pair of activity and placement that occurs is drawn equally often
  /// (with replacement; as many draws as there are rows) instead of every window once.
  Sampler(const WindowSet& windows, std::span<const std::size_t> rows, bool balanced, std::uint64_t seed);

  /// Rows in their order for one epoch of a phase, both from 1; as many as were given.
  [[nodiscard]] std::vector<std::int64_t> epoch(int phase, int epoch) const;

 private:
  std::vector<std::size_t> rows_;
  std::vector<std::vector<std::size_t>> groups_;  // empty unless balanced
  std::uint64_t seed_;
};

/// A seed for what an epoch draws beside its order (dropout, augmentation): the same for the same arguments, unlike for
/// any other.
[[nodiscard]] std::uint64_t epoch_seed(std::uint64_t seed, int phase, int epoch);

}  // namespace propriod::train
