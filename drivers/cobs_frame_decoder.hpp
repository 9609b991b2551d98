#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "drivers/adxl345_registers.hpp"
#include "drivers/serial_reading.hpp"

namespace propriod::drivers {

/// One frame of `drivers/cobs_protocol.md`, version 1, type 1.
struct CobsFrame {
  static constexpr std::size_t kMostSamples = adxl345::kFifoDepth;
  static constexpr std::size_t kHeaderBytes = 13;
  static constexpr std::size_t kSampleBytes = 6;
  static constexpr std::size_t kCrcBytes = 2;
  static constexpr std::size_t kMostBytes = kHeaderBytes + kMostSamples * kSampleBytes + kCrcBytes;

  std::uint16_t boot = 0;     ///< another number each time the device has started
  std::uint32_t number = 0;   ///< of the first sample, since that start; 2^32 is followed by 0
  std::uint32_t time_us = 0;  ///< when the last sample was measured, on the device's clock; wraps
  std::size_t count = 0;      ///< of samples, 1 … kMostSamples
  std::array<adxl345::Counts, kMostSamples> samples{};

  /// Reads what COBS held; nothing when the length, version, type or checksum is another.
  [[nodiscard]] static std::optional<CobsFrame> parse(std::span<const std::byte> bytes) noexcept;
};

/// Finds the frames of `drivers/cobs_protocol.md` in a stream of bytes, and tells from their numbers how many samples
/// are missing between them. Exact, as long as a frame that comes says what number it has: not known is only what was
/// lost behind the last frame, or behind the last one before the device restarted.
///
/// What stands before the first delimiter may be the end of a frame that began before anyone listened: it is used when
/// its checksum fits, and no damage otherwise. Needs neither clock nor line; one owner; never allocates.
class CobsFrameDecoder {
 public:
  /// `rate_hz`: nominal, for the times of the first frame's samples.
  explicit CobsFrameDecoder(double rate_hz) noexcept;

  /// The readings that end with this byte, oldest first; most often none. Valid until the next call.
  [[nodiscard]] std::span<const SerialReading> take(std::byte byte) noexcept;

  /// The line was cut and is whole again. What a device that went on measuring sent meanwhile counts as lost.
  void reconnected() noexcept;

  /// Bytes so far that belonged to good frames.
  [[nodiscard]] std::uint64_t understood_bytes() const noexcept { return understood_bytes_; }

 private:
  struct Place {
    std::uint16_t boot;
    std::uint32_t next_number;
    std::uint32_t raw_time_us;
    std::int64_t time_us;
  };

  std::span<const SerialReading> end_frame() noexcept;
  std::span<const SerialReading> hand_out(const CobsFrame& frame) noexcept;
  [[nodiscard]] bool is_repeated(const CobsFrame& frame) const noexcept;
  [[nodiscard]] bool continues(const CobsFrame& frame) const noexcept;

  double nominal_period_us_;
  // COBS adds at most a byte for each 254; a longer frame is none of ours.
  std::array<std::byte, CobsFrame::kMostBytes + 1> buffer_{};
  std::size_t length_ = 0;
  bool too_long_ = false;
  bool in_step_ = false;  // a delimiter has been seen
  bool damaged_ = false;  // since the last good frame
  std::optional<Place> place_;
  std::uint64_t understood_bytes_ = 0;
  std::array<SerialReading, CobsFrame::kMostSamples> readings_{};
};

}  // namespace propriod::drivers
