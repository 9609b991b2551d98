#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <system_error>

#include "drivers/errors.hpp"

namespace propriod::drivers {

/// One chip with 8-bit registers on an I2C bus. Calls block for the time of the transfer; one thread.
class I2cBus {
 public:
  /// A burst: the chip's register pointer runs on from `start`, and no one else gets in between.
  struct Burst {
    std::uint8_t start;
    std::span<std::uint8_t> into;
  };
  struct Completed {
    std::size_t bursts;     ///< of those asked for, from the first, whose bytes are good
    std::error_code error;  ///< why not all. A burst that failed may yet have reached the chip
  };

  I2cBus() = default;
  I2cBus(const I2cBus&) = delete;
  I2cBus& operator=(const I2cBus&) = delete;
  virtual ~I2cBus() = default;

  /// Reads in the order given.
  [[nodiscard]] virtual Completed read(std::span<const Burst> bursts) noexcept = 0;

  [[nodiscard]] virtual std::error_code write(std::uint8_t address, std::uint8_t value) noexcept = 0;

  /// One burst.
  [[nodiscard]] std::error_code read(std::uint8_t start, std::span<std::uint8_t> into) noexcept {
    const Burst burst{.start = start, .into = into};
    return read({&burst, 1}).error;
  }
};

/// A driver of the kernel's owns the chip.
class HeldByKernel : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

/// An adapter of a kind that no sensor is read through: SMBus only, as many PCs have for their memory.
class NoPlainI2c : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

/// A chip on `/dev/i2c-*`, read by combined transfers (I2C_RDWR: a repeated start between register and data). Several
/// of these may share a bus: the kernel serialises transfers.
class LinuxI2cBus final : public I2cBus {
 public:
  /// Throws HeldByKernel when a kernel driver owns the address, NoPlainI2c when the bus does not do what is needed, and
  /// DeviceError when it cannot be opened, saying which group to join.
  LinuxI2cBus(const std::filesystem::path& device, std::uint8_t address);
  ~LinuxI2cBus() override;

  using I2cBus::read;
  [[nodiscard]] Completed read(std::span<const Burst> bursts) noexcept override;
  [[nodiscard]] std::error_code write(std::uint8_t address, std::uint8_t value) noexcept override;

 private:
  [[nodiscard]] Completed transfer(std::span<const Burst> bursts) noexcept;

  int descriptor_;
  std::uint8_t address_;
  std::size_t bursts_per_transfer_;
};

}  // namespace propriod::drivers
