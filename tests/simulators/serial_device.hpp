#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace propriod::tests {

using Bytes = std::vector<std::byte>;

/// A simulated device at the far end of a serial line, without a clock or a line of its own: it is told what came in
/// and what time it is, and says what goes out. One thread.
class SerialDevice {
 public:
  SerialDevice() = default;
  SerialDevice(const SerialDevice&) = delete;
  SerialDevice& operator=(const SerialDevice&) = delete;
  virtual ~SerialDevice() = default;

  /// Bytes from the host.
  virtual void receive(std::span<const std::byte> bytes) = 0;

  /// What the device sends until `now` (since it was switched on; ascends).
  virtual Bytes transmit(std::chrono::nanoseconds now) = 0;

  /// The line was cut, and is whole again.
  virtual void disconnected() {}
  virtual void connected() {}

  /// A fault of this kind of device, from a script ("withhold-ack"); false when it knows none of that name.
  virtual bool fault(std::string_view name, std::string_view argument) {
    static_cast<void>(name), static_cast<void>(argument);
    return false;
  }

  /// Any thread: samples measured and meant for the host so far, whether or not the line carried them.
  [[nodiscard]] virtual std::uint64_t samples_sent() const = 0;
};

}  // namespace propriod::tests
