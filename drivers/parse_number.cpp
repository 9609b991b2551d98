#include "drivers/parse_number.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace propriod::drivers {

bool parse_seconds(std::string_view field, std::chrono::nanoseconds& time) noexcept {
  constexpr std::size_t kDecimals = 9;
  field = trimmed(field);
  const bool negative = field.starts_with('-');
  if (negative) field.remove_prefix(1);

  const auto point = std::min(field.find('.'), field.size());
  const auto whole = field.substr(0, point);
  const auto decimals = field.substr(std::min(point + 1, field.size()));
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (whole.empty() || !std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(decimals, is_digit)) return false;

  std::int64_t seconds = 0;
  if (!parse_number(whole, seconds) || seconds >= kLongestTime.count()) return false;
  std::int64_t nanoseconds = 0;
  for (std::size_t i = 0; i < kDecimals; ++i) {
    nanoseconds = 10 * nanoseconds + (i < decimals.size() ? decimals[i] - '0' : 0);
  }
  const auto magnitude = std::chrono::seconds{seconds} + std::chrono::nanoseconds{nanoseconds};
  time = negative ? -magnitude : magnitude;
  return true;
}

}  // namespace propriod::drivers
