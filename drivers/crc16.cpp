#include "drivers/crc16.hpp"

#include <array>

namespace propriod::drivers {
namespace {

constexpr std::uint16_t kPolynomial = 0x1021;

/// What each value of the top byte does to the rest once its eight bits have been shifted out.
constexpr auto kTable = [] {
  std::array<std::uint16_t, 256> table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte) {
    auto crc = static_cast<std::uint16_t>(byte << 8U);
    for (int bit = 0; bit < 8; ++bit) {
      const bool carry = (crc & 0x8000U) != 0;
      crc = static_cast<std::uint16_t>(crc << 1U);
      if (carry) crc ^= kPolynomial;
    }
    table[byte] = crc;
  }
  return table;
}();

}  // namespace

std::uint16_t crc16_ccitt(std::span<const std::byte> bytes, std::uint16_t start) noexcept {
  std::uint16_t crc = start;
  for (const std::byte byte : bytes) {
    const auto top = static_cast<std::uint8_t>((crc >> 8U) ^ std::to_integer<unsigned>(byte));
    crc = static_cast<std::uint16_t>((crc << 8U) ^ kTable[top]);
  }
  return crc;
}

}  // namespace propriod::drivers
