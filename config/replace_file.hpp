#pragma once

#include <filesystem>
#include <string_view>
#include <tl/expected.hpp>

#include "config/problem.hpp"

namespace propriod::config {

/// Puts `after` into a file that holds `before`: at any moment there is the old one or the new one, whole and on the
/// disk, with the same owner and mode. `before` stays beside it as `FILE.bak`. A symbolic link stays one. The error
/// says what could not be done, and then the file is as it was; so it is when it no longer holds `before`.
[[nodiscard]] tl::expected<void, Problem> replace_file(const std::filesystem::path& file, std::string_view before,
                                                       std::string_view after);

}  // namespace propriod::config
