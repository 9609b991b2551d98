#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <system_error>

#include "drivers/adxl345_chip.hpp"
#include "drivers/boot_clock.hpp"
#include "drivers/device_clock.hpp"
#include "drivers/sample_forecast.hpp"
#include "drivers/sample_listener.hpp"

namespace propriod::drivers {

/// Drains the FIFO of an ADXL345, gives each sample its number since measuring began, by that its time, and accounts
/// for those that were overwritten or damaged.
///
/// The chip has no clock and no counter: that nothing is missing is known only as long as the FIFO never filled and no
/// transfer failed. After either, the number of the next sample is in doubt, and entries wait until it is found by the
/// forecast of how many samples the chip has made by now, asked in the middle between two samples, where it may be off
/// by almost half a sample without a wrong answer. Where the outage was too long for that, nobody can tell how many
/// are missing, and counting starts anew after a gap.
///
/// Blocks for the time of bus transfers, never allocates. One thread.
class Adxl345Sampler {
 public:
  struct Poll {
    std::error_code error;  ///< of the bus; `bad_message`: the chip may have lost its settings
    bool silent = false;    ///< the chip should have made samples, and there are none
    BootTime next{};        ///< when to poll again
  };

  /// `now`: the boot clock, where tests have no other.
  Adxl345Sampler(
      double rate_hz, int range_g, SampleListener& listener,
      std::function<BootTime()> now = [] { return BootClock::now(); });

  /// The chip was set up: its count starts at 0.
  void begin() noexcept;

  /// The chip went on measuring while the bus was away.
  void resume() noexcept;

  [[nodiscard]] Poll poll(Adxl345Chip& chip) noexcept;

  /// See DeviceClock.
  [[nodiscard]] double drift_ppm() const noexcept { return clock_.drift_ppm(); }

 private:
  [[nodiscard]] std::error_code drain(Adxl345Chip& chip, unsigned level, BootTime asked) noexcept;
  void doubt() noexcept;
  void settle(BootTime before, BootTime after, unsigned level) noexcept;
  void restart_count() noexcept;
  void count(unsigned level, BootTime before, BootTime after) noexcept;
  void hold(std::span<const Adxl345Burst> entries) noexcept;
  void hand_on_waiting(BootTime arrival) noexcept;
  void hand_on(std::span<const Adxl345Burst> entries) noexcept;
  [[nodiscard]] BootTime next_poll(BootTime now) noexcept;

  const double rate_hz_;
  const int range_g_;
  SampleListener& listener_;
  const std::function<BootTime()> now_;
  DeviceClock clock_;
  SampleForecast forecast_;
  std::int64_t next_number_ = 0;  // of the oldest entry that was not taken yet
  bool in_doubt_ = false;
  int attempts_ = 0;                       // to end the doubt
  std::array<Adxl345Burst, 128> waiting_;  // entries in a row whose numbers are in doubt
  std::size_t waiting_count_ = 0;
  BootTime heard_{};   // when there was an entry last
  double dither_ = 0;  // 0 … 1
};

}  // namespace propriod::drivers
