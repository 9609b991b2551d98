#pragma once

#include <optional>
#include <string>

/// Figures as a report writes them.
namespace propriod::train {

inline constexpr const char* kNothing = "–";  ///< where there is no figure

/// "68.59"; `kNothing` without a number.
[[nodiscard]] std::string number_text(std::optional<double> number, int decimals = 2);

/// "1,797,519", rounded.
[[nodiscard]] std::string thousands(double number);

/// A probability: "0.031", "< 0.001".
[[nodiscard]] std::string p_text(double p);

}  // namespace propriod::train
