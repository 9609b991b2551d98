#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "drivers/backoff.hpp"
#include "drivers/boot_clock.hpp"
#include "drivers/calibration.hpp"
#include "drivers/driver.hpp"
#include "drivers/signal_check.hpp"

namespace propriod::drivers {

/// The life that all hardware drivers share: connect, deliver, lose the device, wait longer each time, connect again.
/// The derived class knows one connection, its `session()`.
class DeviceDriver : public Driver {
 public:
  struct Options {
    std::string name{};                  ///< of the sensor, for the log
    std::filesystem::path device{};      ///< what a user plugs in: when it is missing, its coming back ends the waiting
    double rate_hz = 0;                  ///< nominal
    std::optional<double> range_mps2{};  ///< largest reading of an axis, where it is known
    Calibration calibration{};
    /// Between attempts. Starts anew after a session that delivered samples for `good_session`: the next loss is a new
    /// story then, not one more of the same.
    Backoff::Options backoff{.first = std::chrono::seconds{1}, .longest = std::chrono::seconds{30}, .seed = 1};
    std::chrono::milliseconds good_session{60'000};
  };

  DeviceDriver(boost::asio::io_context& io, Options options);

  /// Only `stop()` ends it.
  boost::asio::awaitable<DriverEnd> run(SampleSink sink) final;
  void stop() noexcept final;
  [[nodiscard]] double rate_hz() const noexcept final { return options_.rate_hz; }
  [[nodiscard]] std::vector<std::string> problems() const final;

 protected:
  /// One connection, from opening the device until it is lost. Returns only when `stopping()`; throws DeviceError for
  /// everything else. Whatever it opened is closed when it is over. Begins on the io_context's thread; it may go on to
  /// another, as long as it ends before it returns.
  virtual boost::asio::awaitable<void> session() = 0;

  /// Makes `session()` end soon, after it has left the device as the next start wants to find it. Called on the
  /// io_context's thread, once `stopping()` is true; never while no session is under way.
  virtual void interrupt() noexcept = 0;

  // For `session()`, on whatever thread it is; none of them allocates.

  [[nodiscard]] bool stopping() const noexcept { return stopping_.load(std::memory_order_acquire); }

  /// Calibrates a sample, checks it, and hands it on. Times ascend; a sample that is not finite is counted as lost.
  void deliver(BootTime time, const PreciseAcceleration& reading_mps2) noexcept;

  /// `samples` that the device made never arrived: the next one delivered comes after a gap.
  void report_lost(std::uint64_t samples) noexcept;

  /// Samples are missing before the next one, and nobody can tell how many.
  void report_gap() noexcept;

  /// The largest reading of an axis, of a device that tells it only once it is connected.
  void set_range(double mps2) noexcept { signal_check_.set_range(mps2); }

  void report_resynchronisation() noexcept { count(counters_.resynchronisations); }
  void report_drift(double ppm) noexcept { counters_.drift_ppm.store(ppm, std::memory_order_relaxed); }
  void report_battery(double volts) noexcept { counters_.battery_v.store(volts, std::memory_order_relaxed); }

  /// Something a user should know that is no reason to disconnect ("unit looks wrong"); empty: all is well again. May
  /// allocate.
  void set_advice(std::string advice);

  [[nodiscard]] const Options& options() const noexcept { return options_; }

 private:
  static void count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) noexcept {
    counter.fetch_add(by, std::memory_order_relaxed);
  }
  boost::asio::awaitable<void> wait_for(std::chrono::milliseconds longest);
  void lost(const std::string& why);
  void found();

  const Options options_;
  Backoff backoff_;
  boost::asio::basic_waitable_timer<BootClock> timer_;
  std::optional<SampleSink> sink_;
  SignalCheck signal_check_;
  std::atomic<bool> stopping_{false};
  bool in_session_ = false;
  bool gap_pending_ = false;
  bool ever_connected_ = false;
  std::optional<BootTime> connected_since_;  // the first sample of this connection
  mutable std::mutex words_;                 // guards the two below, which change on cold paths alone
  std::string failure_;
  std::string advice_;
};

}  // namespace propriod::drivers
