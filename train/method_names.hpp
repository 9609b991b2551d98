#pragma once

#include <array>
#include <span>
#include <string_view>

namespace propriod::train {

inline constexpr std::array<std::string_view, 5> kMethods{"singletask", "multitask", "sd-dropout", "born-again",
                                                          "smooth-distill"};

/// The names `make_method` knows, in the order of the paper's Table 5. Here and not in method.hpp, so that a command
/// line can list them without LibTorch. Any thread.
[[nodiscard]] constexpr std::span<const std::string_view> methods() noexcept { return kMethods; }

}  // namespace propriod::train
