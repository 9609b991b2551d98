#include "drivers/i2c_bus.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "drivers/device_access.hpp"

namespace propriod::drivers {
namespace {

constexpr std::size_t kMostBursts = I2C_RDWR_IOCTL_MAX_MSGS / 2;  // each is a write of the register and a read

std::error_code last_error() noexcept { return {errno, std::generic_category()}; }

}  // namespace

LinuxI2cBus::LinuxI2cBus(const std::filesystem::path& device, std::uint8_t address)
    : descriptor_(open(device.c_str(), O_RDWR | O_CLOEXEC)), address_(address), bursts_per_transfer_(kMostBursts) {
  if (descriptor_ < 0) throw DeviceError(cannot_open(device, errno));
  unsigned long functions = 0;
  if (ioctl(descriptor_, I2C_FUNCS, &functions) != 0 || (functions & I2C_FUNC_I2C) == 0) {
    close(descriptor_);
    throw NoPlainI2c(fmt::format("{}: is no bus that does plain I2C transfers; use another", device.string()));
  }
  // I2C_RDWR carries the address in each message and needs no I2C_SLAVE, but would also take a chip away from under a
  // kernel driver: only I2C_SLAVE tells.
  if (ioctl(descriptor_, I2C_SLAVE, static_cast<unsigned long>(address)) != 0) {
    const int error = errno;
    close(descriptor_);
    if (error == EBUSY) {
      throw HeldByKernel(fmt::format("{}: a kernel driver holds address 0x{:02x}", device.string(), address));
    }
    throw DeviceError(fmt::format("{}: address 0x{:02x} cannot be used: {}", device.string(), address,
                                  std::generic_category().message(error)));
  }
}

LinuxI2cBus::~LinuxI2cBus() { close(descriptor_); }

I2cBus::Completed LinuxI2cBus::read(std::span<const Burst> bursts) noexcept {
  std::size_t done = 0;
  while (done < bursts.size()) {
    const std::size_t most = std::min(bursts_per_transfer_, bursts.size() - done);
    const Completed completed = transfer(bursts.subspan(done, most));
    // The controller of a Raspberry Pi before the 5 (i2c-bcm2835.c) takes one read a transfer, as the last message,
    // and refuses others before anything went over the wire.
    if (completed.error == std::errc::operation_not_supported && most > 1) {
      bursts_per_transfer_ = 1;
      continue;
    }
    done += completed.bursts;
    if (completed.error) return {.bursts = done, .error = completed.error};
  }
  return {.bursts = done, .error = {}};
}

I2cBus::Completed LinuxI2cBus::transfer(std::span<const Burst> bursts) noexcept {
  std::array<std::uint8_t, kMostBursts> starts{};
  std::array<i2c_msg, 2 * kMostBursts> messages{};
  for (std::size_t i = 0; i < bursts.size(); ++i) {
    starts[i] = bursts[i].start;
    messages[2 * i] = {.addr = address_, .flags = 0, .len = 1, .buf = &starts[i]};
    messages[2 * i + 1] = {.addr = address_,
                           .flags = I2C_M_RD,
                           .len = static_cast<std::uint16_t>(bursts[i].into.size()),
                           .buf = bursts[i].into.data()};
  }
  const auto count = static_cast<std::uint32_t>(2 * bursts.size());
  i2c_rdwr_ioctl_data data{.msgs = messages.data(), .nmsgs = count};
  const int transferred = ioctl(descriptor_, I2C_RDWR, &data);
  if (transferred < 0) return {.bursts = 0, .error = last_error()};
  if (static_cast<std::uint32_t>(transferred) < count) {
    return {.bursts = static_cast<std::size_t>(transferred) / 2, .error = std::make_error_code(std::errc::io_error)};
  }
  return {.bursts = bursts.size(), .error = {}};
}

std::error_code LinuxI2cBus::write(std::uint8_t address, std::uint8_t value) noexcept {
  std::array<std::uint8_t, 2> bytes{address, value};
  i2c_msg message{.addr = address_, .flags = 0, .len = bytes.size(), .buf = bytes.data()};
  i2c_rdwr_ioctl_data data{.msgs = &message, .nmsgs = 1};
  return ioctl(descriptor_, I2C_RDWR, &data) < 0 ? last_error() : std::error_code{};
}

}  // namespace propriod::drivers
