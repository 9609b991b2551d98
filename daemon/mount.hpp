#pragma once

#include <cstddef>
#include <string>

#include "config/config.hpp"
#include "drivers/sample.hpp"

namespace propriod::daemon {

/// What a sensor measured, in the axes of its wearer.
[[nodiscard]] inline drivers::Acceleration as_worn(const drivers::Acceleration& measured_mps2,
                                                   const config::Mount& mount) noexcept {
  drivers::Acceleration worn_mps2{};
  for (std::size_t axis = 0; axis < worn_mps2.size(); ++axis) {
    const auto from = mount.axes[axis];
    worn_mps2[axis] = from.negated ? -measured_mps2[from.source] : measured_mps2[from.source];
  }
  return worn_mps2;
}

/// As the configuration writes it: "[x, y, -z]".
[[nodiscard]] inline std::string to_string(const config::Mount& mount) {
  std::string text;
  for (const auto& axis : mount.axes) {
    text += text.empty() ? "[" : ", ";
    if (axis.negated) text += '-';
    text += "xyz"[axis.source];
  }
  return text + "]";
}

}  // namespace propriod::daemon
