#pragma once

#include <array>
#include <span>
#include <string_view>

namespace propriod::model {

inline constexpr std::array<std::string_view, 7> kArchitectures{"mtl-net", "mtl-net-published", "lstm", "bilstm", "gru",
                                                                "anponet", "mtl-net-compact"};

/// The names `make_network` knows, the paper's own first. Here and not in network.hpp, so that a command line can list
/// them without LibTorch. Any thread.
[[nodiscard]] constexpr std::span<const std::string_view> architectures() noexcept { return kArchitectures; }

}  // namespace propriod::model
