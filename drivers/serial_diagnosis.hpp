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
/// the count. Looks at 3 s at a time, and twice at 10 s for the sample rate. One owner; allocates only when its opinion
/// changes.
class SerialDiagnosis {
 public:
  struct Options {
    unsigned baud;
    bool text;  ///< lines are expected, not frames
    double rate_hz;
  };

  explicit SerialDiagnosis(const Options& options);

  /// After each read. `understood_bytes` and `samples`, the lost ones with them, count from the beginning. Gives words
  /// for people when the opinion has changed, empty ones when all is well again.
  [[nodiscard]] std::optional<std::string> observe(std::span<const std::byte> bytes, std::uint64_t understood_bytes,
                                                   std::uint64_t samples, BootTime now);

  /// The line was cut and is whole again: what was seen before says nothing any more.
  void restart() noexcept;

  /// The opinion right now; empty when nothing is wrong.
  [[nodiscard]] std::string in_words() const;

 private:
  enum class Opinion : std::uint8_t { kFine, kNoise, kText, kOtherRate };

  [[nodiscard]] Opinion opinion(std::uint64_t understood_bytes, std::uint64_t samples, BootTime now);

  Options options_;
  Opinion opinion_ = Opinion::kFine;
  double measured_hz_ = 0;

  std::optional<BootTime> window_start_;
  std::uint64_t window_bytes_ = 0;
  std::uint64_t window_text_ = 0;  // of these, characters that texts are made of
  std::uint64_t understood_before_ = 0;
  std::array<char, 48> excerpt_{};  // of this window: printable
  std::size_t excerpt_length_ = 0;
  std::string shown_;  // the excerpt of the window that made the opinion

  std::optional<BootTime> rate_since_;
  std::uint64_t samples_before_ = 0;
  bool rate_was_off_ = false;
};

}  // namespace propriod::drivers
