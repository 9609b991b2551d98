#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace propriod::drivers {

/// How long to wait before the next attempt to reach something that is away: doubles from `first` up to `longest`, and
/// every wait is drawn between half of that and all of it, so that the many clients of one broker do not all come back
/// in the same moment. A value without a clock; one owner.
class Backoff {
 public:
  struct Options {
    std::chrono::milliseconds first{500};
    /// Bounds how late a broker's return is noticed. One TCP connect every few seconds costs neither side anything.
    std::chrono::milliseconds longest{5000};
    std::uint32_t seed = 1;
  };

  explicit Backoff(const Options& options);

  [[nodiscard]] std::chrono::milliseconds next();

  /// The thing was there: the next wait is `first` again.
  void reset() noexcept { ceiling_ = options_.first; }

 private:
  Options options_;
  std::chrono::milliseconds ceiling_;
  std::minstd_rand random_;
};

}  // namespace propriod::drivers
