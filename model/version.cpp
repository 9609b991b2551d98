#include "model/version.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "drivers/parse_number.hpp"

namespace propriod::model {

std::string make_version(std::chrono::system_clock::time_point time, std::uint64_t counter) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time - seconds);
  return fmt::format("{:%Y%m%dT%H%M%S}.{:03}Z-{}", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     milliseconds.count(), counter);
}

std::optional<std::uint64_t> counter_of(std::string_view name) noexcept {
  constexpr std::string_view kPattern = "00000000T000000.000Z-";  // a 0 stands for any digit
  constexpr std::size_t kMaxCounterDigits = 18;                   // so that the next one fits too
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto matches = [&](char pattern, char c) { return pattern == '0' ? is_digit(c) : c == pattern; };

  const auto stamp = name.substr(0, kPattern.size());
  const auto digits = name.substr(stamp.size());
  if (!std::ranges::equal(kPattern, stamp, matches)) return std::nullopt;
  if (digits.size() > kMaxCounterDigits || digits.starts_with('0') || !std::ranges::all_of(digits, is_digit)) {
    return std::nullopt;
  }
  std::uint64_t counter = 0;
  if (!drivers::parse_number(digits, counter)) return std::nullopt;
  return counter;
}

}  // namespace propriod::model
