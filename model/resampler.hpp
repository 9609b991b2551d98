#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "drivers/sample.hpp"
#include "model/low_pass.hpp"

namespace propriod::model {

/// The rate at which samples really come. It starts from the nominal rate and follows when eight intervals in a row
/// agree on another: recordings exist whose watch falls from 20 into 100 Hz and back (WISDM 2019). Intervals longer
/// than `slowest` are never a rate: a sensor that died down to a sample a day has gaps, and nothing is made up in
/// between.
class SourceRate {
 public:
  SourceRate(double nominal_hz, std::chrono::nanoseconds slowest) noexcept;
  /// True when the period changed.
  bool observe(std::chrono::nanoseconds interval) noexcept;
  [[nodiscard]] std::chrono::nanoseconds period() const noexcept { return period_; }

 private:
  std::chrono::nanoseconds period_;
  std::chrono::nanoseconds slowest_;
  std::chrono::nanoseconds candidate_{};
  int agreeing_ = 0;
};

/// Puts the samples of one sensor on the exact grid of the model's rate, the same way in training and in service:
/// linear interpolation on a grid that starts at the first sample after a gap. When the sensor is at least 1.5 times as
/// fast as the model, a low-pass at 0.4 of the model's rate comes first. A gap is longer than 3 periods of the slower
/// of sensor and model. One owner; never allocates.
class Resampler {
 public:
  struct Options {
    double source_rate_hz;  ///< nominal; the real one is followed
    double target_rate_hz;
  };
  struct Counters {
    std::uint64_t gaps = 0;           ///< between samples, found here or announced by the ring buffer
    std::uint64_t not_ascending = 0;  ///< samples dropped because their time did not advance
  };

  explicit Resampler(const Options& options) noexcept;

  /// Takes the next sample and calls `emit(const Sample& on_grid, bool first_after_gap)` for every point of the grid
  /// that it reaches. `after_gap`: samples are known to be missing before this one.
  template <typename Emit>
  void push(const drivers::Sample& sample, bool after_gap, Emit&& emit) {
    switch (advance(sample, after_gap)) {
      case Advance::kDropped:
        return;
      case Advance::kRestarted:
        emit(std::as_const(current_), true);
        return;
      case Advance::kContinued:
        while (next_grid_time() <= current_.time) emit(take_grid_point(), false);
    }
  }

  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  enum class Advance : std::uint8_t { kDropped, kRestarted, kContinued };
  Advance advance(const drivers::Sample& sample, bool after_gap) noexcept;
  void design_low_pass() noexcept;
  [[nodiscard]] drivers::BootTime next_grid_time() const noexcept;
  drivers::Sample take_grid_point() noexcept;

  double target_rate_hz_;
  std::chrono::nanoseconds target_period_;
  SourceRate source_rate_;
  std::optional<LowPass> low_pass_;
  bool started_ = false;
  drivers::Sample previous_{};  // filtered
  drivers::Sample current_{};   // filtered
  drivers::BootTime grid_start_{};
  std::int64_t grid_points_ = 0;  // emitted since grid_start_
  Counters counters_;
};

}  // namespace propriod::model
