#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace propriod::drivers {

/// How a channel lies in an IIO buffer, as its `in_…_type` says: `le:s13/16>>0` is a signed number of 13 bits in 16,
/// little-endian, shifted by none (kernel, Documentation/ABI/testing/sysfs-bus-iio). Of signed channels of 16 bits
/// storage alone: an accelerometer's.
struct IioScanType {
  bool big_endian;
  std::uint8_t bits;   ///< 1 … 16
  std::uint8_t shift;  ///< bits + shift ≤ 16

  [[nodiscard]] std::int16_t decode(std::span<const std::uint8_t, 2> stored) const noexcept;
  friend bool operator==(const IioScanType&, const IioScanType&) = default;
};

/// Nothing when it is not of that kind.
[[nodiscard]] std::optional<IioScanType> parse_iio_scan_type(std::string_view text) noexcept;

}  // namespace propriod::drivers
