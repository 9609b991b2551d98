#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace propriod::daemon {

/// Where a configured sensor's samples come from.
struct SensorDevice {
  std::string_view driver;              ///< as the configuration calls it
  std::filesystem::path path{};         ///< empty for a simulated one
  std::optional<std::uint8_t> address;  ///< on the bus that `path` is

  /// "adxl345-i2c /dev/i2c-1 0x53".
  [[nodiscard]] std::string to_string() const;
};

[[nodiscard]] SensorDevice device_of(const config::Sensor& sensor);

}  // namespace propriod::daemon
