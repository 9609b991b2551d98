#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/serial_port.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "drivers/boot_clock.hpp"

namespace propriod::drivers {

/// A serial line, raw and for this process alone: a USB adapter, `/dev/rfcomm*`, a pseudo-terminal. Symbolic links
/// (`/dev/serial/by-id/…`) are followed. One coroutine reads, one at a time writes; one thread.
class SerialPort {
 public:
  /// Opens with 8 data bits, no parity, one stop bit, no flow control, and drops what had already come in. Throws
  /// DeviceError that says which group to join, who else has it, that it is no serial port, or that nothing is there.
  SerialPort(const boost::asio::any_io_executor& executor, const std::filesystem::path& device, unsigned baud);

  /// At least one byte, in `into`; 0 when none came for `patience`, and after `cancel()`. Throws DeviceError when the
  /// device has gone.
  boost::asio::awaitable<std::size_t> read_some(std::span<std::byte> into, std::chrono::nanoseconds patience);

  /// All of `bytes`; gives up with DeviceError when the device has gone, or takes nothing for `patience`.
  boost::asio::awaitable<void> write(std::span<const std::byte> bytes, std::chrono::nanoseconds patience);

  /// Ends the read that is under way, and makes later ones return 0 at once: the owner is stopping.
  void cancel() noexcept;

  [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }

  /// Lets reads work again after `cancel()`, for the last words with the device.
  void resume() noexcept { cancelled_ = false; }

 private:
  // Shared with the timer's handler, which may be on its way when this is destroyed.
  struct Line {
    explicit Line(const boost::asio::any_io_executor& executor) : port(executor), timer(executor) {}
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;
    ~Line();
    boost::asio::serial_port port;
    boost::asio::basic_waitable_timer<BootClock> timer;
  };

  void arm(std::chrono::nanoseconds patience);

  std::filesystem::path device_;
  std::shared_ptr<Line> line_;
  bool cancelled_ = false;
};

}  // namespace propriod::drivers
