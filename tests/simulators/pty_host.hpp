#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <thread>
#include <vector>

#include "tests/simulators/fault_script.hpp"
#include "tests/simulators/serial_device.hpp"

namespace propriod::tests {

/// A pseudo-terminal with a simulated device at its far end, on a thread of its own. The near end is a symbolic link at
/// a path that stays the same while the device is pulled out and plugged in again.
class PtyHost {
 public:
  /// `device` outlives this and belongs to its thread until then. Faults come at their times since the start.
  PtyHost(SerialDevice& device, std::filesystem::path link, std::vector<Fault> script = {});
  PtyHost(const PtyHost&) = delete;
  PtyHost& operator=(const PtyHost&) = delete;
  ~PtyHost();

  /// Any thread: pull the cable, plug it in again.
  void unplug() noexcept { plugged_ = false; }
  void plug() noexcept { plugged_ = true; }
  /// Any thread: the device really is in that state now.
  [[nodiscard]] bool is_plugged() const noexcept { return is_plugged_; }

 private:
  void work();
  void open();
  void close();
  void apply(const Fault& fault, std::chrono::nanoseconds now);
  void send(Bytes bytes);

  SerialDevice& device_;
  const std::filesystem::path link_;
  const std::vector<Fault> script_;
  std::atomic<bool> plugged_{true};
  std::atomic<bool> is_plugged_{false};
  std::atomic<bool> ending_{false};
  int master_ = -1;
  Bytes outgoing_;           // what the line has not yet taken
  std::size_t to_drop_ = 0;  // bytes of faults to come
  std::size_t to_flip_ = 0;
  bool stalled_ = false;
  std::chrono::nanoseconds stalled_until_{0};
  std::chrono::nanoseconds unplugged_until_{0};
  std::thread thread_;
};

}  // namespace propriod::tests
