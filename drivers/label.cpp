#include "drivers/label.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "drivers/parse_number.hpp"

namespace propriod::drivers {
namespace {

/// Takes one code point off the front of `text`; false when what stands there is not UTF-8 (RFC 3629: no overlong
/// forms, no surrogates, nothing past U+10FFFF).
bool take_code_point(std::string_view& text, char32_t& code_point) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t length = 1;
  char32_t smallest = 0;
  code_point = byte(0);
  if (code_point >= 0x80) {
    if (code_point >= 0xF0 && code_point < 0xF8) {
      length = 4, smallest = 0x10000, code_point &= 0x07;
    } else if (code_point >= 0xE0 && code_point < 0xF0) {
      length = 3, smallest = 0x800, code_point &= 0x0F;
    } else if (code_point >= 0xC0 && code_point < 0xE0) {
      length = 2, smallest = 0x80, code_point &= 0x1F;
    } else {
      return false;
    }
  }
  if (text.size() < length) return false;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return false;
    code_point = (code_point << 6) | (byte(i) & 0x3FU);
  }
  text.remove_prefix(length);
  return code_point >= smallest && code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF);
}

}  // namespace

bool is_plain_text(std::string_view text, std::size_t max_bytes) noexcept {
  if (text.size() > max_bytes) return false;
  char32_t code_point = 0;
  while (!text.empty()) {
    if (!take_code_point(text, code_point)) return false;
    if (code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0)) return false;  // C0, DEL, C1
  }
  return true;
}

std::string shown(std::string_view text) {
  std::string result;
  for (const char c : text.substr(0, kMaxShownBytes)) {
    if (c >= ' ' && c <= '~') {
      result += c;
    } else {
      fmt::format_to(std::back_inserter(result), "\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return result + (text.size() > kMaxShownBytes ? "..." : "");
}

bool is_label(std::string_view text) noexcept {
  return !text.empty() && is_plain_text(text, kMaxLabelBytes) && text == trimmed(text) &&
         text.find_first_of(",\"") == std::string_view::npos;
}

}  // namespace propriod::drivers
