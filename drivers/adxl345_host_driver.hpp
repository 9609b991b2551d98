#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <string>

#include "drivers/boot_clock.hpp"
#include "drivers/device_driver.hpp"
#include "drivers/sample_listener.hpp"

namespace propriod::drivers {

/// What the two ways to an ADXL345 on this host's own bus share: a thread of its own, because their system calls block
/// for as long as the bus takes, and reading what the kernel's IIO driver offers.
class Adxl345HostDriver : public DeviceDriver, protected SampleListener {
 protected:
  Adxl345HostDriver(boost::asio::io_context& io, Options options, std::filesystem::path sysfs);

  /// A `session()` on the driver's own thread. It may block, but not for longer than a stop may take.
  virtual boost::asio::awaitable<void> blocking_session() = 0;

  // On that thread:

  /// Until `time`, or until the driver is to stop.
  boost::asio::awaitable<void> wait_until(BootTime time);

  /// Reads the IIO device until it is lost (DeviceError) or the driver is to stop. Where that is second best, the user
  /// is told so, and `remedy`.
  boost::asio::awaitable<void> read_iio(std::filesystem::path device, std::string remedy);

  /// Any thread: makes a wait of `blocking_session()` end, other than `wait_until()`.
  virtual void wake() noexcept {}

  /// Ends the thread: the destructor of each derived class calls it, because the session uses its members.
  void join() noexcept;

  [[nodiscard]] const std::filesystem::path& sysfs() const noexcept { return sysfs_; }

  void on_sample(BootTime time, const PreciseAcceleration& accel_mps2) noexcept final { deliver(time, accel_mps2); }
  void on_lost(std::uint64_t samples) noexcept final { report_lost(samples); }
  void on_gap() noexcept final { report_gap(); }

 private:
  boost::asio::awaitable<void> session() final;
  void interrupt() noexcept final;

  const std::filesystem::path sysfs_;
  boost::asio::thread_pool worker_{1};
  boost::asio::basic_waitable_timer<BootClock> wait_;
};

}  // namespace propriod::drivers
