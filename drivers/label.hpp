#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace propriod::drivers {

inline constexpr std::size_t kMaxLabelBytes = 64;
inline constexpr std::size_t kMaxLabels = 256;  ///< distinct ones of one task

/// True for UTF-8 of at most `max_bytes` without control characters: what may go on into logs, JSON and reports.
[[nodiscard]] bool is_plain_text(std::string_view text, std::size_t max_bytes) noexcept;

inline constexpr std::size_t kMaxShownBytes = 64;

/// Foreign text as messages may show it: ASCII, anything else as `\xNN`, cut after `kMaxShownBytes`.
[[nodiscard]] std::string shown(std::string_view text);

/// True for what may be the name of an activity or a placement: plain text, not empty, without commas, double quotes,
/// and blanks around it, so that a recording's CSV needs no quoting.
[[nodiscard]] bool is_label(std::string_view text) noexcept;

}  // namespace propriod::drivers
