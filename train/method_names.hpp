#pragma once

#include <span>
#include <string_view>

namespace propriod::train {

/// The names `make_method` knows, in the order of the paper's Table 5.
[[nodiscard]] std::span<const std::string_view> methods() noexcept;

}  // namespace propriod::train
