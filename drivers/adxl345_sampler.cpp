#include "drivers/adxl345_sampler.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;
using adxl345::kFifoDepth;

constexpr double kFastest = 1 + adxl345::kMostDriftPpm * 1e-6;
constexpr BootClock::duration kLongestInterval = 200ms;  // between polls: what a window may be late by
constexpr double kSilentPeriods = 4;                     // without a sample; one is not there yet after the start
constexpr int kAttempts = 20;

}  // namespace

Adxl345Sampler::Adxl345Sampler(double rate_hz, int range_g, SampleListener& listener, std::function<BootTime()> now)
    : rate_hz_(rate_hz),
      range_g_(range_g),
      listener_(listener),
      now_(std::move(now)),
      clock_({.ticks_per_second = rate_hz, .most_drift_ppm = adxl345::kMostDriftPpm}),
      forecast_(rate_hz, adxl345::kMostDriftPpm) {}

void Adxl345Sampler::begin() noexcept {
  if (next_number_ > 0 || in_doubt_) listener_.on_gap();
  waiting_count_ = 0;
  restart_count();
  heard_ = now_();
}

void Adxl345Sampler::resume() noexcept {
  doubt();
  heard_ = now_();
}

Adxl345Sampler::Poll Adxl345Sampler::poll(Adxl345Chip& chip) noexcept {
  const BootTime before = now_();
  const auto level = chip.fifo_level();
  const BootTime after = now_();
  if (!level) return {.error = level.error(), .next = after};

  // A full FIFO may have been full for long. The chip's overrun bit would say no more: in stream mode it means full.
  if (*level >= kFifoDepth) {
    doubt();
  } else if (in_doubt_) {
    settle(before, after, *level);
  }
  if (!in_doubt_) count(*level, before, after);
  Poll result{.error = drain(chip, *level, after)};
  if (in_doubt_ && (attempts_ > kAttempts || !forecast_.made_by(after))) {
    listener_.on_gap();
    restart_count();
    hand_on_waiting(after);
  }

  if (*level > 0) heard_ = after;
  result.silent = seconds(after - heard_) * rate_hz_ > kSilentPeriods;
  result.next = next_poll(after);
  return result;
}

/// Takes `level` entries, in so few transfers as the FIFO cannot fill up in, or else the entries are not known to be in
/// a row.
std::error_code Adxl345Sampler::drain(Adxl345Chip& chip, unsigned level, BootTime asked) noexcept {
  std::array<Adxl345Burst, kFifoDepth> entries;
  for (std::size_t taken = 0; taken < level;) {
    const std::size_t room = kFifoDepth - level + taken;
    const auto chunk = std::span{entries}.subspan(taken, std::min(level - taken, std::max<std::size_t>(room, 1)));
    const I2cBus::Completed completed = chip.take(chunk);
    const bool first_in_doubt = in_doubt_ && taken == 0 && chunk.size() == 1;  // a row of one
    const bool in_a_row = seconds(now_() - asked) * rate_hz_ * kFastest < static_cast<double>(room);
    if (in_a_row || first_in_doubt) {
      const auto good = chunk.first(completed.bursts);
      in_doubt_ ? hold(good) : hand_on(good);
    }
    // An entry that did not arrive may have left the FIFO all the same, and so may those after it.
    if (completed.error || !(in_a_row || first_in_doubt)) {
      doubt();
      return completed.error;
    }
    taken += chunk.size();
  }
  return {};
}

void Adxl345Sampler::doubt() noexcept {
  waiting_count_ = 0;  // they and what comes next are in no row any more: found missing with the rest
  in_doubt_ = true;
  attempts_ = 0;
}

/// Finds the number of the oldest entry in doubt from how many samples the chip has made by now.
void Adxl345Sampler::settle(BootTime before, BootTime after, unsigned level) noexcept {
  ++attempts_;
  const auto at_least = forecast_.made_by(before);
  const auto at_most = forecast_.made_by(after);
  if (!at_least || !at_most) return;
  const double made = std::floor(at_least->least);
  if (made != std::floor(at_most->most)) return;  // perhaps in the middle between two samples

  const std::int64_t oldest = std::llround(made) - level - static_cast<std::int64_t>(waiting_count_);
  const std::int64_t lost = std::max<std::int64_t>(0, oldest - next_number_);
  if (lost > 0) listener_.on_lost(static_cast<std::uint64_t>(lost));
  next_number_ += lost;
  in_doubt_ = false;
  hand_on_waiting(after);
}

void Adxl345Sampler::restart_count() noexcept {
  clock_.restart();
  forecast_.forget();
  next_number_ = 0;
  in_doubt_ = false;
}

/// `level` entries wait, the oldest of them is `next_number_`.
void Adxl345Sampler::count(unsigned level, BootTime before, BootTime after) noexcept {
  const std::int64_t made = next_number_ + level;
  if (made == 0) return;  // the chip may take its time to start
  forecast_.counted(made, before, after);
  if (level > 0) clock_.observe(made - 1, after);
}

void Adxl345Sampler::hand_on_waiting(BootTime arrival) noexcept {
  const std::size_t count = std::exchange(waiting_count_, 0);
  if (count == 0) return;
  clock_.observe(next_number_ + static_cast<std::int64_t>(count) - 1, arrival);
  hand_on(std::span{waiting_}.first(count));
}

void Adxl345Sampler::hand_on(std::span<const Adxl345Burst> entries) noexcept {
  for (const Adxl345Burst& entry : entries) {
    const BootTime time = clock_.time_of(next_number_++);
    const auto counts = decode_adxl345_burst(entry, range_g_);
    if (!counts) {
      listener_.on_lost(1);
      continue;
    }
    PreciseAcceleration accel_mps2{};
    std::ranges::transform(*counts, accel_mps2.begin(),
                           [](std::int16_t count) { return count * adxl345::kMps2PerCount; });
    listener_.on_sample(time, accel_mps2);
  }
}

void Adxl345Sampler::hold(std::span<const Adxl345Burst> entries) noexcept {
  if (waiting_count_ + entries.size() > waiting_.size()) return doubt();
  std::ranges::copy(entries, waiting_.begin() + static_cast<std::ptrdiff_t>(waiting_count_));
  waiting_count_ += entries.size();
}

BootTime Adxl345Sampler::next_poll(BootTime now) noexcept {
  if (const auto made = in_doubt_ ? forecast_.made_by(now) : std::nullopt) {  // next in the middle between two samples
    const double middle = (made->least + made->most) / 2;
    double ahead = std::floor(middle) + 0.5 - middle;
    if (ahead <= 0) ahead += 1;
    return now + from_seconds(ahead / rate_hz_);
  }
  // Always the same time after a sample, polls would never show where it begins: each comes at another.
  dither_ = std::fmod(dither_ + adxl345::kPollStep, 1.0);
  const double most = std::min(adxl345::kWatermark / rate_hz_, seconds(kLongestInterval));
  return now + from_seconds(most + (dither_ - 1) / rate_hz_);
}

}  // namespace propriod::drivers
