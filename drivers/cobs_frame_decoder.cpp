#include "drivers/cobs_frame_decoder.hpp"

#include <algorithm>
#include <cmath>

#include "drivers/adxl345_registers.hpp"
#include "drivers/cobs.hpp"
#include "drivers/crc16.hpp"

namespace propriod::drivers {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kSamplesType = 1;
constexpr std::uint16_t kCrcStart = 0xffff;

// A device that was away for longer has a clock that may have turned round: 2^32 µs are 71 minutes.
constexpr std::uint32_t kLongestSilenceUs = 60 * 60 * 1'000'000U;
// Samples numbered so far behind what was expected are a device that counts anew under an old boot number.
constexpr std::uint32_t kHalfTheNumbers = std::uint32_t{1} << 31U;

// More samples than these are not believed lost in a time too short for them.
constexpr std::uint32_t kAlwaysBelieved = 1000;
constexpr double kMostRate = 4;  // of the nominal: configured wrong

constexpr double kMostPeriod = 2;  // of the nominal: configured wrong, or a device that paused

template <typename Unsigned>
Unsigned little_endian(std::span<const std::byte> bytes) noexcept {
  Unsigned value = 0;
  for (std::size_t i = sizeof(Unsigned); i-- > 0;) {
    value = static_cast<Unsigned>((std::uint64_t{value} << 8U) | std::to_integer<std::uint64_t>(bytes[i]));
  }
  return value;
}

}  // namespace

std::optional<CobsFrame> CobsFrame::parse(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < kHeaderBytes + kSampleBytes + kCrcBytes) return std::nullopt;
  const auto covered = bytes.first(bytes.size() - kCrcBytes);
  CobsFrame frame;
  frame.count = std::to_integer<std::size_t>(bytes[12]);
  if (frame.count > kMostSamples || covered.size() != kHeaderBytes + frame.count * kSampleBytes) return std::nullopt;
  if (crc16_ccitt(covered, kCrcStart) != little_endian<std::uint16_t>(bytes.last(kCrcBytes))) return std::nullopt;
  if (bytes[0] != std::byte{kVersion} || bytes[1] != std::byte{kSamplesType}) return std::nullopt;
  frame.boot = little_endian<std::uint16_t>(bytes.subspan(2));
  frame.number = little_endian<std::uint32_t>(bytes.subspan(4));
  frame.time_us = little_endian<std::uint32_t>(bytes.subspan(8));
  for (std::size_t i = 0; i < frame.count; ++i) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const auto at = kHeaderBytes + i * kSampleBytes + axis * sizeof(std::int16_t);
      frame.samples[i][axis] = static_cast<std::int16_t>(little_endian<std::uint16_t>(bytes.subspan(at)));
    }
  }
  return frame;
}

CobsFrameDecoder::CobsFrameDecoder(double rate_hz) noexcept : nominal_period_us_(1e6 / rate_hz) {}

void CobsFrameDecoder::reconnected() noexcept {
  length_ = 0;
  too_long_ = in_step_ = damaged_ = false;
}

std::span<const SerialReading> CobsFrameDecoder::take(std::byte byte) noexcept {
  if (byte == std::byte{0}) return end_frame();
  if (length_ < buffer_.size()) {
    buffer_[length_++] = byte;
  } else {
    too_long_ = true;
  }
  return {};
}

std::span<const SerialReading> CobsFrameDecoder::end_frame() noexcept {
  const auto encoded = std::span(buffer_).first(length_);
  const bool whole = !too_long_;
  const bool may_be_partial = !in_step_;
  length_ = 0;
  too_long_ = false;
  in_step_ = true;
  if (encoded.empty()) return {};  // a device may send delimiters to end what it was in the middle of

  if (const auto length = whole ? cobs_decode(encoded) : std::nullopt) {
    if (const auto frame = CobsFrame::parse(encoded.first(*length))) {
      understood_bytes_ += encoded.size() + 1;
      return hand_out(*frame);
    }
  }
  damaged_ = damaged_ || !may_be_partial;
  return {};
}

/// By a link that got no answer, say.
bool CobsFrameDecoder::is_repeated(const CobsFrame& frame) const noexcept {
  return place_ && place_->boot == frame.boot && place_->raw_time_us == frame.time_us &&
         place_->next_number == frame.number + static_cast<std::uint32_t>(frame.count);
}

bool CobsFrameDecoder::continues(const CobsFrame& frame) const noexcept {
  if (!place_ || place_->boot != frame.boot) return false;
  const std::uint32_t lost = frame.number - place_->next_number;
  const std::uint32_t span_us = frame.time_us - place_->raw_time_us;
  if (lost >= kHalfTheNumbers || span_us >= kLongestSilenceUs) return false;
  return lost <= kAlwaysBelieved || lost <= kMostRate * span_us / nominal_period_us_;
}

std::span<const SerialReading> CobsFrameDecoder::hand_out(const CobsFrame& frame) noexcept {
  if (is_repeated(frame)) return {};
  SerialReading reading;
  reading.before.resynchronised = damaged_;
  damaged_ = false;
  const auto count = static_cast<std::int64_t>(frame.count);
  std::int64_t last_us = frame.time_us;
  std::int64_t span_us = std::llround(nominal_period_us_ * static_cast<double>(count));
  std::int64_t periods = count;  // in span_us, which ends with the last sample
  if (continues(frame)) {
    reading.before.lost = frame.number - place_->next_number;
    span_us = frame.time_us - place_->raw_time_us;
    last_us = place_->time_us + span_us;
    periods += static_cast<std::int64_t>(reading.before.lost);
  } else if (place_) {
    reading.before.restarted = reading.before.gap = true;
    if (place_->boot != frame.boot) reading.before.lost = frame.number;  // all since the start
  }
  place_ = {.boot = frame.boot,
            .next_number = frame.number + static_cast<std::uint32_t>(frame.count),
            .raw_time_us = frame.time_us,
            .time_us = last_us};

  // Numbers that go on while time does not: the pause was before them, not between them.
  const auto spread_us =
      std::min<std::int64_t>(span_us, std::llround(kMostPeriod * nominal_period_us_ * static_cast<double>(periods)));
  for (std::int64_t i = 0; i < count; ++i) {
    const auto& counts = frame.samples[static_cast<std::size_t>(i)];
    reading.time_us = last_us - spread_us * (count - 1 - i) / periods;
    for (std::size_t axis = 0; axis < 3; ++axis) reading.accel_mps2[axis] = counts[axis] * adxl345::kMps2PerCount;
    readings_[static_cast<std::size_t>(i)] = reading;
    reading.before = {};
  }
  return std::span(readings_).first(frame.count);
}

}  // namespace propriod::drivers
