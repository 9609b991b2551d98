#pragma once

#include <charconv>
#include <chrono>
#include <cmath>
#include <concepts>
#include <string_view>
#include <system_error>

namespace propriod::drivers {

/// `text` without the blanks and tabs around it.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Reads a whole field as one decimal number, blanks around it allowed, exponents too where `Number` is a
/// floating-point type; the locale plays no part. False, and `number` untouched, for anything else: trailing text, nan,
/// infinity, or a value that `Number` cannot hold.
template <typename Number>
requires(std::integral<Number> || std::floating_point<Number>)
    [[nodiscard]] bool parse_number(std::string_view field, Number& number) noexcept {
  field = trimmed(field);
  Number parsed{};
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), parsed);
  if (error != std::errc{} || end != field.data() + field.size()) return false;
  if constexpr (std::floating_point<Number>) {
    if (!std::isfinite(parsed)) return false;
  }
  number = parsed;
  return true;
}

/// No recording is longer, and no time in one is further from its start.
inline constexpr std::chrono::seconds kLongestTime = std::chrono::years{10};

/// Reads decimal seconds (`12`, `-0.5`, `3.020000`) exactly, where a floating-point number would round them. Digits
/// past the ninth decimal are dropped. False, and `time` untouched, for anything else, and from `kLongestTime` on.
[[nodiscard]] bool parse_seconds(std::string_view field, std::chrono::nanoseconds& time) noexcept;

}  // namespace propriod::drivers
