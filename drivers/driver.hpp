#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "drivers/ring_buffer.hpp"
#include "drivers/wakeup.hpp"

namespace propriod::drivers {

/// Where a driver leaves its samples: the writing end of a ring buffer, and the bell of whoever reads it. Copied
/// freely; whoever made it keeps both alive until the driver has ended.
class SampleSink {
 public:
  SampleSink(RingBuffer& ring, Wakeup& reader) : ring_(&ring), reader_(&reader) {}

  /// False when the ring was full: the sample is lost, counted by the ring, and the reader will see a gap.
  bool push(const Sample& sample) noexcept {
    const bool accepted = ring_->push(sample);
    reader_->notify();
    return accepted;
  }
  void mark_gap() noexcept { ring_->mark_gap(); }
  [[nodiscard]] std::size_t room() const noexcept { return ring_->room(); }

 private:
  RingBuffer* ring_;
  Wakeup* reader_;
};

/// What a driver saw of its device. Written by the driver, read by any thread.
struct DriverCounters {
  std::atomic<std::uint64_t> samples{0};     ///< decoded and handed on
  std::atomic<std::uint64_t> lost{0};        ///< samples the device is known to have made and that never arrived
  std::atomic<std::uint64_t> gaps{0};        ///< places where samples are missing
  std::atomic<std::uint64_t> reconnects{0};  ///< times the device came back
  std::atomic<std::uint64_t> resynchronisations{0};  ///< times the place in a damaged byte stream was found again
  std::atomic<bool> connected{true};                 ///< false from the loss of a device until its next sample
  /// How much faster the device's clock runs than the host's, in parts per million; NaN while that is not known.
  std::atomic<double> drift_ppm{std::numeric_limits<double>::quiet_NaN()};
  std::atomic<double> battery_v{std::numeric_limits<double>::quiet_NaN()};  ///< NaN where there is none
};

enum class DriverEnd : std::uint8_t {
  kFinished,  ///< there is no more to come: a recording's end
  kStopped,   ///< `stop()` was called
};

/// One device: turns what it sends into samples, and knows nothing of models or MQTT. It owns connecting, configuring,
/// reading, decoding and reconnecting, reports what it lost, and never invents samples. Bound to the io_context it was
/// made with, whose thread runs everything here but `counters()` and
/// `problems()`.
class Driver {
 public:
  Driver() = default;
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  virtual ~Driver() = default;

  /// Feeds `sink` until the device has no more to give or `stop()` is called. Spawned once. A pulled cable is no reason
  /// to return. Nothing is thrown.
  virtual boost::asio::awaitable<DriverEnd> run(SampleSink sink) = 0;

  /// Ends `run()` soon; idempotent, returns at once.
  virtual void stop() noexcept = 0;

  /// Nominal rate of the samples.
  [[nodiscard]] virtual double rate_hz() const noexcept = 0;

  /// True when the source waits for room in the ring instead of losing samples: a recording played as fast as possible.
  [[nodiscard]] virtual bool can_wait() const noexcept { return false; }

  [[nodiscard]] const DriverCounters& counters() const noexcept { return counters_; }

  /// Any thread: what is wrong with the device right now, a sentence each, for people; empty when all is well.
  [[nodiscard]] virtual std::vector<std::string> problems() const { return {}; }

 protected:
  DriverCounters counters_;
};

}  // namespace propriod::drivers
