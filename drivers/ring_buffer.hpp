#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "drivers/sample.hpp"
#include "drivers/spsc_queue.hpp"

namespace propriod::drivers {

/// A sample as it leaves the ring buffer.
struct Reading {
  Sample sample;
  bool after_gap = false;  ///< samples were lost between this one and the one before
};

/// The samples of one sensor on their way from its driver to the pipeline: fixed capacity, one writer (the driver), one
/// reader, lock-free, no allocation after construction. When it is full the newest sample is refused and counted, and
/// the reader sees a gap there.
class RingBuffer {
 public:
  explicit RingBuffer(std::size_t capacity) : queue_(capacity) {}

  /// Writer. False when the sample was refused.
  bool push(const Sample& sample) noexcept;

  /// Writer: the device lost samples, so the next one comes after a gap.
  void mark_gap() noexcept { gap_pending_ = true; }

  /// Reader. False when there is nothing to read.
  [[nodiscard]] bool pop(Reading& reading) noexcept { return queue_.try_pop(reading); }

  /// Any thread: how many samples there is room for right now.
  [[nodiscard]] std::size_t room() const noexcept { return queue_.capacity() - queue_.size(); }

  /// Any thread: samples refused so far.
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

 private:
  SpscQueue<Reading> queue_;
  bool gap_pending_ = false;  // the writer's
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace propriod::drivers
