#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace propriod::drivers {

/// Why `device` could not be opened, given `errno`, and what to do: which group to join, what to plug in, who else may
/// hold it.
[[nodiscard]] std::string cannot_open(const std::filesystem::path& device, int error);

/// The message for a device that went away in mid-stream.
[[nodiscard]] std::string has_gone(const std::filesystem::path& device, std::string_view reason);

/// The device that a name stands for: `/dev/ttyUSB0` of `/dev/serial/by-id/…`. Follows the name's own links alone, in
/// the folders as they are written; where there is nothing, what the last link says.
[[nodiscard]] std::filesystem::path behind_links(std::filesystem::path name);

}  // namespace propriod::drivers
