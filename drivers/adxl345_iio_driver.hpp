#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "drivers/adxl345_host_driver.hpp"

namespace propriod::drivers {

/// An ADXL345 that the kernel's own IIO driver holds; see IioAccelerometer.
class Adxl345IioDriver final : public Adxl345HostDriver {
 public:
  struct Options {
    DeviceDriver::Options device{};        ///< `device.device` is /dev/iio:device0
    std::filesystem::path sysfs = "/sys";  ///< of tests, theirs
  };

  Adxl345IioDriver(boost::asio::io_context& io, Options options);
  ~Adxl345IioDriver() override { join(); }

 private:
  boost::asio::awaitable<void> blocking_session() override;
};

}  // namespace propriod::drivers
