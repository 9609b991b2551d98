#include "drivers/shimmer_calibration.hpp"

#include <gmock/gmock.h>

#include <array>

#include "drivers/sample.hpp"
#include "drivers/shimmer_chip.hpp"

namespace propriod::drivers::shimmer {
namespace {

TEST(ShimmerCalibration, InvertsAnAlignmentThatIsNoPermutation) {
  CalibrationBlock block{
      .offset = {10, -20, 30}, .sensitivity = {100, 200, 400}, .alignment = {1, -99, 3, -100, 2, 0, 4, -1, 98}};
  const PreciseAcceleration accel_mps2 = Calibrator(block).to_mps2({1234, -987, 555});
  // Put back through R: must be what the chip said.
  const std::array<double, 3> along_chip_mps2{(1234 - 10) / 100.0, (-987 + 20) / 200.0, (555 - 30) / 400.0};
  for (std::size_t row = 0; row < 3; ++row) {
    double sum = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) sum += block.alignment[3 * row + axis] / 100.0 * accel_mps2[axis];
    EXPECT_NEAR(sum, along_chip_mps2[row], 1e-12);
  }
}

TEST(ShimmerCalibration, JudgesABlockByWhatTheChipDoes) {
  const auto usual = CalibrationBlock::of(Chip::kKxtc9, 0);
  EXPECT_EQ(judge(usual, Chip::kKxtc9, 0, true), BlockVerdict::kUsable);
  CalibrationBlock never_written{};
  EXPECT_EQ(judge(never_written, Chip::kKxtc9, 0, true), BlockVerdict::kBlank);
  never_written.offset.fill(-1), never_written.sensitivity.fill(-1), never_written.alignment.fill(-1);
  EXPECT_EQ(judge(never_written, Chip::kMma7361, 0, true), BlockVerdict::kBlank);
  CalibrationBlock flat = usual;
  flat.alignment = {100, 0, 0, 100, 0, 0, 0, 0, 100};
  EXPECT_EQ(judge(flat, Chip::kKxtc9, 0, true), BlockVerdict::kSingular);
  CalibrationBlock insensitive = usual;
  insensitive.sensitivity[1] = 0;
  EXPECT_EQ(judge(insensitive, Chip::kKxtc9, 0, true), BlockVerdict::kSingular);
  insensitive.sensitivity[1] = 45;  // 92 is usual
  EXPECT_EQ(judge(insensitive, Chip::kKxtc9, 0, true), BlockVerdict::kImplausible);
  insensitive.sensitivity[1] = 47;
  EXPECT_EQ(judge(insensitive, Chip::kKxtc9, 0, true), BlockVerdict::kUsable);
}

TEST(ShimmerCalibration, KnowsTheDefaultsOfAnOlderChipOnABoardWithALaterOne) {
  const auto of_2013 = CalibrationBlock::of(Chip::kKxrb5, 0);
  EXPECT_EQ(judge(of_2013, Chip::kKxtc9, 0, true), BlockVerdict::kOfAnotherChip);
  EXPECT_EQ(judge(of_2013, Chip::kKxtc9, 0, false), BlockVerdict::kUsable);  // it may well have that chip
  EXPECT_EQ(judge(of_2013, Chip::kKxrb5, 0, true), BlockVerdict::kUsable);
  EXPECT_EQ(judge(CalibrationBlock::of(Chip::kLsm303dlhc, 0), Chip::kLsm303ah, 0, true), BlockVerdict::kOfAnotherChip);
}

TEST(ShimmerChip, IsToldByModelAndBoard) {
  const auto low_noise = [](std::optional<Board> board) {
    return chip_of(Model::kShimmer3, Accelerometer::kLowNoise, board);
  };
  EXPECT_EQ(low_noise(Board{31, 5, 0}), Chip::kKxrb5);
  EXPECT_EQ(low_noise(Board{31, 6, 0}), Chip::kKxtc9);
  EXPECT_EQ(low_noise(Board{48, 2, 0}), Chip::kKxrb5);
  EXPECT_EQ(low_noise(Board{48, 3, 0}), Chip::kKxtc9);
  EXPECT_EQ(low_noise(std::nullopt), Chip::kKxtc9);
  EXPECT_EQ(chip_of(Model::kShimmer3, Accelerometer::kWideRange, Board{47, 1, 0}), Chip::kLsm303dlhc);
  EXPECT_EQ(chip_of(Model::kShimmer3, Accelerometer::kWideRange, Board{47, 3, 0}), Chip::kLsm303ah);
  EXPECT_EQ(chip_of(Model::kShimmer3r, Accelerometer::kWideRange, std::nullopt), Chip::kLis2dw12);
  EXPECT_EQ(chip_of(Model::kShimmer2r, Accelerometer::kWideRange, std::nullopt), Chip::kMma7361);
}

TEST(ShimmerChip, HasItsOwnOrderOfRangesAndRates) {
  EXPECT_EQ(range_code(Chip::kLsm303ah, 16), 1);
  EXPECT_EQ(range_code(Chip::kLsm303dlhc, 16), 3);
  EXPECT_EQ(range_code(Chip::kLsm303ah, 3), std::nullopt);
  EXPECT_EQ(range_code(Chip::kMma7361, 1.5), 0);
  EXPECT_EQ(wide_range_rate_code(Chip::kLsm303ah, 51.2), 4);    // 100 Hz
  EXPECT_EQ(wide_range_rate_code(Chip::kLsm303dlhc, 51.2), 5);  // 100 Hz
  EXPECT_EQ(wide_range_rate_code(Chip::kLis2dw12, 50), 4);      // 50 Hz
  EXPECT_EQ(wide_range_rate_code(Chip::kLsm303dlhc, 4096), 9);  // there is no faster one
}

}  // namespace
}  // namespace propriod::drivers::shimmer
