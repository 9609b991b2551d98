#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "config/config.hpp"
#include "config/problem.hpp"

namespace propriod::config {

inline constexpr std::size_t kMaxConfigBytes = 1 << 20;

/// The text of a configuration, unchecked. The error says why it cannot be read, or that it is too large. Any thread.
[[nodiscard]] tl::expected<std::string, Problem> read_text(const std::filesystem::path& file);

/// Reads and checks a configuration. The error is everything that is wrong with it, in the order of the file. Any
/// thread.
[[nodiscard]] tl::expected<Config, std::vector<Problem>> read_config(const std::filesystem::path& file);

/// As `read_config`, of the text of `file`, which is not opened: messages name it and paths are relative to its folder.
[[nodiscard]] tl::expected<Config, std::vector<Problem>> parse_config(std::string_view text,
                                                                      const std::filesystem::path& file);

/// What `run` needs and `config` does not have: a node, a model, at least one sensor.
[[nodiscard]] std::vector<Problem> missing_for_run(const Config& config);

}  // namespace propriod::config
