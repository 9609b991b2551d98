#include "drivers/signal_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <string_view>

#include "drivers/sample.hpp"

namespace propriod::drivers {
namespace {

constexpr std::array<std::string_view, 3> kAxes{"x", "y", "z"};

// Two axes see the same movement and have the same noise. One that does not change while another wanders over this many
// of its own smallest steps cannot be measuring; fewer can be breathing that reaches one axis only.
constexpr double kWandersSteps = 6;
constexpr double kCoarseStepMps2 = 0.09;  // 10 mg: three times the noise of an ADXL345 at 100 Hz

constexpr double kClipsAt = 0.98;        // of the range
constexpr double kClipsTooOften = 0.01;  // of a block: a single knock does not count
constexpr std::uint32_t kFewestClipped = 3;

constexpr std::uint32_t kFewestAtRest = 4;  // samples
constexpr double kStillMps2 = 0.3;          // standard deviation: above the noise at 3200 Hz, below a walk
constexpr double kStillShare = 0.02;        // of the mean, where readings are in a larger unit than they should be
constexpr double kNormOff = 0.1;            // of 1 g
// Nobody falls for a whole block: a mean so small, at rest or not, is no acceleration of a body in m/s². Chips without
// power read zeros and their noise; readings in g come near 1, also of somebody who moves.
constexpr double kMostInGMps2 = 2;
constexpr double kLeastInGMps2 = 0.5;

double norm(const PreciseAcceleration& a) { return std::hypot(a[0], a[1], a[2]); }

std::string axes_in(std::uint8_t bits) {
  std::string names;
  for (std::size_t axis = 0; axis < kAxes.size(); ++axis) {
    if ((bits >> axis & 1U) == 0) continue;
    if (!names.empty()) names += " and ";
    names += kAxes[axis];
  }
  return names;
}

struct Unit {
  std::string_view name;
  double one_g;
};

/// What a wrong norm looks like: the readings are counts or multiples of g.
std::optional<Unit> likely_unit(double norm_mps2) {
  if (norm_mps2 >= kLeastInGMps2 && norm_mps2 < kMostInGMps2) return Unit{"g", 1};
  for (const Unit& unit : {Unit{"raw", 256}, Unit{"mg", 1000}}) {
    if (std::abs(norm_mps2 / unit.one_g - 1) < 0.2) return unit;
  }
  return std::nullopt;
}

/// The same words from block to block where the finding is the same: they are logged and published when they change.
std::string rest_in_words(double norm_mps2) {
  if (const auto unit = likely_unit(norm_mps2)) {
    return fmt::format("gravity reads about {:g} m/s² instead of 9.81: its readings look like {}; set `unit: {}`",
                       unit->one_g, unit->name, unit->name);
  }
  if (norm_mps2 < kLeastInGMps2) {
    return fmt::format("it measures nothing, less than {:g} m/s² where gravity is 9.81: check its power and its wiring",
                       kLeastInGMps2);
  }
  const double off = norm_mps2 / kStandardGravityMps2 - 1;
  return fmt::format(
      "at rest it measures {:.3g} m/s², {:.0f} % {} than gravity (9.81): calibrate it (`propriod sensors calibrate`), "
      "and check its `unit` and `range`",
      norm_mps2, std::abs(off) * 100, off > 0 ? "more" : "less");
}

}  // namespace

void SignalCheck::begin(BootTime time, const PreciseAcceleration& reading_mps2,
                        const PreciseAcceleration& accel_mps2) noexcept {
  started_ = true;
  last_mps2_ = reading_mps2;
  holds_.fill({.since = time, .lowest = reading_mps2, .highest = reading_mps2});
  block_ = {.begin = time, .origin_mps2 = accel_mps2};
  step_mps2_.fill(std::numeric_limits<double>::infinity());
}

void SignalCheck::observe(BootTime time, const PreciseAcceleration& reading_mps2,
                          const PreciseAcceleration& accel_mps2) noexcept {
  if (!started_ || time - last_time_ > kSilence) begin(time, reading_mps2, accel_mps2);
  last_time_ = time;
  watch_for_sticking(time, reading_mps2);

  if (time - block_.begin >= kBlock) {
    judge_block(time);
    block_ = {.begin = time, .origin_mps2 = accel_mps2};
  }
  ++block_.samples;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double from_origin = accel_mps2[axis] - block_.origin_mps2[axis];
    block_.sum[axis] += from_origin;
    block_.sum_of_squares[axis] += from_origin * from_origin;
    if (at_the_end_of_the_range(reading_mps2[axis])) ++block_.clipped[axis];
  }
}

void SignalCheck::watch_for_sticking(BootTime time, const PreciseAcceleration& reading_mps2) noexcept {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    Hold& hold = holds_[axis];
    if (const double change = std::abs(reading_mps2[axis] - last_mps2_[axis]); change > 0) {
      step_mps2_[axis] = std::min(step_mps2_[axis], change);
      hold = {.since = time, .lowest = reading_mps2, .highest = reading_mps2};
      continue;
    }
    for (std::size_t other = 0; other < 3; ++other) {
      hold.lowest[other] = std::min(hold.lowest[other], reading_mps2[other]);
      hold.highest[other] = std::max(hold.highest[other], reading_mps2[other]);
    }
  }
  last_mps2_ = reading_mps2;

  std::uint8_t stuck = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (sticks(axis, time)) stuck = static_cast<std::uint8_t>(stuck | 1U << axis);
  }
  const bool coarse =
      std::ranges::any_of(step_mps2_, [](double step) { return std::isfinite(step) && step >= kCoarseStepMps2; });
  const auto patience = coarse ? kCoarsePatience : kPatience;
  if (std::ranges::all_of(holds_, [&](const Hold& hold) { return time - hold.since >= patience; })) stuck = kFrozen;
  stuck_.store(stuck, std::memory_order_relaxed);
}

bool SignalCheck::at_the_end_of_the_range(double reading_mps2) const noexcept {
  return std::abs(reading_mps2) >= kClipsAt * range_mps2_.load(std::memory_order_relaxed);
}

bool SignalCheck::sticks(std::size_t axis, BootTime time) const noexcept {
  const Hold& hold = holds_[axis];
  if (time - hold.since < kPatience || at_the_end_of_the_range(last_mps2_[axis])) return false;
  for (std::size_t other = 0; other < 3; ++other) {
    if (hold.highest[other] - hold.lowest[other] >= kWandersSteps * step_mps2_[other]) return true;
  }
  return false;
}

void SignalCheck::judge_block(BootTime time) noexcept {
  const double samples = block_.samples;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::uint32_t clipped = block_.clipped[axis];
    if (clipped >= kFewestClipped && clipped > kClipsTooOften * samples) {
      clipped_at_[axis] = time;
      clipped_share_[axis].store(static_cast<float>(clipped / samples), std::memory_order_relaxed);
    } else if (clipped_at_[axis] && time - *clipped_at_[axis] >= kClippingStands) {
      clipped_at_[axis].reset();
      clipped_share_[axis].store(0, std::memory_order_relaxed);
    }
  }

  if (block_.samples < kFewestAtRest) return;
  PreciseAcceleration mean_mps2{};
  double variance = 0;  // of the least still axis
  double mean_square = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double mean = block_.sum[axis] / samples;
    mean_mps2[axis] = block_.origin_mps2[axis] + mean;
    const double axis_variance = block_.sum_of_squares[axis] / samples - mean * mean;
    variance = std::max(variance, axis_variance);
    mean_square += mean_mps2[axis] * mean_mps2[axis] + axis_variance;
  }
  if (mean_square < kMostInGMps2 * kMostInGMps2) {
    rest_norm_mps2_.store(std::sqrt(std::max(0.0, mean_square)), std::memory_order_relaxed);
    return;
  }
  // That it measures nothing, or in g, is disproved by a block of somebody who moves, too.
  if (rest_norm_mps2_.load(std::memory_order_relaxed) < kMostInGMps2) {
    rest_norm_mps2_.store(std::numeric_limits<double>::quiet_NaN(), std::memory_order_relaxed);
  }
  const double norm_mps2 = norm(mean_mps2);
  if (std::sqrt(variance) > std::max(kStillMps2, kStillShare * norm_mps2)) return;
  const bool far_from_1g = std::abs(norm_mps2 - kStandardGravityMps2) > kNormOff * kStandardGravityMps2;
  rest_norm_mps2_.store(far_from_1g ? norm_mps2 : std::numeric_limits<double>::quiet_NaN(), std::memory_order_relaxed);
}

std::vector<std::string> SignalCheck::in_words() const {
  std::vector<std::string> findings;
  const std::uint8_t stuck = stuck_.load(std::memory_order_relaxed);
  if (stuck == kFrozen) {
    findings.emplace_back(
        "no new measurements: all three axes have kept exactly the same value for 10 s or more; check its power and "
        "its bus");
  } else if (stuck != 0) {
    findings.push_back(
        fmt::format("{} stuck: exactly the same value for 10 s or more while another axis moved; the sensor is damaged "
                    "or its readings are decoded wrongly",
                    axes_in(stuck) + (std::has_single_bit(stuck) ? " is" : " are")));
  }
  for (std::size_t axis = 0; axis < kAxes.size(); ++axis) {
    const float share = clipped_share_[axis].load(std::memory_order_relaxed);
    const double range_mps2 = range_mps2_.load(std::memory_order_relaxed);
    if (share == 0 || !std::isfinite(range_mps2)) continue;  // another way to the device may not tell its range
    findings.push_back(fmt::format(
        "{} clips: {:.0f} % of its readings within 5 s were at the end of the range (±{:.3g} g); raise `range`, or "
        "check `unit`",
        kAxes[axis], std::max(1.F, share * 100), range_mps2 / kStandardGravityMps2));
  }
  const double norm_mps2 = rest_norm_mps2_.load(std::memory_order_relaxed);
  if (!std::isnan(norm_mps2)) findings.push_back(rest_in_words(norm_mps2));
  return findings;
}

}  // namespace propriod::drivers
