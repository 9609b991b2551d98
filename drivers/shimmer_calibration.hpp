#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "drivers/calibration.hpp"
#include "drivers/shimmer_chip.hpp"

namespace propriod::drivers::shimmer {

/// The calibration of one accelerometer in one range, as the device keeps it:
///     byte   0 …      6 …          12 … 20
///            offset   sensitivity  alignment
/// three big-endian 16-bit numbers each for offset (raw) and sensitivity (LSB per m/s²), and the rows of the alignment
/// matrix R in hundredths: true = R⁻¹ · K⁻¹ · (raw − offset), K = diag(sensitivity). Source: Shimmer-Java-Android-API,
/// driver/calibration/UtilCalibration.java.
struct CalibrationBlock {
  static constexpr std::size_t kBytes = 21;

  std::array<std::int16_t, 3> offset{};
  std::array<std::int16_t, 3> sensitivity{};
  std::array<std::int8_t, 9> alignment{};

  [[nodiscard]] static CalibrationBlock parse(std::span<const std::byte, kBytes> bytes) noexcept;
  /// What the data sheets say of a chip.
  [[nodiscard]] static CalibrationBlock of(Chip chip, std::uint8_t range_code) noexcept;
  /// Not zero when R can be inverted; in hundredths too.
  [[nodiscard]] double determinant() const noexcept;
  friend bool operator==(const CalibrationBlock&, const CalibrationBlock&) = default;
};

enum class BlockVerdict : std::uint8_t {
  kUsable,
  kBlank,        ///< never written: all FF (Shimmer2) or all 00
  kSingular,     ///< R cannot be inverted, or a sensitivity is 0
  kImplausible,  ///< a sensitivity more than half off the chip's
  /// The firmware's defaults, which are those of the chips of 2013 whatever is fitted: read by a later chip they are
  /// 2.5 m/s² off at 0 g.
  kOfAnotherChip,
};

[[nodiscard]] const char* in_words(BlockVerdict verdict) noexcept;

/// `is_chip_known`: `chip` is what the board says, not a guess; only then another chip's defaults can be told.
[[nodiscard]] BlockVerdict judge(const CalibrationBlock& block, Chip chip, std::uint8_t range_code,
                                 bool is_chip_known) noexcept;

/// Raw readings to m/s², with the inverse worked out once.
class Calibrator {
 public:
  /// `block` is neither blank nor singular.
  explicit Calibrator(const CalibrationBlock& block) noexcept;

  [[nodiscard]] PreciseAcceleration to_mps2(const std::array<std::int32_t, 3>& raw) const noexcept;

 private:
  std::array<double, 3> offset_{};
  std::array<std::array<double, 3>, 3> inverse_{};  // of R, without K: two divisions round better than one product
  std::array<double, 3> sensitivity_{};
};

}  // namespace propriod::drivers::shimmer
