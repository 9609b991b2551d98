#include "train/figure_text.hpp"

#include <fmt/format.h>

namespace propriod::train {

std::string number_text(std::optional<double> number, int decimals) {
  return number ? fmt::format("{:.{}f}", *number, decimals) : kNothing;
}

std::string thousands(double number) {
  const auto digits = fmt::format("{:.0f}", number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string p_text(double p) { return p < 0.001 ? "< 0.001" : fmt::format("{:.3f}", p); }

}  // namespace propriod::train
