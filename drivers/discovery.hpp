#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "drivers/i2c_bus.hpp"

/// What is plugged in, wired and paired. Nothing is configured: a chip is asked for its id, and a port that a sensor
/// may be on is not even opened. All texts that a device or the system gave are printable and short.
namespace propriod::drivers {

/// An address on an I2C bus where something is.
struct FoundChip {
  std::filesystem::path bus;  ///< /dev/i2c-1
  std::string adapter;        ///< what the kernel calls the bus
  std::uint8_t address;
  std::optional<std::uint8_t> device_id;  ///< what it answered; nothing when a kernel driver holds it
  std::string held_by;                    ///< that driver's name

  [[nodiscard]] bool is_adxl345() const noexcept { return device_id == std::uint8_t{0xe5}; }
};

struct FoundPort {
  enum class Link : std::uint8_t { kNative, kUsb, kBluetooth };

  std::filesystem::path device{};  ///< /dev/ttyUSB0
  std::filesystem::path by_id{};   ///< /dev/serial/by-id/…, which stays the same in another socket; may be empty
  Link link = Link::kNative;
  struct UsbId {
    std::uint16_t vendor;
    std::uint16_t product;
  };
  std::optional<UsbId> usb_id{};
  std::string manufacturer{};
  std::string product{};
  std::string serial{};
  std::string bluetooth_address{};
  std::string rfcomm_channel{};  ///< that `rfcomm bind` was told
};

/// An accelerometer that a kernel driver serves.
struct FoundIio {
  std::filesystem::path device;  ///< /dev/iio:device0; it need not be there: without a buffer sysfs alone is
  std::string name;
};

struct Discovery {
  std::vector<FoundChip> chips;
  std::vector<FoundPort> ports;
  std::vector<FoundIio> iio;
  /// Buses that were looked at, whether or not something was there.
  std::vector<std::filesystem::path> buses;
  /// What could not be looked at, or could not be used as things are, each with what to do.
  std::vector<std::string> obstacles;
};

struct DiscoveryOptions {
  std::filesystem::path dev = "/dev";
  std::filesystem::path sys = "/sys";
  std::function<std::unique_ptr<I2cBus>(const std::filesystem::path& bus, std::uint8_t address)> open_bus =
      [](const std::filesystem::path& bus, std::uint8_t address) {
        return std::make_unique<LinuxI2cBus>(bus, address);
      };
  /// The serial ports that the system knows; names of `by_id` are found by `discover`.
  std::function<std::vector<FoundPort>()> list_ports;
};

/// All serial ports, by libserialport.
[[nodiscard]] std::vector<FoundPort> list_serial_ports();

/// Looks everywhere; each list is in the order of its numbers. Takes as long as the buses take to answer. Never throws
/// for what the system or a device does.
[[nodiscard]] Discovery discover(const DiscoveryOptions& options = {.list_ports = list_serial_ports});

}  // namespace propriod::drivers
