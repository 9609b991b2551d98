#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/serial_reading.hpp"

namespace propriod::drivers {

inline std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

/// "01 02 ff", blanks wherever they please.
inline std::vector<std::byte> bytes_of_hex(std::string_view text) {
  std::vector<std::byte> bytes;
  std::string digits;
  for (const char c : text) {
    if (c == ' ' || c == '\n') continue;
    digits += c;
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<std::byte>(std::stoul(digits, nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

/// All that a decoder makes of `bytes`.
template <typename Decoder>
std::vector<SerialReading> feed(Decoder& decoder, std::span<const std::byte> bytes) {
  std::vector<SerialReading> readings;
  for (const auto byte : bytes) {
    const auto some = decoder.take(byte);
    readings.insert(readings.end(), some.begin(), some.end());
  }
  return readings;
}

template <typename Decoder>
std::vector<SerialReading> feed(Decoder& decoder, std::string_view text) {
  return feed(decoder, bytes_of(text));
}

inline std::uint64_t lost_in(std::span<const SerialReading> readings) {
  std::uint64_t lost = 0;
  for (const auto& reading : readings) lost += reading.before.lost;
  return lost;
}

}  // namespace propriod::drivers
