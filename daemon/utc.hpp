#pragma once

#include <chrono>
#include <string>

#include "drivers/boot_clock.hpp"

namespace propriod::daemon {

/// Where UTC meets the boot clock, at the moment it was made. Used only at the border: in messages and recordings.
class UtcBorder {
 public:
  [[nodiscard]] static UtcBorder now() noexcept;

  /// RFC 3339 with microseconds: "2026-11-23T15:04:05.123456Z".
  [[nodiscard]] std::string text(drivers::BootTime time) const;

  /// Whether the kernel says that the host's clock follows a time source. A Raspberry Pi has no clock of its own.
  [[nodiscard]] bool clock_synced() const noexcept { return clock_synced_; }

 private:
  std::chrono::nanoseconds offset_{};  // UTC = boot time + offset
  bool clock_synced_ = false;
};

}  // namespace propriod::daemon
