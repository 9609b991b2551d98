#include "tests/simulators/slow_turn.hpp"

#include <cmath>
#include <numbers>

namespace propriod::tests {

drivers::adxl345::Counts SlowTurn::operator()(std::uint64_t index) {
  constexpr double kOneG = 256;
  constexpr std::uint64_t kSamplesPerTurn = 6000;
  const double angle = 2 * std::numbers::pi * static_cast<double>(index % kSamplesPerTurn) / kSamplesPerTurn;
  const auto counts = [this](double g) {
    return static_cast<std::int16_t>(std::lround(kOneG * g + noise_counts_(random_)));
  };
  return {counts(0.8 * std::sin(angle)), counts(0.6), counts(0.8 * std::cos(angle))};
}

}  // namespace propriod::tests
