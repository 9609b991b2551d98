#include "config/foreign_text.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

namespace propriod::config {
namespace {

constexpr std::size_t kMaxShownBytes = 80;

/// Length of the well-formed UTF-8 character at the start of `text`, which is not empty; 0 when there is none.
/// Unicode 15.0, table 3-7.
std::size_t character_length(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0U;
  };
  const auto continues = [byte](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  const unsigned second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if ((first & 0xF0U) == 0xE0U) {
    const unsigned lowest = first == 0xE0 ? 0xA0 : 0x80;   // below: overlong
    const unsigned highest = first == 0xED ? 0x9F : 0xBF;  // above: surrogates
    return second >= lowest && second <= highest && continues(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned lowest = first == 0xF0 ? 0x90 : 0x80;
    const unsigned highest = first == 0xF4 ? 0x8F : 0xBF;  // above: beyond U+10FFFF
    return second >= lowest && second <= highest && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

bool is_control(std::string_view character) noexcept {
  const auto first = static_cast<std::uint8_t>(character[0]);
  return first < 0x20 || first == 0x7F || (first == 0xC2 && static_cast<std::uint8_t>(character[1]) < 0xA0);
}

}  // namespace

std::size_t valid_utf8_prefix(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = character_length(text.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

bool printable(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0 || is_control(text.substr(0, length))) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string shown(std::string_view text) {
  std::string result;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = character_length(text.substr(at));
    if (length == 0 || at + length > kMaxShownBytes) return result + "…";
    const std::string_view character = text.substr(at, length);
    if (is_control(character)) {
      for (const char c : character)
        fmt::format_to(std::back_inserter(result), "\\x{:02x}", static_cast<std::uint8_t>(c));
    } else {
      result += character;
    }
    at += length;
  }
  return result;
}

}  // namespace propriod::config
