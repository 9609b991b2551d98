#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text that somebody else wrote, on its way into a message.
namespace propriod::config {

/// How many bytes from the start are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates). Any thread.
[[nodiscard]] std::size_t valid_utf8_prefix(std::string_view text) noexcept;

/// Whether well-formed UTF-8 holds no control character, neither C0 (and DEL) nor C1. Any thread.
[[nodiscard]] bool printable(std::string_view text) noexcept;

/// Well-formed UTF-8 as a message may show it: control characters as \xNN, and no more than 80 bytes of the original;
/// "…" stands for the rest. Any thread.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace propriod::config
