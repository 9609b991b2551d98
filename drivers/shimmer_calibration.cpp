#include "drivers/shimmer_calibration.hpp"

#include <algorithm>
#include <cmath>

namespace propriod::drivers::shimmer {
namespace {

constexpr double kMostSensitivityError = 0.5;  // of the chip's own

using Matrix = std::array<std::array<double, 3>, 3>;

Matrix matrix_of(const std::array<std::int8_t, 9>& rows) {
  Matrix matrix{};
  for (std::size_t i = 0; i < rows.size(); ++i) matrix[i / 3][i % 3] = rows[i];
  return matrix;
}

/// Cofactor of row and column, sign included.
double cofactor(const Matrix& m, std::size_t row, std::size_t column) {
  const std::size_t r1 = (row + 1) % 3;
  const std::size_t r2 = (row + 2) % 3;
  const std::size_t c1 = (column + 1) % 3;
  const std::size_t c2 = (column + 2) % 3;
  return m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1];
}

}  // namespace

CalibrationBlock CalibrationBlock::parse(std::span<const std::byte, kBytes> bytes) noexcept {
  const auto big_endian = [&](std::size_t at) {
    return static_cast<std::int16_t>(std::to_integer<unsigned>(bytes[at]) << 8U |
                                     std::to_integer<unsigned>(bytes[at + 1]));
  };
  CalibrationBlock block;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    block.offset[axis] = big_endian(2 * axis);
    block.sensitivity[axis] = big_endian(6 + 2 * axis);
  }
  for (std::size_t i = 0; i < block.alignment.size(); ++i) block.alignment[i] = static_cast<std::int8_t>(bytes[12 + i]);
  return block;
}

CalibrationBlock CalibrationBlock::of(Chip chip, std::uint8_t range_code) noexcept {
  const ChipDefaults defaults = defaults_of(chip, range_code);
  CalibrationBlock block;
  block.offset.fill(static_cast<std::int16_t>(defaults.offset));
  block.sensitivity.fill(static_cast<std::int16_t>(defaults.lsb_per_mps2));
  block.alignment = defaults.alignment;
  return block;
}

double CalibrationBlock::determinant() const noexcept {
  const Matrix m = matrix_of(alignment);
  return m[0][0] * cofactor(m, 0, 0) + m[0][1] * cofactor(m, 0, 1) + m[0][2] * cofactor(m, 0, 2);
}

const char* in_words(BlockVerdict verdict) noexcept {
  switch (verdict) {
    case BlockVerdict::kUsable:
      return "usable";
    case BlockVerdict::kBlank:
      return "blank";
    case BlockVerdict::kSingular:
      return "of no meaning";
    case BlockVerdict::kImplausible:
      return "far from what the chip does";
    case BlockVerdict::kOfAnotherChip:
      return "the default of another chip";
  }
  return "unknown";
}

BlockVerdict judge(const CalibrationBlock& block, Chip chip, std::uint8_t range_code, bool is_chip_known) noexcept {
  const auto is_filled_with = [&](int value) {
    const auto all = [&](const auto& numbers) {
      return std::ranges::all_of(numbers, [&](int number) { return number == value; });
    };
    return all(block.offset) && all(block.sensitivity) && all(block.alignment);
  };
  if (is_filled_with(0) || is_filled_with(-1)) return BlockVerdict::kBlank;
  if (block.determinant() == 0 || std::ranges::find(block.sensitivity, 0) != block.sensitivity.end()) {
    return BlockVerdict::kSingular;
  }
  const double expected = defaults_of(chip, range_code).lsb_per_mps2;
  for (const double sensitivity : block.sensitivity) {
    if (std::abs(sensitivity - expected) > kMostSensitivityError * expected) return BlockVerdict::kImplausible;
  }
  const bool has_factory_defaults =
      (chip == Chip::kKxtc9 && block == CalibrationBlock::of(Chip::kKxrb5, range_code)) ||
      (chip == Chip::kLsm303ah && block == CalibrationBlock::of(Chip::kLsm303dlhc, range_code));
  return is_chip_known && has_factory_defaults ? BlockVerdict::kOfAnotherChip : BlockVerdict::kUsable;
}

Calibrator::Calibrator(const CalibrationBlock& block) noexcept {
  const Matrix m = matrix_of(block.alignment);
  const double determinant = block.determinant();
  for (std::size_t i = 0; i < 3; ++i) {
    offset_[i] = block.offset[i];
    sensitivity_[i] = block.sensitivity[i];
    // R is the block's matrix / 100, so its inverse is 100 times that of the matrix.
    for (std::size_t j = 0; j < 3; ++j) inverse_[i][j] = 100 * cofactor(m, j, i) / determinant;
  }
}

PreciseAcceleration Calibrator::to_mps2(const std::array<std::int32_t, 3>& raw) const noexcept {
  PreciseAcceleration accel_mps2{};
  for (std::size_t j = 0; j < 3; ++j) {
    const double along_chip_mps2 = (raw[j] - offset_[j]) / sensitivity_[j];
    for (std::size_t i = 0; i < 3; ++i) accel_mps2[i] += inverse_[i][j] * along_chip_mps2;
  }
  return accel_mps2;
}

}  // namespace propriod::drivers::shimmer
