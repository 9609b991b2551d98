#include "drivers/serial_diagnosis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;

constexpr auto kWindow = 3s;
constexpr auto kRateWindow = 10s;
constexpr std::uint64_t kFewestBytes = 32;  // less says nothing
constexpr double kMostUnreadable = 0.5;
constexpr double kMostlyText = 0.9;
constexpr double kMostOffRate = 0.15;  // the chip's own oscillator is within 6 %

bool is_printable(char c) noexcept { return c >= ' ' && c <= '~'; }

}  // namespace

SerialDiagnosis::SerialDiagnosis(const Options& options) : options_(options) {}

void SerialDiagnosis::restart() noexcept {
  opinion_ = Opinion::kFine;
  window_start_.reset();
  rate_since_.reset();
  rate_was_off_ = false;
}

std::optional<std::string> SerialDiagnosis::observe(std::span<const std::byte> bytes, std::uint64_t understood_bytes,
                                                    std::uint64_t samples, BootTime now) {
  if (!window_start_) {
    window_start_ = now;
    window_bytes_ = window_text_ = 0;
    excerpt_length_ = 0;
    understood_before_ = understood_bytes;
    return std::nullopt;  // these bytes belong to the time before
  }
  window_bytes_ += bytes.size();
  for (const std::byte byte : bytes) {
    const auto c = static_cast<char>(byte);
    const bool is_space = c == '\n' || c == '\r' || c == '\t';
    if (!is_printable(c) && !is_space) continue;
    ++window_text_;
    if (excerpt_length_ < excerpt_.size()) excerpt_[excerpt_length_++] = is_space ? ' ' : c;
  }
  const Opinion before = opinion_;
  opinion_ = opinion(understood_bytes, samples, now);
  if (opinion_ == before) return std::nullopt;
  return in_words();
}

SerialDiagnosis::Opinion SerialDiagnosis::opinion(std::uint64_t understood_bytes, std::uint64_t samples, BootTime now) {
  if (now - *window_start_ < kWindow) return opinion_;
  const auto understood = static_cast<double>(understood_bytes - understood_before_);
  const auto bytes = static_cast<double>(window_bytes_);
  const bool text = static_cast<double>(window_text_) >= kMostlyText * bytes;
  window_start_.reset();
  if (window_bytes_ < kFewestBytes) return opinion_;
  if (understood < (1 - kMostUnreadable) * bytes) {
    rate_since_.reset();
    shown_.assign(excerpt_.data(), excerpt_length_);
    return text ? Opinion::kText : Opinion::kNoise;
  }
  if (!rate_since_) {
    rate_since_ = now;
    samples_before_ = samples;
    return opinion_ == Opinion::kOtherRate ? opinion_ : Opinion::kFine;
  }
  if (now - *rate_since_ < kRateWindow) return opinion_;
  measured_hz_ = static_cast<double>(samples - samples_before_) / seconds(now - *rate_since_);
  rate_since_ = now;
  samples_before_ = samples;
  const bool off = std::abs(measured_hz_ - options_.rate_hz) > kMostOffRate * options_.rate_hz;
  const bool again = std::exchange(rate_was_off_, off);  // once may be a device that has started anew
  if (off && !again) return opinion_;
  return off ? Opinion::kOtherRate : Opinion::kFine;
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
                       "what comes is text, but most lines are no \"x,y,z\" or \"t,x,y,z\" within 16 g: is `unit` what "
                       "the device prints? It sends \"{}\"",
                       shown_)
                 : fmt::format(
                       "what comes is text, not frames: set `format: csv`, or load the sketch that sends frames. "
                       "It sends \"{}\"",
                       shown_);
    case Opinion::kOtherRate:
      return fmt::format("the device sends {:.1f} samples a second, and `rate` says {:g}: set it to what is true",
                         measured_hz_, options_.rate_hz);
  }
  return {};
}

}  // namespace propriod::drivers
