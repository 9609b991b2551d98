#include "drivers/serial_diagnosis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;

constexpr auto kWindow = 3s;
constexpr std::uint64_t kFewestBytes = 32;  // less says nothing
constexpr double kMostUnreadable = 0.5;
constexpr double kMostlyText = 0.9;
constexpr double kMostOffRate = 0.15;  // the chip's own oscillator is within 6 %
constexpr double kSteady = 0.05;       // a device that paused or started anew is further from its mean
constexpr double kMostOffTime = 1.25;  // resonators are within 2 %, a busy host is late by tenths of a second
constexpr double kSameUnit = 1.6;      // units are factors of 1000 apart

bool is_printable(char c) noexcept { return c >= ' ' && c <= '~'; }

bool is_within_factor(double factor, double ratio) noexcept { return ratio <= factor && ratio >= 1 / factor; }

/// For people: what was measured has no more digits than these.
double rounded(double value, int digits) {
  if (value == 0) return 0;
  const double step = std::pow(10, std::floor(std::log10(value)) - digits + 1);
  return std::round(value / step) * step;
}

}  // namespace

SerialDiagnosis::SerialDiagnosis(const Options& options) : options_(options) {}

void SerialDiagnosis::restart() noexcept {
  opinion_ = Opinion::kFine;
  window_start_.reset();
  mark_count_ = 0;
}

std::optional<std::string> SerialDiagnosis::observe(std::span<const std::byte> bytes, const Progress& progress,
                                                    BootTime now) {
  const Opinion before = opinion_;
  if (!window_start_) {  // these bytes belong to the time before
    window_start_ = now;
    window_bytes_ = window_text_ = 0;
    excerpt_length_ = 0;
    understood_before_ = progress.understood_bytes;
  } else {
    window_bytes_ += bytes.size();
    for (const std::byte byte : bytes) {
      const auto c = static_cast<char>(byte);
      const bool is_space = c == '\n' || c == '\r' || c == '\t';
      if (!is_printable(c) && !is_space) continue;
      ++window_text_;
      if (excerpt_length_ < excerpt_.size()) excerpt_[excerpt_length_++] = is_space ? ' ' : c;
    }
    if (now - *window_start_ >= kWindow) judge_bytes(progress);
  }
  judge_pace(progress, now);
  if (opinion_ == before) return std::nullopt;
  return in_words();
}

/// Whether they could be read.
void SerialDiagnosis::judge_bytes(const Progress& progress) {
  const auto understood = static_cast<double>(progress.understood_bytes - understood_before_);
  const auto bytes = static_cast<double>(window_bytes_);
  window_start_.reset();
  if (window_bytes_ < kFewestBytes) return;
  const bool was_unreadable = opinion_ == Opinion::kNoise || opinion_ == Opinion::kText;
  if (understood < (1 - kMostUnreadable) * bytes) {
    mark_count_ = 0;
    shown_.assign(excerpt_.data(), excerpt_length_);
    opinion_ = static_cast<double>(window_text_) >= kMostlyText * bytes ? Opinion::kText : Opinion::kNoise;
  } else if (was_unreadable) {
    opinion_ = Opinion::kFine;
  }
}

/// How fast samples and their times advance.
void SerialDiagnosis::judge_pace(const Progress& progress, BootTime now) {
  const bool brought_samples = std::exchange(samples_before_, progress.samples) != progress.samples;
  if (!brought_samples || opinion_ == Opinion::kNoise || opinion_ == Opinion::kText) return;
  if (mark_count_ > 0 && now - marks_[mark_count_ - 1].at < kWindow) return;
  if (mark_count_ == marks_.size()) {
    std::shift_left(marks_.begin(), marks_.end(), 1);
    --mark_count_;
  }
  marks_[mark_count_++] = {.at = now, .samples = progress.samples, .time_us = progress.time_us};
  if (mark_count_ < 2) return;

  const Pace newest = pace(marks_[mark_count_ - 2], marks_[mark_count_ - 1]);
  if (newest.device_us_per_us < 0) {  // the device has started anew
    marks_[0] = marks_[mark_count_ - 1];
    mark_count_ = 1;
    return;
  }
  const Pace whole = pace(marks_[0], marks_[mark_count_ - 1]);
  const bool is_sure = mark_count_ == marks_.size() && is_steady(whole);
  if (!options_.text || std::isnan(newest.device_us_per_us) ||
      is_within_factor(kMostOffTime, newest.device_us_per_us)) {
    doubts_times_ = false;
    if (opinion_ == Opinion::kOtherTime) opinion_ = Opinion::kFine;
    if (is_sure) judge_rate(whole);
    return;
  }
  const Pace& seen = is_sure ? whole : newest;
  if (!is_sure && true_time_unit(seen).empty()) return;  // perhaps it has started anew: no clock is off by a thousand
  doubts_times_ = true;
  opinion_ = Opinion::kOtherTime;
  seen_ = seen;
}

void SerialDiagnosis::judge_rate(const Pace& whole) noexcept {
  const bool is_off = std::abs(whole.hz - options_.rate_hz) > kMostOffRate * options_.rate_hz;
  opinion_ = is_off ? Opinion::kOtherRate : Opinion::kFine;
  seen_ = whole;
}

SerialDiagnosis::Pace SerialDiagnosis::pace(const Mark& from, const Mark& to) noexcept {
  const double time = seconds(to.at - from.at);
  const bool is_timed = from.time_us && to.time_us;
  return {.hz = static_cast<double>(to.samples - from.samples) / time,
          .device_us_per_us = is_timed ? static_cast<double>(*to.time_us - *from.time_us) * 1e-6 / time
                                       : std::numeric_limits<double>::quiet_NaN()};
}

/// Whether each part of the time between the marks is like all of it.
bool SerialDiagnosis::is_steady(const Pace& whole) const noexcept {
  const auto is_like = [](double part, double all) {
    return std::isnan(all) ? std::isnan(part) : std::abs(part - all) <= kSteady * all;
  };
  for (std::size_t i = 1; i < mark_count_; ++i) {
    const Pace part = pace(marks_[i - 1], marks_[i]);
    if (!is_like(part.hz, whole.hz) || !is_like(part.device_us_per_us, whole.device_us_per_us)) return false;
  }
  return true;
}

/// In which times would advance as ours, if not in the one configured; empty when there is none.
std::string_view SerialDiagnosis::true_time_unit(const Pace& seen) const noexcept {
  struct Unit {
    std::string_view name;
    double us;
  };
  constexpr std::array<Unit, 3> kUnits{{{"s", 1e6}, {"ms", 1e3}, {"us", 1}}};
  for (const auto& [name, us] : kUnits) {
    const bool is_configured = us == options_.us_per_time_unit;
    const double would_be = seen.device_us_per_us * us / options_.us_per_time_unit;
    if (!is_configured && is_within_factor(kSameUnit, would_be)) return name;
  }
  return {};
}

std::string SerialDiagnosis::in_words() const {
  switch (opinion_) {
    case Opinion::kFine:
      break;
    case Opinion::kNoise:
      return fmt::format(
          "most of what comes cannot be read at {} baud: is `baud` what the sketch gives to Serial.begin()? Usual are "
          "9600, 19200, 38400, 57600, 115200 and 230400{}",
          options_.baud, options_.text ? "; a sketch that sends frames needs `format: cobs`" : "");
    case Opinion::kText:
      return options_.text
                 ? fmt::format(
                       "what comes is text, but most lines are no \"x,y,z\" or \"t,x,y,z\" within 16 g: are `unit` and "
                       "`time_unit` what the device prints? It sends \"{}\"",
                       shown_)
                 : fmt::format(
                       "what comes is text, not frames: set `format: csv`, or load the sketch that sends frames. "
                       "It sends \"{}\"",
                       shown_);
    case Opinion::kOtherTime: {
      const std::string advance = fmt::format(
          "times advance by {:g} a sample; at {:g} Hz that is",
          rounded(seen_.device_us_per_us / seen_.hz * 1e6 / options_.us_per_time_unit, 3), rounded(seen_.hz, 2));
      const auto unit = true_time_unit(seen_);
      return fmt::format(
          "{} {}; until then, samples are timed by their count and their arrival", advance,
          unit.empty()
              ? "neither s, nor ms, nor us: does each line begin with the time, and is the device's clock right?"
              : fmt::format("{}: set `time_unit: {}`", unit, unit));
    }
    case Opinion::kOtherRate:
      return fmt::format("the device sends {:.1f} samples a second, and `rate` says {:g}: set it to what is true",
                         seen_.hz, options_.rate_hz);
  }
  return {};
}

}  // namespace propriod::drivers
