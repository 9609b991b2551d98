#pragma once

#include <chrono>
#include <csignal>
#include <optional>

namespace propriod::tests {

/// SIGINT, SIGTERM and SIGHUP: blocked in this thread, and in those it starts from now on, so that it can wait for
/// them and clean up. Once, in `main`, before anything starts a thread.
class EndSignals {
 public:
  EndSignals();

  void wait() const;
  /// The signal, and who sent it; nothing when none came in time.
  [[nodiscard]] std::optional<siginfo_t> wait_for(std::chrono::nanoseconds patience) const;
  /// What was blocked before: a child wants that again.
  [[nodiscard]] const sigset_t& before() const noexcept { return before_; }

 private:
  sigset_t signals_{};
  sigset_t before_{};
};

}  // namespace propriod::tests
