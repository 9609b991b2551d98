#include "drivers/csv_line_decoder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "drivers/adxl345_registers.hpp"

namespace propriod::drivers {
namespace {

// The chip's widest range, and what its sensitivity and offset may add.
constexpr double kMostMps2 = 1.1 * 16 * kStandardGravityMps2;
constexpr double kMostTimeUs = 9e15;  // 285 years, also since 1970; exact in a double
constexpr double kTurn = 4294967296;  // of millis() and micros()
constexpr double kUsPerMs = 1000;
// A counter that turned round goes on where it was. One that is as far back otherwise began anew.
constexpr std::int64_t kMostAcrossTurnUs = 60'000'000;
constexpr int kOtherShapeBelieved = 4;
constexpr double kPhasePull = 0.25;  // what a sample that is late or early moves the beat by
constexpr double kNoLimit = std::numeric_limits<double>::infinity();
constexpr double kNear = 10;  // periods: of times that close by, ascending ones confirm each other

/// How many lines were merged into a damaged one that nobody can read, at least one: n lines of three fields that lost
/// the n − 1 line ends between them have 2n + 1.
constexpr std::uint64_t merged_lines(std::size_t fields) noexcept { return fields < 5 ? 1 : (fields - 1) / 2; }

}  // namespace

CsvLineDecoder::CsvLineDecoder(const Options& options) noexcept
    : options_(options),
      // Seconds are printed from millis().
      turn_us_(static_cast<std::int64_t>(kTurn * std::min(options.us_per_time_unit, kUsPerMs))),
      period_us_(1e6 / options.rate_hz) {
  periods_us_.fill(period_us_);
}

void CsvLineDecoder::reconnected() noexcept {
  length_ = 0;
  too_long_ = false;
  first_line_ = true;
  held_.reset();
  if (shape_ && !shape_->timed) pending_.gap = true;
}

std::span<const SerialReading> CsvLineDecoder::take(std::byte byte) noexcept {
  count_ = 0;
  const auto character = static_cast<char>(byte);
  if (character == '\n' || character == '\r') {
    end_line();
  } else if (length_ < line_.size()) {
    line_[length_++] = character;
  } else {
    too_long_ = true;
  }
  return std::span(readings_).first(count_);
}

void CsvLineDecoder::end_line() noexcept {
  const std::string_view text{line_.data(), std::exchange(length_, 0)};
  const bool too_long = std::exchange(too_long_, false);
  if (std::exchange(first_line_, false) || text.empty()) return;
  const CsvLine line = too_long ? CsvLine{} : parse_csv_line(text);
  bool understood = false;
  switch (line.kind) {
    case CsvLine::Kind::kReading:
      understood = take_reading(line);
      if (!understood) take_malformed(line.fields);
      break;
    case CsvLine::Kind::kComment:
      understood = true;
      break;
    case CsvLine::Kind::kText:  // in mid-stream: the device has started anew
      if (shape_ && !shape_->timed) pending_.gap = true;
      break;
    case CsvLine::Kind::kMalformed:
      take_malformed(line.fields);
  }
  if (understood) understood_bytes_ += text.size() + 1;
}

void CsvLineDecoder::take_malformed(std::size_t fields) noexcept {
  if (!shape_) return;  // what comes before the first reading
  pending_.resynchronised = true;
  if (!shape_->timed) pending_.lost += merged_lines(fields);
}

/// False when the line cannot be what the device meant.
bool CsvLineDecoder::take_reading(const CsvLine& line) noexcept {
  PreciseAcceleration accel_mps2 = line.axes;
  for (double& axis : accel_mps2) axis *= options_.mps2_per_unit;
  if (!std::ranges::all_of(accel_mps2, [](double axis) { return std::abs(axis) <= kMostMps2; })) return false;
  const double time_us = line.time.value_or(0) * options_.us_per_time_unit;
  if (!(time_us >= 0 && time_us <= kMostTimeUs)) return false;
  if (!has_shape({.timed = line.time.has_value(), .checked = line.checked})) return false;
  if (line.time) {
    take_timed({.raw_us = std::llround(time_us), .accel_mps2 = accel_mps2});
  } else {
    emit(accel_mps2, std::nullopt);
  }
  return true;
}

/// Whether the line is like those before. The first good one may have been damaged: several others overrule it.
bool CsvLineDecoder::has_shape(const Shape& shape) noexcept {
  if (!shape_) shape_ = shape;
  if (*shape_ == shape) {
    other_shape_ = 0;
    return true;
  }
  if (++other_shape_ < kOtherShapeBelieved) return false;
  shape_ = shape;
  other_shape_ = 0;
  place_.reset();
  held_.reset();
  in_step_ = false;
  pending_.restarted = pending_.gap = true;
  return true;
}

void CsvLineDecoder::take_timed(const Timed& line) noexcept {
  if (const auto held = std::exchange(held_, std::nullopt)) {
    const auto next_step_us = step_us(held->raw_us, line.raw_us);
    const auto step = step_us(place_->raw_us, held->raw_us);
    const bool in_order = step > 0 && next_step_us > 0 && static_cast<double>(step + next_step_us) < kNear * period_us_;
    if (in_order || is_one_period(static_cast<double>(next_step_us))) {
      // As many periods as there are, not one more because each of two steps was rounded up.
      emit_timed(*held, periods_in(step_us(place_->raw_us, line.raw_us)) - 1);
    } else {
      pending_.resynchronised = true;  // the beat tells the next one that a sample is missing
    }
  }
  const bool waits =
      in_step_ && !is_one_period(static_cast<double>(step_us(place_->raw_us, line.raw_us)) - place_->phase_us);
  if (waits) {
    held_ = line;
  } else {
    emit_timed(line, kNoLimit);
  }
}

/// `most_periods`: as many may have passed since the last reading, at least one.
void CsvLineDecoder::emit_timed(const Timed& line, double most_periods) noexcept {
  if (!place_) {
    place_ = {.raw_us = line.raw_us, .time_us = line.raw_us, .phase_us = 0};
    return emit(line.accel_mps2, place_->time_us);
  }
  const std::int64_t step = step_us(place_->raw_us, line.raw_us);
  const auto us = static_cast<double>(step);
  double phase_us = 0;
  if (step <= 0) {
    pending_.restarted = pending_.gap = true;
    in_step_ = false;
  } else if (in_step_) {
    const double periods = std::max(1.0, std::min(periods_in(step), most_periods));
    pending_.lost += static_cast<std::uint64_t>(periods) - 1;
    phase_us = (1 - kPhasePull) * (place_->phase_us + periods * period_us_ - us);
    learn_period(us / periods);
  } else {
    in_step_ = is_one_period(us);
    pending_.gap = pending_.gap || !in_step_;  // perhaps lost, perhaps another rate than configured
    learn_period(us);
  }
  place_ = {.raw_us = line.raw_us, .time_us = step > 0 ? place_->time_us + step : line.raw_us, .phase_us = phase_us};
  emit(line.accel_mps2, place_->time_us);
}

void CsvLineDecoder::emit(const PreciseAcceleration& accel_mps2, std::optional<std::int64_t> time_us) noexcept {
  readings_[count_++] = {.before = std::exchange(pending_, {}), .time_us = time_us, .accel_mps2 = accel_mps2};
}

/// The mean of the last ones, outliers aside: a mean, because a period that is no whole number of the device's ticks is
/// in no single step.
void CsvLineDecoder::learn_period(double us) noexcept {
  periods_us_[next_period_] = us;
  next_period_ = (next_period_ + 1) % periods_us_.size();
  auto periods = periods_us_;
  const auto middle = periods.begin() + periods.size() / 2;
  std::nth_element(periods.begin(), middle, periods.end());
  const double median = *middle;
  double sum = 0;
  int count = 0;
  for (const double period : periods) {
    if (std::abs(period - median) > median / 2) continue;
    sum += period;
    ++count;
  }
  period_us_ = sum / count;
}

std::int64_t CsvLineDecoder::step_us(std::int64_t from_raw_us, std::int64_t to_raw_us) const noexcept {
  const std::int64_t step = to_raw_us - from_raw_us;
  const bool turned = step < 0 && step + turn_us_ >= 0 && step + turn_us_ <= kMostAcrossTurnUs;
  return turned ? step + turn_us_ : step;
}

/// Since the last reading; half a period more is still rounded down.
double CsvLineDecoder::periods_in(std::int64_t step_us) const noexcept {
  return std::ceil((static_cast<double>(step_us) - place_->phase_us) / period_us_ - 0.5);
}

bool CsvLineDecoder::is_one_period(double us) const noexcept {
  return us >= 0.5 * period_us_ && us <= 1.5 * period_us_;
}

}  // namespace propriod::drivers
