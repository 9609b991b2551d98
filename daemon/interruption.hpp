#pragma once

#include <atomic>

namespace propriod::daemon {

/// SIGINT and SIGTERM set `interrupted()` from now on; a second one ends the program at once.
void stop_on_interrupt();

[[nodiscard]] const std::atomic<bool>& interrupted() noexcept;

}  // namespace propriod::daemon
