#include "tests/simulators/end_signals.hpp"

#include <pthread.h>

#include <ctime>

namespace propriod::tests {

EndSignals::EndSignals() {
  sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals_, signal);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

void EndSignals::wait() const {
  int signal = 0;
  sigwait(&signals_, &signal);
}

std::optional<siginfo_t> EndSignals::wait_for(std::chrono::nanoseconds patience) const {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(patience);
  const timespec timeout{.tv_sec = seconds.count(), .tv_nsec = (patience - seconds).count()};
  siginfo_t signal{};
  if (sigtimedwait(&signals_, &signal, &timeout) < 0) return std::nullopt;
  return signal;
}

}  // namespace propriod::tests
