#include "drivers/serial_port.hpp"

#include <fmt/format.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>
#include <cerrno>
#include <string>
#include <system_error>

#include "drivers/device_access.hpp"
#include "drivers/errors.hpp"

namespace propriod::drivers {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// Whether a descriptor of this process other than `but` is open on the device, by whatever name.
bool is_ours(const std::filesystem::path& device, int but) {
  struct stat wanted {};
  if (stat(device.c_str(), &wanted) != 0) return false;
  std::error_code gone;  // a descriptor that was closed meanwhile
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", gone)) {
    struct stat open {};
    if (entry.path().filename() == std::to_string(but) || stat(entry.path().c_str(), &open) != 0) continue;
    if (S_ISCHR(open.st_mode) && open.st_rdev == wanted.st_rdev) return true;
  }
  return false;
}

/// `own`: the descriptor that was opened all the same, or -1.
std::string why_not(const std::filesystem::path& device, int error, int own) {
  if (error == ENOTTY || error == EISDIR) {
    return fmt::format("{}: is no serial port: `propriod sensors` lists those that are there", device.string());
  }
  if (error == EBUSY && is_ours(device, own)) {
    return fmt::format(
        "{}: is in use by this very program: another sensor of the configuration has the same `device`, perhaps by "
        "another name",
        device.string());
  }
  return cannot_open(device, error);
}

}  // namespace

SerialPort::SerialPort(const asio::any_io_executor& executor, const std::filesystem::path& device, unsigned baud)
    : device_(device), line_(std::make_shared<Line>(executor)) {
  auto& port = line_->port;
  error_code error;
  port.open(device.string(), error);  // NOLINT(bugprone-unused-return-value): the error is in `error`
  if (error) throw DeviceError(why_not(device, error.value(), -1));
  // Two readers of one line each get half of the bytes. The lock keeps our own kind out, TIOCEXCL the others; a
  // pseudo-terminal knows no TIOCEXCL.
  if (flock(port.native_handle(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw DeviceError(why_not(device, EBUSY, port.native_handle()));
  }
  ioctl(port.native_handle(), TIOCEXCL);

  using Base = asio::serial_port_base;
  const auto set = [&](const auto& option, const std::string& what) {
    port.set_option(option, error);  // NOLINT(bugprone-unused-return-value)
    if (error) throw DeviceError(fmt::format("{}: cannot be set to {}: {}", device.string(), what, error.message()));
  };
  set(Base::baud_rate(baud), fmt::format("{} baud", baud));
  set(Base::character_size(8), "8 data bits");
  set(Base::parity(Base::parity::none), "no parity");
  set(Base::stop_bits(Base::stop_bits::one), "one stop bit");
  set(Base::flow_control(Base::flow_control::none), "no flow control");
  tcflush(port.native_handle(), TCIOFLUSH);
}

SerialPort::Line::~Line() {
  // What the device has not taken it never will; to close would wait for it, for half a minute.
  if (port.is_open()) tcflush(port.native_handle(), TCOFLUSH);
}

void SerialPort::arm(std::chrono::nanoseconds patience) {
  line_->timer.expires_after(patience);
  line_->timer.async_wait([weak = std::weak_ptr{line_}](const error_code& cancelled) {
    const auto line = weak.lock();
    // A wait that had ended just before it was cancelled must not hit the next read.
    if (cancelled || !line || line->timer.expiry() > BootClock::now()) return;
    error_code ignored;
    line->port.cancel(ignored);  // NOLINT(bugprone-unused-return-value)
  });
}

asio::awaitable<std::size_t> SerialPort::read_some(std::span<std::byte> into, std::chrono::nanoseconds patience) {
  if (cancelled_) co_return 0;
  arm(patience);
  error_code error;
  const std::size_t count = co_await line_->port.async_read_some(asio::buffer(into.data(), into.size()),
                                                                 asio::redirect_error(asio::use_awaitable, error));
  line_->timer.cancel();
  if (error && error != asio::error::operation_aborted) throw DeviceError(has_gone(device_, error.message()));
  co_return count;
}

asio::awaitable<void> SerialPort::write(std::span<const std::byte> bytes, std::chrono::nanoseconds patience) {
  arm(patience);
  error_code error;
  co_await asio::async_write(line_->port, asio::buffer(bytes.data(), bytes.size()),
                             asio::redirect_error(asio::use_awaitable, error));
  line_->timer.cancel();
  if (error == asio::error::operation_aborted) {
    throw DeviceError(fmt::format("{}: takes no more bytes; is the other end still there?", device_.string()));
  }
  if (error) throw DeviceError(has_gone(device_, error.message()));
}

void SerialPort::cancel() noexcept {
  cancelled_ = true;
  error_code ignored;
  line_->port.cancel(ignored);  // NOLINT(bugprone-unused-return-value)
}

}  // namespace propriod::drivers
