#pragma once

#include <atomic>
#include <cmath>
#include <functional>
#include <random>

#include "train/trainer.hpp"

namespace propriod::train {

/// Windows of two activities (a slow and a fast tone) at two placements (the tone on x or on z), with noise.
inline WindowSet tones(std::size_t count) {
  WindowSet set;
  std::mt19937 random(1);
  for (std::size_t n = 0; n < count; ++n) {
    const std::int64_t activity = static_cast<std::int64_t>(n % 2);
    const std::int64_t placement = static_cast<std::int64_t>(n / 2 % 2);
    for (int axis = 0; axis < 3; ++axis) {
      for (int k = 0; k < 100; ++k) {
        const double tone =
            axis == 2 * placement ? std::sin(k * (activity == 0 ? 0.1 : 0.9) + static_cast<double>(n)) : 0;
        set.accel.push_back(static_cast<float>(5 * tone + 1e-9 * static_cast<double>(random() % 1'000'000'000)));
      }
    }
    set.activity.push_back(activity);
    set.placement.push_back(placement);
    set.subject.push_back(static_cast<std::int32_t>(n % 5));
    set.origin.push_back({0, {}});
  }
  set.subjects = {"a", "b", "c", "d", "e"};
  return set;
}

inline TrainerOptions options(int epochs) {
  TrainerOptions result;
  result.training.epochs = epochs;
  result.training.batch = 16;
  result.activities = 2;
  result.placements = 2;
  return result;
}

inline const std::function<void(const TrainingProgress&)> kNoProgress = [](const TrainingProgress&) {};
inline const std::atomic<bool> kNeverStop{false};

}  // namespace propriod::train
