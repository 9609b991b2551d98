#include "daemon/log_limiter.hpp"

namespace propriod::daemon {

std::optional<std::uint64_t> LogLimiter::admit(std::string_view text, std::chrono::steady_clock::time_point now) {
  using namespace std::chrono_literals;
  const bool repeated = text == text_;
  if (repeated && now - logged_ < 1min) {
    ++suppressed_;
    return std::nullopt;
  }
  const std::uint64_t equal_ones = repeated ? suppressed_ : 0;
  text_ = text;
  logged_ = now;
  suppressed_ = 0;
  return equal_ones;
}

}  // namespace propriod::daemon
