#include "model/resampler.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace propriod::model {
namespace {

constexpr int kAgreeingIntervals = 8;
constexpr double kSamePeriod = 1.25;  // intervals within this ratio count as the same rate
constexpr double kSlowest = 0.9;      // of the slower of the nominal and the model's rate: as slow as a sensor may be
constexpr double kThinning = 1.5;
constexpr double kCutoff = 0.4;  // of the target rate: the fourth-order filter is at −8 dB where aliasing begins

std::chrono::nanoseconds period_of(double rate_hz) noexcept {
  return std::chrono::nanoseconds{std::llround(1e9 / rate_hz)};
}

bool same_period(std::chrono::nanoseconds a, std::chrono::nanoseconds b) noexcept {
  const auto [shorter, longer] = std::minmax(a, b);
  return static_cast<double>(longer.count()) <= kSamePeriod * static_cast<double>(shorter.count());
}

}  // namespace

SourceRate::SourceRate(double nominal_hz, std::chrono::nanoseconds slowest) noexcept
    : period_(period_of(nominal_hz)), slowest_(slowest) {}

bool SourceRate::observe(std::chrono::nanoseconds interval) noexcept {
  if (same_period(interval, period_) || interval > slowest_) {
    agreeing_ = 0;
    return false;
  }
  if (agreeing_ == 0 || !same_period(interval, candidate_)) {
    candidate_ = interval;
    agreeing_ = 1;
    return false;
  }
  if (++agreeing_ < kAgreeingIntervals) return false;
  period_ = candidate_;
  agreeing_ = 0;
  return true;
}

Resampler::Resampler(const Options& options) noexcept
    : target_rate_hz_(options.target_rate_hz),
      target_period_(period_of(options.target_rate_hz)),
      source_rate_(options.source_rate_hz,
                   period_of(kSlowest * std::min(options.source_rate_hz, options.target_rate_hz))) {
  design_low_pass();
}

void Resampler::design_low_pass() noexcept {
  const double source_rate_hz = 1e9 / static_cast<double>(source_rate_.period().count());
  if (source_rate_hz >= kThinning * target_rate_hz_) {
    low_pass_.emplace(kCutoff * target_rate_hz_, source_rate_hz);
  } else {
    low_pass_.reset();
  }
}

Resampler::Advance Resampler::advance(const drivers::Sample& sample, bool after_gap) noexcept {
  if (started_) {
    const auto interval = sample.time - current_.time;
    if (interval <= std::chrono::nanoseconds::zero()) {
      ++counters_.not_ascending;
      return Advance::kDropped;
    }
    const bool rate_changed = source_rate_.observe(interval);
    if (rate_changed) {
      design_low_pass();
      if (low_pass_) low_pass_->settle(current_.accel_mps2);
    }
    if (!after_gap && interval <= 3 * std::max(source_rate_.period(), target_period_)) {
      previous_ = current_;
      current_ = {sample.time, low_pass_ ? low_pass_->filter(sample.accel_mps2) : sample.accel_mps2};
      return Advance::kContinued;
    }
    ++counters_.gaps;
  }
  started_ = true;
  if (low_pass_) low_pass_->settle(sample.accel_mps2);
  current_ = sample;
  grid_start_ = sample.time;
  grid_points_ = 1;
  return Advance::kRestarted;
}

drivers::BootTime Resampler::next_grid_time() const noexcept {
  // From the count, not by adding periods: 1/30 s is no whole number of nanoseconds, and the error must not add up.
  return grid_start_ +
         std::chrono::nanoseconds{std::llround(static_cast<double>(grid_points_) * 1e9 / target_rate_hz_)};
}

drivers::Sample Resampler::take_grid_point() noexcept {
  drivers::Sample point{next_grid_time(), {}};
  ++grid_points_;
  const double share = static_cast<double>((point.time - previous_.time).count()) /
                       static_cast<double>((current_.time - previous_.time).count());
  for (std::size_t axis = 0; axis < 3; ++axis) {
    point.accel_mps2[axis] = static_cast<float>(std::lerp(static_cast<double>(previous_.accel_mps2[axis]),
                                                          static_cast<double>(current_.accel_mps2[axis]), share));
  }
  return point;
}

}  // namespace propriod::model
