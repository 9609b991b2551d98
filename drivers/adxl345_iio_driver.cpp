#include "drivers/adxl345_iio_driver.hpp"

namespace propriod::drivers {

namespace asio = boost::asio;

Adxl345IioDriver::Adxl345IioDriver(asio::io_context& io, Options options)
    : Adxl345HostDriver(io, options.device, options.sysfs) {}

asio::awaitable<void> Adxl345IioDriver::blocking_session() {
  co_await read_iio(options().device, "the driver adxl345-i2c reads it at its best, once the kernel's is unbound");
}

}  // namespace propriod::drivers
