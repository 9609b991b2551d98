#include "config/names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace propriod::config {
namespace {

constexpr std::size_t kMaxLength = 32;
constexpr std::array<std::string_view, 5> kReserved{"status", "model", "event", "command", "person"};

bool letter_or_digit(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

bool valid_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kMaxLength || !letter_or_digit(name.front())) return false;
  if (!std::ranges::all_of(name, [](char c) { return letter_or_digit(c) || c == '_' || c == '-'; })) return false;
  return std::ranges::find(kReserved, name) == kReserved.end();
}

}  // namespace propriod::config
