#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <ratio>

#include "drivers/boot_clock.hpp"
#include "drivers/driver.hpp"
#include "drivers/sample.hpp"

namespace propriod::drivers {

/// A driver without a device: the derived class makes the samples, this one hands each over when it is due. `lost` and
/// `gaps` stay 0; what a full ring refuses is counted there. No allocation once `run()` is under way.
///
/// A sample's time is the start plus its offset, whatever the speed: at another speed than 1 the times run away from
/// the host's clock. Due samples are handed over together, as by a sensor with a FIFO: up to one `Tick` late, and at
/// the same instants for all drivers, so that a thousand of them wake the thread 200 times a second and not 50,000
/// times. A stalled thread makes a larger batch and moves no time.
class PacedDriver : public Driver {
 public:
  using Tick = std::chrono::duration<std::int64_t, std::ratio<5, 1000>>;

  struct Pace {
    /// 0, or 0.01 … 1000 times real time. Above 0 nobody is waited for: a full ring refuses and counts. At 0 samples
    /// come as fast as the ring has room, and none is lost.
    double speed = 1;
    std::optional<BootTime> start{};  ///< time of the first sample; nothing: when `run()` starts
  };

  PacedDriver(boost::asio::io_context& io, const Pace& pace) : pace_(pace), timer_(io) {}

  /// Finishes with the last sample, or when the times have come 100 years ahead of the start.
  boost::asio::awaitable<DriverEnd> run(SampleSink sink) final;
  void stop() noexcept final;
  [[nodiscard]] bool can_wait() const noexcept final { return pace_.speed == 0; }

 protected:
  struct PacedSample {
    std::chrono::nanoseconds offset;  ///< since the first sample; ascends, by at most 100 years at a time
    Acceleration accel_mps2;
    bool after_gap;
  };

 private:
  /// The next sample; nothing when there is none to come.
  [[nodiscard]] virtual std::optional<PacedSample> produce() noexcept = 0;

  [[nodiscard]] std::optional<PacedSample> produce_in_range() noexcept;
  [[nodiscard]] BootTime due(BootTime start, std::chrono::nanoseconds offset) const noexcept;

  const Pace pace_;
  boost::asio::basic_waitable_timer<BootClock> timer_;
  bool stopping_ = false;
};

}  // namespace propriod::drivers
