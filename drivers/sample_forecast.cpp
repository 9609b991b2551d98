#include "drivers/sample_forecast.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;

constexpr auto kLongestReach = 60s;  // the oscillator's rate follows the temperature
constexpr auto kSpacing = 100ms;     // of the counts that are kept: to look back 10 s or more at any rate
constexpr double kJitter = 0.03;     // samples: how far one may be from its place

}  // namespace

SampleForecast::SampleForecast(double rate_hz, double most_drift_ppm) noexcept
    : slowest_hz_(rate_hz * (1 - most_drift_ppm * 1e-6)), fastest_hz_(rate_hz * (1 + most_drift_ppm * 1e-6)) {}

void SampleForecast::counted(std::int64_t made, BootTime before, BootTime after) noexcept {
  if (size_ > 0 && before - latest().before < kSpacing) return;
  latest_ = (latest_ + 1) % kCounts;
  counts_[latest_] = {.made = made, .before = before, .after = after};
  size_ = std::min(size_ + 1, kCounts);
}

std::optional<SampleForecast::Bounds> SampleForecast::made_by(BootTime time) const noexcept {
  if (size_ == 0 || time - latest().after > kLongestReach) return std::nullopt;

  // What was made is a straight line over time, above a floor after each count and below a ceiling before it.
  struct Bound {
    double ceiling;  // samples since the latest count
    double ceiling_s;
    double floor;
    double floor_s;  // until `time`: negative
  };
  std::array<Bound, kCounts> bounds;
  double least = 0;
  double most = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < size_; ++i) {
    const auto made = static_cast<double>(counts_[i].made - latest().made);
    bounds[i] = {.ceiling = made + 1 + kJitter,
                 .ceiling_s = seconds(counts_[i].before - time),
                 .floor = made - kJitter,
                 .floor_s = seconds(counts_[i].after - time)};
    least = std::max(least, bounds[i].floor - slowest_hz_ * bounds[i].floor_s);
    most = std::min(most, bounds[i].ceiling - fastest_hz_ * bounds[i].ceiling_s);
  }
  // Of all such lines the highest at `time` leans on an early floor and a late ceiling, the lowest on the reverse; so
  // every such pair bounds them all.
  for (std::size_t i = 0; i < size_; ++i) {
    const Bound& late = bounds[i];
    for (std::size_t j = 0; j < size_; ++j) {
      const Bound& early = bounds[j];
      if (early.floor_s < late.ceiling_s) {
        const double fastest_hz = (late.ceiling - early.floor) / (late.ceiling_s - early.floor_s);
        most = std::min(most, late.ceiling - fastest_hz * late.ceiling_s);
      }
      if (early.ceiling_s < late.floor_s && early.floor < late.floor) {
        const double slowest_hz = (late.floor - early.ceiling) / (late.floor_s - early.ceiling_s);
        least = std::max(least, late.floor - slowest_hz * late.floor_s);
      }
    }
  }
  if (least > most || most - least >= 1) return std::nullopt;
  const auto made = static_cast<double>(latest().made);
  return Bounds{.least = made + least, .most = made + most};
}

}  // namespace propriod::drivers
