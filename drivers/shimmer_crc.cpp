#include "drivers/shimmer_crc.hpp"

#include <array>

#include "drivers/crc16.hpp"

namespace propriod::drivers::shimmer {

std::uint16_t crc(std::span<const std::byte> message) noexcept {
  constexpr std::uint16_t kStart = 0xB0CA;
  constexpr std::array<std::byte, 1> kPadding{};
  const std::uint16_t unpadded = crc16_ccitt(message, kStart);
  return message.size() % 2 == 0 ? unpadded : crc16_ccitt(kPadding, unpadded);
}

}  // namespace propriod::drivers::shimmer
