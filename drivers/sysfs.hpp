#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace propriod::drivers {

/// The text of a sysfs attribute without the line's end; nothing when it cannot be read. At most 4,096 bytes.
[[nodiscard]] std::optional<std::string> read_attribute(const std::filesystem::path& attribute);

/// Writes a sysfs attribute in one piece, as the kernel wants it.
[[nodiscard]] std::error_code write_attribute(const std::filesystem::path& attribute, std::string_view text) noexcept;

}  // namespace propriod::drivers
