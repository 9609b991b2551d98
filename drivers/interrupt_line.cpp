#include "drivers/interrupt_line.hpp"

#include <fmt/format.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <cerrno>
#include <system_error>

#include "drivers/errors.hpp"

#ifdef PROPRIOD_HAS_GPIOD
#include <fcntl.h>
#include <gpiod.h>

#include <array>

#endif

namespace propriod::drivers {

namespace asio = boost::asio;
using boost::system::error_code;

#ifdef PROPRIOD_HAS_GPIOD

namespace {

[[noreturn]] void refuse(const std::string& line, int error) {
  const char* remedy = "`gpioinfo` lists the lines and who uses them";
  if (error == EACCES || error == EPERM) {
    remedy = "join the group that may use it: sudo usermod -aG gpio $USER, and log in anew";
  }
  throw DeviceError(
      fmt::format("interrupt {}: cannot be used: {}; {}", line, std::generic_category().message(error), remedy));
}

}  // namespace

InterruptLine::InterruptLine(const asio::any_io_executor& executor, const std::string& line)
    : edges_(std::make_shared<Edges>(executor)) {
  const auto colon = line.find(':');
  const std::string offset = colon == std::string::npos ? "" : line.substr(colon + 1);
  if (offset.empty() || offset.size() > 4 || offset.find_first_not_of("0123456789") != std::string::npos) {
    throw DeviceError(fmt::format("interrupt {}: expected CHIP:LINE, like gpiochip0:17", line));
  }
  chip_.reset(gpiod_chip_open_lookup(line.substr(0, colon).c_str()));
  if (!chip_) refuse(line, errno);
  line_ = gpiod_chip_get_line(chip_.get(), static_cast<unsigned>(std::stoul(offset)));
  if (line_ == nullptr || gpiod_line_request_rising_edge_events(line_, "propriod") != 0) refuse(line, errno);
  // The line closes its descriptor; this one is Asio's.
  const int descriptor = fcntl(gpiod_line_event_get_fd(line_), F_DUPFD_CLOEXEC, 0);
  if (descriptor < 0) refuse(line, errno);
  edges_->descriptor.assign(descriptor);
}

asio::awaitable<void> InterruptLine::wait(BootTime until) {
  edges_->timer.expires_at(until);
  edges_->timer.async_wait([weak = std::weak_ptr{edges_}](const error_code& cancelled) {
    const auto edges = weak.lock();
    if (cancelled || !edges || edges->timer.expiry() > BootClock::now()) return;  // of an earlier wait
    error_code ignored;
    edges->descriptor.cancel(ignored);  // NOLINT(bugprone-unused-return-value)
  });
  error_code error;
  co_await edges_->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                         asio::redirect_error(asio::use_awaitable, error));
  edges_->timer.cancel();
  if (error) co_return;
  std::array<gpiod_line_event, 16> seen;  // as many as the kernel keeps
  static_cast<void>(gpiod_line_event_read_multiple(line_, seen.data(), seen.size()));
}

void InterruptLine::Close::operator()(gpiod_chip* chip) const noexcept { gpiod_chip_close(chip); }

#else

InterruptLine::InterruptLine(const asio::any_io_executor& executor, const std::string& line)
    : edges_(std::make_shared<Edges>(executor)) {
  throw DeviceError(fmt::format(
      "interrupt {}: this program was built without libgpiod; leave `interrupt` out: polling loses nothing", line));
}

asio::awaitable<void> InterruptLine::wait(BootTime) { co_return; }

void InterruptLine::Close::operator()(gpiod_chip*) const noexcept {}

#endif

void InterruptLine::cancel() noexcept {
  error_code ignored;
  edges_->descriptor.cancel(ignored);  // NOLINT(bugprone-unused-return-value)
}

}  // namespace propriod::drivers
