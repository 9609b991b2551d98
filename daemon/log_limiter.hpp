#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace propriod::daemon {

/// Keeps what a broker or a device can provoke from flooding the log: a text is logged when it is new, and then, as
/// long as it stays the same, once a minute with the number of times it was kept quiet. One owner.
class LogLimiter {
 public:
  /// Nothing: keep quiet. A number: log it; so many equal ones were suppressed since the last that was logged.
  [[nodiscard]] std::optional<std::uint64_t> admit(std::string_view text, std::chrono::steady_clock::time_point now);

  /// The trouble is over: the next text is new, whatever it says.
  void reset() noexcept { text_.clear(); }

 private:
  std::string text_;  // the last one logged; empty: none
  std::chrono::steady_clock::time_point logged_;
  std::uint64_t suppressed_ = 0;
};

}  // namespace propriod::daemon
