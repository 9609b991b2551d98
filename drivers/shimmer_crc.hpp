#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace propriod::drivers::shimmer {

/// The check that LogAndStream puts behind its messages once command 8B has switched it on: CRC-16/CCITT from 0xB0CA
/// over the whole message (ACK and reply together), which counts as padded with one 00 when its length is odd. On the
/// wire the low byte comes first; mode 1 sends that alone. Any thread. Source: log-and-stream-common,
/// CRC/shimmer_crc.c.
[[nodiscard]] std::uint16_t crc(std::span<const std::byte> message) noexcept;

}  // namespace propriod::drivers::shimmer
