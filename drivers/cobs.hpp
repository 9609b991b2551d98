#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace propriod::drivers {

/// Undoes Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999) in place. `frame` is what stood between two
/// delimiters (00), itself without any. Gives the length of what it held, at most one byte less than the frame; nothing
/// where a code byte points past the end or to a 00. Any thread.
[[nodiscard]] std::optional<std::size_t> cobs_decode(std::span<std::byte> frame) noexcept;

}  // namespace propriod::drivers
