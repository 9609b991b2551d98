#include "drivers/adxl345_host_driver.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <utility>

#include "drivers/iio_accelerometer.hpp"

namespace propriod::drivers {

namespace asio = boost::asio;

Adxl345HostDriver::Adxl345HostDriver(asio::io_context& io, Options options, std::filesystem::path sysfs)
    : DeviceDriver(io, std::move(options)), sysfs_(std::move(sysfs)), wait_(worker_.get_executor()) {}

asio::awaitable<void> Adxl345HostDriver::session() {
  co_await asio::co_spawn(worker_, blocking_session(), asio::use_awaitable);
}

void Adxl345HostDriver::interrupt() noexcept {
  // After whatever the session does now; where it does not wait yet, it sees `stopping()` before it would.
  asio::post(worker_, [this] {
    wait_.cancel();
    wake();
  });
}

void Adxl345HostDriver::join() noexcept {
  worker_.stop();
  worker_.join();
}

asio::awaitable<void> Adxl345HostDriver::wait_until(BootTime time) {
  if (stopping()) co_return;
  wait_.expires_at(time);
  boost::system::error_code cancelled;  // by interrupt(): the caller's loop asks stopping()
  co_await wait_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

asio::awaitable<void> Adxl345HostDriver::read_iio(std::filesystem::path device, std::string remedy) {
  IioAccelerometer accelerometer({.device = std::move(device), .rate_hz = options().rate_hz, .sysfs = sysfs_}, *this);
  set_range(accelerometer.range_mps2());
  const std::string& advice = accelerometer.advice();
  set_advice(advice.empty() ? "" : fmt::format("{}; {}", advice, remedy));
  while (!stopping()) {
    const BootTime next = accelerometer.poll();
    report_drift(accelerometer.drift_ppm());
    co_await wait_until(next);
  }
}

}  // namespace propriod::drivers
