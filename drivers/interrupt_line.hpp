#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>

#include "drivers/boot_clock.hpp"

struct gpiod_chip;
struct gpiod_line;

namespace propriod::drivers {

/// The line of a GPIO chip that a sensor's interrupt pin is wired to, watched for rising edges. One thread.
class InterruptLine {
 public:
  /// `line`: "gpiochip0:17". Throws DeviceError when there is no such line, someone else has it, or this program was
  /// built without libgpiod.
  InterruptLine(const boost::asio::any_io_executor& executor, const std::string& line);

  /// Until the line rises, `until` has come, or `cancel()`.
  boost::asio::awaitable<void> wait(BootTime until);

  void cancel() noexcept;

 private:
  struct Close {
    void operator()(gpiod_chip* chip) const noexcept;
  };
  std::unique_ptr<gpiod_chip, Close> chip_;
  gpiod_line* line_ = nullptr;  // the chip's

  // Shared with the timer's handler, which may be on its way when this is destroyed.
  struct Edges {
    explicit Edges(const boost::asio::any_io_executor& executor) : descriptor(executor), timer(executor) {}
    boost::asio::posix::stream_descriptor descriptor;
    boost::asio::basic_waitable_timer<BootClock> timer;
  };
  std::shared_ptr<Edges> edges_;
};

}  // namespace propriod::drivers
