#pragma once

#include <atomic>
#include <chrono>
#include <semaphore>

namespace propriod::drivers {

/// Wakes one waiting thread; any number of threads may notify it. Notifications between two waits fold into one, so
/// telling a busy reader costs a single atomic exchange and no system call.
class Wakeup {
 public:
  /// Any thread; never blocks.
  void notify() noexcept {
    if (!pending_.exchange(true, std::memory_order_acq_rel)) semaphore_.release();
  }

  /// The waiting thread: returns at once when there was a notification since the last wait.
  void wait() noexcept {
    semaphore_.acquire();
    pending_.exchange(false, std::memory_order_acq_rel);
  }

  /// The waiting thread: as `wait`, but gives up at `deadline`.
  void wait_until(std::chrono::steady_clock::time_point deadline) noexcept {
    if (semaphore_.try_acquire_until(deadline)) pending_.exchange(false, std::memory_order_acq_rel);
  }

 private:
  std::atomic<bool> pending_{false};
  std::binary_semaphore semaphore_{0};
};

}  // namespace propriod::drivers
