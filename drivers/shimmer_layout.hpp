#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tl/expected.hpp>

#include "drivers/shimmer_protocol.hpp"

namespace propriod::drivers::shimmer {

/// What a data packet looks like. The packet itself does not say: only the inquiry does.
///     00 | time stamp, 2 or 3 bytes | channels | … as often as `samples` says | CRC, where it is on
struct PacketLayout {
  unsigned timestamp_bytes;         ///< little-endian
  unsigned sample_bytes;            ///< time stamp and channels
  unsigned samples;                 ///< in one packet
  std::array<unsigned, 3> axis_at;  ///< x, y, z behind the begin of a sample; two bytes each, little-endian
  bool is_12_bit;                   ///< a reading of the ADC, 0 … 4095; otherwise signed, 16 bits
  std::uint32_t period_ticks;
  std::uint32_t tolerance_ticks;  ///< by which a step between time stamps may differ from whole periods

  /// Without the CRC.
  [[nodiscard]] std::size_t packet_bytes() const noexcept { return 1 + std::size_t{samples} * sample_bytes; }
};

/// The longest packet: the firmware of Shimmer2 sends none of more than 254 bytes behind the 00 (tinyos-shimmer,
/// apps/BtStream/BtStreamC.nc), Shimmer3 with every sensor on fewer.
inline constexpr std::size_t kMostPacketBytes = 255;

/// From the answer to the inquiry. An error says in words what does not fit: a channel of unknown width, after which
/// nothing can be found any more; an accelerometer that is not in the packet. Source of the widths:
/// Shimmer-Java-Android-API, driver/ShimmerObject.java.
[[nodiscard]] tl::expected<PacketLayout, std::string> packet_layout(const Device& device, const Inquiry& inquiry,
                                                                    Accelerometer accelerometer);

}  // namespace propriod::drivers::shimmer
