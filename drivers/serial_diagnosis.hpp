#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "drivers/boot_clock.hpp"

namespace propriod::drivers {

/// Tells from what comes over a serial line what is wrong with its settings: another baud rate makes bytes that are no
/// text and no frames, another format or unit makes lines or frames that nobody can read, another sample rate shows in
/// the count, another unit of time in how fast the device's time advances beside ours. Looks at 3 s at a time, and for
/// the sample rate at three of these that have to agree. One owner; allocates only when its opinion changes.
class SerialDiagnosis {
 public:
  struct Options {
    unsigned baud;
    bool text;  ///< lines are expected, not frames
    double rate_hz;
    double us_per_time_unit = 1;  ///< of the time in lines
  };

  /// What the decoder has made of the line so far.
  struct Progress {
    std::uint64_t understood_bytes;
    std::uint64_t samples;                  ///< the lost ones with them
    std::optional<std::int64_t> time_us{};  ///< of the last sample, where lines carry one
  };

  explicit SerialDiagnosis(const Options& options);

  /// After each read. Gives words for people when the opinion has changed, empty ones when all is well again.
  [[nodiscard]] std::optional<std::string> observe(std::span<const std::byte> bytes, const Progress& progress,
                                                   BootTime now);

  /// The line was cut and is whole again: what was seen before says nothing any more, but for a doubt of the times.
  void restart() noexcept;

  /// The opinion right now; empty when nothing is wrong.
  [[nodiscard]] std::string in_words() const;

  /// Whether the times of lines are in no or another unit than configured.
  [[nodiscard]] bool doubts_times() const noexcept { return doubts_times_; }

 private:
  enum class Opinion : std::uint8_t { kFine, kNoise, kText, kOtherTime, kOtherRate };

  /// A read that brought samples. Between two of these no sample is half there, however many come in a frame.
  struct Mark {
    BootTime at;
    std::uint64_t samples;
    std::optional<std::int64_t> time_us;
  };
  struct Pace {
    double hz;
    double device_us_per_us;  ///< NaN where there is no time
  };

  [[nodiscard]] static Pace pace(const Mark& from, const Mark& to) noexcept;
  void judge_bytes(const Progress& progress);
  void judge_pace(const Progress& progress, BootTime now);
  void judge_rate(const Pace& whole) noexcept;
  [[nodiscard]] bool is_steady(const Pace& whole) const noexcept;
  [[nodiscard]] std::string_view true_time_unit(const Pace& seen) const noexcept;

  Options options_;
  Opinion opinion_ = Opinion::kFine;
  bool doubts_times_ = false;
  Pace seen_{};  // what made the opinion

  std::optional<BootTime> window_start_;
  std::uint64_t window_bytes_ = 0;
  std::uint64_t window_text_ = 0;  // of these, characters that texts are made of
  std::uint64_t understood_before_ = 0;
  std::array<char, 48> excerpt_{};  // of this window: printable
  std::size_t excerpt_length_ = 0;
  std::string shown_;  // the excerpt of the window that made the opinion

  std::array<Mark, 4> marks_{};  // at least 3 s apart, oldest first
  std::size_t mark_count_ = 0;
  std::uint64_t samples_before_ = 0;  // at the read before
};

}  // namespace propriod::drivers
