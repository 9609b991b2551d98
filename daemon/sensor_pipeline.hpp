#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "config/config.hpp"
#include "daemon/mount.hpp"
#include "drivers/ring_buffer.hpp"
#include "model/manifest.hpp"
#include "model/resampler.hpp"
#include "model/windower.hpp"

namespace propriod::daemon {

/// The way of one sensor's samples from its ring buffer to windows. The driver writes the ring; everything else belongs
/// to the recognition thread. Allocates nothing after construction.
class SensorPipeline {
 public:
  struct Options {
    double rate_hz;          ///< nominal, of the samples' own time stamps
    double arrival_rate_hz;  ///< as they come in: a replay may be faster; the ring holds up to four seconds of it
    config::Mount mount{};
  };

  SensorPipeline(const Options& options, const model::Manifest::Input& input);

  [[nodiscard]] drivers::RingBuffer& ring() noexcept { return ring_; }

  /// Any thread: the driver has ended, nothing more will be written.
  void close() noexcept { closed_.store(true, std::memory_order_release); }

  /// Any thread. Ask before draining: then an empty ring means that nothing is left.
  [[nodiscard]] bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }

  /// Takes one sample and calls `on_window(const Windower&)` for each window that it completes. False when the ring is
  /// empty.
  template <typename OnWindow>
  bool advance(OnWindow&& on_window) {
    drivers::Reading reading;
    if (!ring_.pop(reading)) return false;
    reading.sample.accel_mps2 = as_worn(reading.sample.accel_mps2, mount_);
    resampler_.push(reading.sample, reading.after_gap, [&](const drivers::Sample& point, bool first_after_gap) {
      if (windower_.push(point, first_after_gap)) on_window(std::as_const(windower_));
    });
    return true;
  }

  [[nodiscard]] const model::Resampler::Counters& resampler_counters() const noexcept { return resampler_.counters(); }
  [[nodiscard]] const model::Windower::Counters& windower_counters() const noexcept { return windower_.counters(); }

 private:
  drivers::RingBuffer ring_;
  model::Resampler resampler_;
  model::Windower windower_;
  config::Mount mount_;
  std::atomic<bool> closed_{false};
};

}  // namespace propriod::daemon
