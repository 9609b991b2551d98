#include "config/suggestion.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace propriod::config {
namespace {

constexpr std::size_t kMaxLength = 64;  // nobody mistypes a key into something longer, and the cost is quadratic

/// Optimal string alignment distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last;
  std::vector<std::size_t> last(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> row(b.size() + 1);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last = std::move(last);
    last = std::move(row);
  }
  return last.back();
}

}  // namespace

std::optional<std::string_view> did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() > kMaxLength) return std::nullopt;
  std::optional<std::string_view> nearest;
  std::size_t least = 0;
  for (const std::string_view candidate : known) {
    const std::size_t wrong = distance(word, candidate);
    if (wrong > std::max<std::size_t>(1, candidate.size() / 3) || (nearest && wrong >= least)) continue;
    nearest = candidate;
    least = wrong;
  }
  return nearest;
}

}  // namespace propriod::config
