#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "drivers/adxl345_host_driver.hpp"
#include "drivers/adxl345_sampler.hpp"
#include "drivers/i2c_bus.hpp"
#include "drivers/interrupt_line.hpp"

namespace propriod::drivers {

/// An ADXL345 on an I2C bus of this host, read through its FIFO. Where a kernel driver holds the chip, it is read
/// through that.
///
/// A transfer that fails is tried again at once, then after waits of 10 to 100 ms; eight failures in a row are the loss
/// of the device. The chip measures on meanwhile: when it comes back with its settings, what was overwritten is counted
/// and the rest kept; without them (its supply was gone) it is set up anew.
class Adxl345I2cDriver final : public Adxl345HostDriver {
 public:
  struct Options {
    DeviceDriver::Options device{};          ///< `device.device` is the bus; its range follows from `range_g`
    std::uint8_t address = 0x53;             ///< or 0x1d
    int range_g = 16;                        ///< 2, 4, 8 or 16
    std::optional<std::string> interrupt{};  ///< the line that INT1 is wired to: "gpiochip0:17"
    std::filesystem::path sysfs = "/sys";    ///< of tests, theirs
    /// Opens the bus, at the begin of each session; without it, a LinuxI2cBus.
    std::function<std::unique_ptr<I2cBus>()> open_bus{};
  };

  Adxl345I2cDriver(boost::asio::io_context& io, Options options);
  ~Adxl345I2cDriver() override { join(); }

 private:
  boost::asio::awaitable<void> blocking_session() override;
  boost::asio::awaitable<void> read_fifo(std::unique_ptr<I2cBus> bus);
  boost::asio::awaitable<void> wait_for_samples(BootTime until);
  void take_over(Adxl345Chip& chip);
  void set_up(Adxl345Chip& chip);
  void check_settings(Adxl345Chip& chip, bool silent);
  [[nodiscard]] std::filesystem::path iio_device(const std::string& held) const;
  [[nodiscard]] std::string how_to_free() const;
  [[nodiscard]] std::string bus_device() const;
  void wake() noexcept override;

  const Options own_;
  Adxl345Sampler sampler_;
  std::optional<InterruptLine> interrupt_line_;
  bool set_up_ = false;  // as far as is known, the chip measures with our settings
  BootTime checked_{};   // that it does
  std::optional<BootTime> settings_lost_;
};

}  // namespace propriod::drivers
