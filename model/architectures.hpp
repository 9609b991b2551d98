#pragma once

#include <span>
#include <string_view>

namespace propriod::model {

/// The names `make_network` knows, the paper's own first. Here and not in network.hpp, so that a command line can list
/// them without LibTorch. Any thread.
[[nodiscard]] std::span<const std::string_view> architectures() noexcept;

}  // namespace propriod::model
