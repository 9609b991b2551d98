#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "drivers/recording.hpp"
#include "model/manifest.hpp"

namespace propriod::train {

/// The windows of a data set with their labels: what training and evaluation work on.
struct WindowSet {
  struct Origin {
    std::size_t recording;           ///< index into the recordings the windows were cut from
    std::chrono::nanoseconds start;  ///< of the window's first sample, since the start of that recording
    friend bool operator==(const Origin&, const Origin&) = default;
  };

  std::vector<float> accel;             ///< (N, 3, window) in m/s², not scaled
  std::vector<std::int64_t> activity;   ///< (N) class, or −1 without a label
  std::vector<std::int64_t> placement;  ///< (N)
  std::vector<std::int32_t> subject;    ///< (N) index into `subjects`
  std::vector<std::string> subjects;    ///< sorted
  std::vector<Origin> origin;           ///< (N)
  std::uint64_t gaps = 0;
  std::uint64_t partial_windows = 0;          ///< begun, and ended by a gap
  std::uint64_t empty_recordings = 0;         ///< too short for a single window
  std::uint64_t windows_of_other_labels = 0;  ///< labelled with something that is not among the classes

  [[nodiscard]] std::size_t size() const noexcept { return origin.size(); }
};

/// Whose the recordings are: sorted, each once.
[[nodiscard]] std::vector<std::string> subjects_of(std::span<const drivers::Recording> recordings);

/// Cuts `recordings` with the same resampler and windower that service uses. A window carries, per task, the label that
/// most of its grid points have (the later one on a tie); where most have none, it has none. `activities`,
/// `placements`: the classes in their order.
[[nodiscard]] WindowSet cut_windows(std::span<const drivers::Recording> recordings,
                                    std::span<const std::string> activities, std::span<const std::string> placements,
                                    const model::Manifest::Input& input);

}  // namespace propriod::train
