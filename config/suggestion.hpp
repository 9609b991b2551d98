#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace propriod::config {

/// The word that somebody who wrote `word` probably meant: the nearest of `known` by insertions, deletions,
/// replacements and swaps of neighbours, when no more than a third of it (but at least one letter) is wrong. Any
/// thread.
[[nodiscard]] std::optional<std::string_view> did_you_mean(std::string_view word,
                                                           std::span<const std::string_view> known);

}  // namespace propriod::config
