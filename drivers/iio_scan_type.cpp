#include "drivers/iio_scan_type.hpp"

#include <charconv>

namespace propriod::drivers {
namespace {

/// Takes a number of up to two digits from the front of `text`.
std::optional<unsigned> take_number(std::string_view& text) noexcept {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number > 99) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, std::string_view expected) noexcept {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

}  // namespace

std::int16_t IioScanType::decode(std::span<const std::uint8_t, 2> stored) const noexcept {
  const unsigned word = stored[big_endian ? 1 : 0] | static_cast<unsigned>(stored[big_endian ? 0 : 1]) << 8;
  const unsigned sign = 1U << (bits - 1);
  const unsigned value = word >> shift & ((1U << bits) - 1);
  return static_cast<std::int16_t>(static_cast<int>(value ^ sign) - static_cast<int>(sign));
}

std::optional<IioScanType> parse_iio_scan_type(std::string_view text) noexcept {
  const bool big_endian = text.starts_with('b');
  if (!take(text, big_endian ? "be:s" : "le:s")) return std::nullopt;
  const auto bits = take_number(text);
  if (!bits || !take(text, "/16")) return std::nullopt;
  std::optional<unsigned> shift = 0;
  if (take(text, ">>")) shift = take_number(text);
  if (!shift || !text.empty() || *bits == 0 || *bits + *shift > 16) return std::nullopt;
  return IioScanType{
      .big_endian = big_endian, .bits = static_cast<std::uint8_t>(*bits), .shift = static_cast<std::uint8_t>(*shift)};
}

}  // namespace propriod::drivers
