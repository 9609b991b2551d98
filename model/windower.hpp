#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "drivers/sample.hpp"

namespace propriod::model {

/// Cuts the samples of one sensor, on the model's grid, into overlapping windows; none spans a gap. Training and
/// service share it, so what is trained is what is served. One owner; allocates only in its constructor.
class Windower {
 public:
  struct Options {
    int length = 100;  ///< samples
    int step = 60;     ///< samples between the starts of two windows, 1 … length
  };
  struct Counters {
    std::uint64_t windows = 0;
    std::uint64_t partial_windows = 0;  ///< begun, and ended by a gap
  };

  explicit Windower(const Options& options);

  /// Takes the next sample on the grid; `first_after_gap` drops what was begun. True when it completes a window, which
  /// `start()`, `end()` and `copy_to()` then speak of until the next push.
  [[nodiscard]] bool push(const drivers::Sample& sample, bool first_after_gap) noexcept;

  [[nodiscard]] drivers::BootTime start() const noexcept { return times_[next_]; }  ///< of the first sample
  [[nodiscard]] drivers::BootTime end() const noexcept { return end_; }             ///< of the last sample

  /// Writes the window as the network wants it: (3, length), axis by axis, m/s². `window` holds 3 · length values.
  void copy_to(std::span<float> window) const noexcept;

  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  std::size_t length_;
  std::size_t step_;
  std::array<std::vector<float>, 3> axes_;  // rings of length_ samples
  std::vector<drivers::BootTime> times_;
  std::size_t next_ = 0;     // where the next sample goes; once full, also the oldest
  std::size_t missing_ = 0;  // samples until the window under way is complete
  drivers::BootTime end_{};
  Counters counters_;
};

}  // namespace propriod::model
