#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/utc.hpp"
#include "drivers/driver.hpp"

namespace propriod::daemon {

/// What one sensor's topic `health` says.
struct Health {
  bool connected = false;
  std::optional<double> rate_hz{};  ///< of the samples that came lately; nothing at first
  std::uint64_t samples = 0;
  std::uint64_t lost = 0;     ///< by the device and on the way from it
  std::uint64_t refused = 0;  ///< by us: the ring was full
  std::uint64_t gaps = 0;
  std::uint64_t resynchronisations = 0;
  std::uint64_t reconnects = 0;
  std::optional<double> drift_ppm{};  ///< how much faster the device's clock runs than ours
  std::optional<double> battery_v{};
  std::vector<std::string> problems{};  ///< sentences for people
};

[[nodiscard]] std::string health_json(const Health& health, bool simulated, const UtcBorder& border);

/// Looks at every sensor once a second, and says whose health is worth telling: each half a minute, and sooner when a
/// device came, went, or has new problems. One thread.
class HealthMonitor {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Sensor {
    const drivers::Driver* driver;  // both outlive the monitor
    const drivers::RingBuffer* ring;
  };

  explicit HealthMonitor(const std::vector<Sensor>& sensors);

  /// When `check` has work again.
  [[nodiscard]] TimePoint next_check() const noexcept { return next_check_; }

  /// Calls `tell(std::size_t sensor, const Health&)` for every sensor whose turn it is; does nothing before
  /// `next_check()`.
  template <typename Tell>
  void check(TimePoint now, Tell&& tell) {
    if (now < next_check_) return;
    next_check_ = now + kPeriod;
    look_at_all(now, tell);
  }

  /// The same, whether or not it is time.
  template <typename Tell>
  void look_at_all(TimePoint now, Tell&& tell) {
    for (std::size_t sensor = 0; sensor < watched_.size(); ++sensor) {
      if (const auto health = look(watched_[sensor], now)) tell(sensor, *health);
    }
  }

 private:
  static constexpr std::chrono::seconds kPeriod{1};

  struct Watched {
    Sensor sensor;
    std::optional<TimePoint> told_at{};
    bool connected = false;
    std::vector<std::string> problems{};
    // Between two tellings the rate is measured.
    TimePoint measured_at{};
    std::uint64_t measured_samples = 0;
    std::optional<double> rate_hz{};
  };
  [[nodiscard]] static std::optional<Health> look(Watched& watched, TimePoint now);

  std::vector<Watched> watched_;
  TimePoint next_check_{};
};

}  // namespace propriod::daemon
