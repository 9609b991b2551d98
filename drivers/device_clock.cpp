#include "drivers/device_clock.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;

constexpr double kBucketNs = 0.5e9;
constexpr double kShortestFitNs = 4e9;  // over less, jitter of milliseconds makes a slope of thousands of ppm
constexpr double kStepNs = 250e6;       // no link that works is later than its fastest arrivals by that, for long
constexpr auto kStepLasts = 3s;         // longer than any stall of a busy host
constexpr int kEarlyArrivals = 3;       // one may be a damaged time stamp; so many are a clock that was stepped
constexpr double kSlowest = 0.5;        // the pace of time while it waits for the fit, and
constexpr double kFastest = 1.5;        // while it catches up with it

constexpr double kLeak = 0.001;           // more than any crystal drifts: a slow one is no late one
constexpr double kTurnTolerance = 0.125;  // of a turn: jitter and drift
constexpr auto kTurnSettles = 1s;         // a backlog is worked off within that

std::chrono::nanoseconds rounded(double ns) noexcept { return std::chrono::nanoseconds{std::llround(ns)}; }

}  // namespace

DeviceClock::DeviceClock(const Options& options) noexcept
    : ns_per_tick_(1e9 / options.ticks_per_second), most_slope_(options.most_drift_ppm * 1e-6) {}

double DeviceClock::nominal_ns(std::int64_t ticks) const noexcept {
  return static_cast<double>(ticks - anchor_->ticks) * ns_per_tick_;
}

void DeviceClock::begin(std::int64_t ticks, BootTime arrival) noexcept {
  anchor_ = {.ticks = ticks, .time = arrival};
  line_.offset = 0;
  oldest_ = count_ = 0;
  open_bucket_ = std::numeric_limits<std::int64_t>::min();
  stepped_since_.reset();
  early_ = 0;
  told_.reset();
}

void DeviceClock::restart() noexcept { anchor_.reset(); }

void DeviceClock::observe(std::int64_t ticks, BootTime arrival) noexcept {
  latest_arrival_ = arrival;
  if (!anchor_) begin(ticks, arrival);
  Point seen{.x = nominal_ns(ticks), .y = 0};
  seen.y = static_cast<double>((arrival - anchor_->time).count()) - seen.x;
  const double above_line = seen.y - line_.at(seen.x);
  if (count_ > 0 && was_stepped(above_line, arrival)) {
    begin(ticks, arrival);
    seen = {.x = 0, .y = 0};
  } else if (count_ > 0 && above_line < -kStepNs) {
    return;  // perhaps a damaged time stamp: the next ones decide
  }
  keep(seen);
  line_.offset = std::min(line_.offset, seen.y - line_.slope * seen.x);
}

bool DeviceClock::was_stepped(double above_line, BootTime arrival) noexcept {
  early_ = above_line < -kStepNs ? early_ + 1 : 0;
  if (above_line <= kStepNs) {
    stepped_since_.reset();
  } else if (!stepped_since_) {
    stepped_since_ = arrival;
  }
  return early_ >= kEarlyArrivals || (stepped_since_ && arrival - *stepped_since_ >= kStepLasts);
}

DeviceClock::Point DeviceClock::point(std::size_t age) const noexcept { return points_[(oldest_ + age) % kBuckets]; }

/// Keeps the fastest arrival of each bucket; a bucket that ends is reason to fit anew.
void DeviceClock::keep(const Point& seen) noexcept {
  const auto bucket = static_cast<std::int64_t>(std::floor(seen.x / kBucketNs));
  if (count_ > 0 && bucket <= open_bucket_) {
    Point& fastest = points_[(oldest_ + count_ - 1) % kBuckets];
    if (seen.y - line_.slope * seen.x < fastest.y - line_.slope * fastest.x) fastest = seen;
    return;
  }
  fit();
  open_bucket_ = bucket;
  if (count_ == kBuckets) {
    oldest_ = (oldest_ + 1) % kBuckets;
    --count_;
  }
  while (count_ > 0 && seen.x - point(0).x > kBuckets * kBucketNs) {  // after a silence
    oldest_ = (oldest_ + 1) % kBuckets;
    --count_;
  }
  points_[(oldest_ + count_++) % kBuckets] = seen;
}

/// Of all lines that lie below every point, the one with the least sum of distances to them: the edge of the points'
/// lower convex hull that spans their mean x.
void DeviceClock::fit() noexcept {
  if (count_ < 2 || point(count_ - 1).x - point(0).x < kShortestFitNs) return;
  std::array<Point, kBuckets> hull;
  std::size_t size = 0;
  double mean_x = 0;
  for (std::size_t age = 0; age < count_; ++age) {
    const Point next = point(age);
    mean_x += next.x / static_cast<double>(count_);
    const auto lies_above = [&](const Point& a, const Point& b) {  // is b on or above the line from a to next?
      return (b.y - a.y) * (next.x - a.x) >= (next.y - a.y) * (b.x - a.x);
    };
    while (size >= 2 && lies_above(hull[size - 2], hull[size - 1])) --size;
    hull[size++] = next;
  }
  std::size_t right = 1;
  while (right + 1 < size && hull[right].x < mean_x) ++right;
  const Point& a = hull[right - 1];
  const Point& b = hull[right];
  line_.slope = std::clamp((b.y - a.y) / (b.x - a.x), -most_slope_, most_slope_);
  slope_known_ = true;
  line_.offset = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < size; ++i) line_.offset = std::min(line_.offset, hull[i].y - line_.slope * hull[i].x);
}

BootTime DeviceClock::time_of(std::int64_t ticks) noexcept {
  const double x = nominal_ns(ticks);
  BootTime time = anchor_->time + rounded(x + line_.at(x));
  if (const double advanced = told_ ? x - told_->x : 0; advanced > 0) {
    const BootTime earliest = told_->time + rounded(kSlowest * advanced);
    const BootTime latest = told_->time + rounded(kFastest * advanced);
    // Further behind than any jitter, the clock was stepped: nothing is gained by creeping.
    if (time < earliest || time - latest < rounded(kStepNs)) time = std::clamp(time, earliest, latest);
  }
  time = std::min(time, latest_arrival_);  // whatever the device's clock says: it was measured before it arrived
  if (last_time_ && time <= *last_time_) time = *last_time_ + 1ns;
  told_ = {.x = x, .time = time};
  last_time_ = time;
  return time;
}

double DeviceClock::drift_ppm() const noexcept {
  if (!slope_known_ || std::abs(line_.slope) >= most_slope_) return std::numeric_limits<double>::quiet_NaN();
  return -line_.slope / (1 + line_.slope) * 1e6;  // a slope of time over ticks: a fast clock's ticks stand for less
}

TickUnwrapper::TickUnwrapper(const Options& options) noexcept
    : turn_(std::int64_t{1} << options.bits),
      ticks_per_second_(options.ticks_per_second),
      period_ticks_(options.period_ticks) {}

std::int64_t TickUnwrapper::unwrap(std::uint32_t raw, BootTime arrival) noexcept {
  if (!last_) {
    last_ = {.raw = raw, .ticks = 0, .arrival = arrival};
    first_arrival_ = arrival;
    least_late_ = 0;
    late_since_.reset();
    return 0;
  }
  std::int64_t ticks = last_->ticks + static_cast<std::int64_t>(raw) - static_cast<std::int64_t>(last_->raw);
  if (raw < last_->raw) ticks += turn_;
  const bool is_next = std::abs(ticks - last_->ticks - period_ticks_) <= period_ticks_ / 8;
  ticks += missed_turns(ticks, arrival, is_next) * turn_;
  last_ = {.raw = raw, .ticks = ticks, .arrival = arrival};
  return ticks;
}

std::int64_t TickUnwrapper::missed_turns(std::int64_t ticks, BootTime arrival, bool is_next) noexcept {
  const auto ticks_in = [this](std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count() * ticks_per_second_;
  };
  const double late = ticks_in(arrival - first_arrival_) - static_cast<double>(ticks);
  least_late_ = std::min(late, least_late_ + kLeak * ticks_in(arrival - last_->arrival));
  const double turns = (late - least_late_) / static_cast<double>(turn_);
  if (turns < 1 - kTurnTolerance) {
    late_since_.reset();
    return 0;
  }
  if (!late_since_ && !is_next) return static_cast<std::int64_t>(std::floor(turns + kTurnTolerance));
  if (!late_since_) {
    late_since_ = arrival;
    late_by_ = turns;
  }
  late_by_ = std::min(late_by_, turns);
  if (arrival - *late_since_ < kTurnSettles) return 0;
  late_since_.reset();
  return static_cast<std::int64_t>(std::floor(late_by_ + kTurnTolerance));
}

}  // namespace propriod::drivers
