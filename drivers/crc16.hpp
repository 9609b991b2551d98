#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace propriod::drivers {

/// The CCITT's cyclic redundancy check: polynomial 0x1021, most significant bit first, nothing reflected, nothing
/// inverted at the end. Devices differ in what they `start` from: 0xFFFF is known as CRC-16/CCITT-FALSE ("123456789"
/// gives 0x29B1); Shimmer's firmware starts from 0xB0CA. A check over several pieces goes on from the value of the
/// piece before. Any thread.
[[nodiscard]] std::uint16_t crc16_ccitt(std::span<const std::byte> bytes, std::uint16_t start) noexcept;

}  // namespace propriod::drivers
