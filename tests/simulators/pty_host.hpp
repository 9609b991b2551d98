#pragma once

#include <array>
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
  /// Of the line itself. Every other name is the device's own.
  static constexpr std::array<FaultKind, 5> kFaults{{
      {"drop", FaultArgument::kCount, "3", "the next N bytes are lost"},
      {"insert", FaultArgument::kBytes, "00a1ff", "bytes come that the device did not send"},
      {"flip", FaultArgument::kCount, "2", "a bit is wrong in each of the next N bytes"},
      {"stall", FaultArgument::kSeconds, "1.5", "bytes wait"},
      {"hang-up", FaultArgument::kSeconds, "4", "the device goes and comes back"},
  }};

  /// `device` outlives this and belongs to its thread until then. Faults come at their times since the start. Throws
  /// UsageError when `link` cannot be made: it replaces nothing but what a simulator left that was killed.
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
  void plug_in_again();
  void apply(const Fault& fault, std::chrono::nanoseconds now);
  void send(Bytes bytes);

  SerialDevice& device_;
  const std::filesystem::path link_;
  const std::vector<Fault> script_;
  std::atomic<bool> plugged_{true};
  std::atomic<bool> is_plugged_{false};
  std::atomic<bool> ending_{false};
  int master_ = -1;
  std::filesystem::path terminal_;  // where the link leads to
  Bytes outgoing_;                  // what the line has not yet taken
  std::size_t to_drop_ = 0;         // bytes of faults to come
  std::size_t to_flip_ = 0;
  bool stalled_ = false;
  std::chrono::nanoseconds stalled_until_{0};
  std::chrono::nanoseconds unplugged_until_{0};
  std::thread thread_;
};

}  // namespace propriod::tests
