#pragma once

#include <semaphore.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <ctime>

namespace propriod::drivers {

/// Wakes one waiting thread; any number of threads may notify it. Notifications between two waits fold into one, so
/// telling a busy reader costs a single atomic exchange and no system call.
///
/// On POSIX's semaphore, not `std::binary_semaphore`: GCC 12's timed wait sleeps up to 64 ms at a time before it
/// listens.
class Wakeup {
 public:
  Wakeup() noexcept { sem_init(&semaphore_, /*pshared=*/0, /*value=*/0); }
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;
  ~Wakeup() { sem_destroy(&semaphore_); }

  /// Any thread; never blocks.
  void notify() noexcept {
    if (!pending_.exchange(true, std::memory_order_acq_rel)) sem_post(&semaphore_);
  }

  /// The waiting thread: returns at once when there was a notification since the last wait.
  void wait() noexcept {
    while (sem_wait(&semaphore_) != 0) {  // interrupted by a signal
    }
    pending_.exchange(false, std::memory_order_acq_rel);
  }

  /// The waiting thread: as `wait`, but gives up at `deadline`.
  void wait_until(std::chrono::steady_clock::time_point deadline) noexcept {
    const auto since_boot = deadline.time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_boot);
    const timespec until{.tv_sec = seconds.count(), .tv_nsec = (since_boot - seconds).count()};
    while (sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &until) != 0) {  // the clock of steady_clock
      if (errno != EINTR) return;
    }
    pending_.exchange(false, std::memory_order_acq_rel);
  }

 private:
  std::atomic<bool> pending_{false};
  sem_t semaphore_;
};

}  // namespace propriod::drivers
