#include "drivers/cobs.hpp"

namespace propriod::drivers {

std::optional<std::size_t> cobs_decode(std::span<std::byte> frame) noexcept {
  constexpr std::size_t kLongestBlock = 0xff;  // which stands for 254 bytes and no 00 behind them
  std::size_t length = 0;
  for (std::size_t at = 0; at < frame.size();) {
    const auto code = std::to_integer<std::size_t>(frame[at]);
    if (code == 0 || code > frame.size() - at) return std::nullopt;
    for (std::size_t i = 1; i < code; ++i) {
      if (frame[at + i] == std::byte{0}) return std::nullopt;
      frame[length++] = frame[at + i];  // never past what was read: a code byte was read more
    }
    at += code;
    if (code != kLongestBlock && at < frame.size()) frame[length++] = std::byte{0};
  }
  return length;
}

}  // namespace propriod::drivers
