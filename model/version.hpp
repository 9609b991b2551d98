#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace propriod::model {

/// Names a version of a model: `20261123T150405.123Z-7`, UTC to the millisecond and the counter that orders versions
/// even when the clock was wrong.
[[nodiscard]] std::string make_version(std::chrono::system_clock::time_point time, std::uint64_t counter);

/// The counter of a version's name, at least 1; nothing when `name` is not one: the check that keeps `../..` and
/// foreign directories out.
[[nodiscard]] std::optional<std::uint64_t> counter_of(std::string_view name) noexcept;

}  // namespace propriod::model
