#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "drivers/shimmer_protocol.hpp"

namespace propriod::drivers::shimmer {

/// The accelerometers that Shimmers were built with. Sources: boards log-and-stream-common,
/// docs/SHIMMER3_BOARD_REVISIONS.md; ranges and sensitivities Shimmer-Java-Android-API, sensors/*.
enum class Chip : std::uint8_t {
  kMma7260,     ///< Shimmer2
  kMma7361,     ///< Shimmer2r
  kKxrb5,       ///< KXRB5-2042, low noise, first Shimmer3
  kKxtc9,       ///< KXTC9-2050, low noise, later Shimmer3
  kLsm303dlhc,  ///< wide range, first Shimmer3
  kLsm303ah,    ///< LSM303AHTR, wide range, later Shimmer3
  kLsm6dsv,     ///< low noise, Shimmer3R
  kLis2dw12,    ///< wide range, Shimmer3R
};

[[nodiscard]] const char* name_of(Chip chip) noexcept;

/// What a Shimmer3's daughter card says of itself: SR`id`-`major`-`minor`.
struct Board {
  std::uint8_t id;
  std::uint8_t major;
  std::uint8_t minor;
};

/// Whether the board (of 2022) carries an ICM-20948 in the place of the LSM303, whose readings nobody here has seen.
[[nodiscard]] bool has_no_lsm(const Board& board) noexcept;

/// The chip that is read. A Shimmer3 whose board is not known is taken for one made since 2017.
[[nodiscard]] Chip chip_of(Model model, Accelerometer accelerometer, const std::optional<Board>& board) noexcept;

/// What a range code of 0 … 3 stands for, in g; 0 where it stands for nothing. The LSM303AHTR's are in no order.
[[nodiscard]] double range_g(Chip chip, std::uint8_t code) noexcept;

/// Nothing when the chip has no such range.
[[nodiscard]] std::optional<std::uint8_t> range_code(Chip chip, double g) noexcept;

/// The slowest of the wide-range chip's own rates that is not below `hz`: below it the stream would repeat readings.
[[nodiscard]] std::uint8_t wide_range_rate_code(Chip chip, double hz) noexcept;

/// What a chip without a calibration of its own does.
struct ChipDefaults {
  double offset;                         ///< raw, at 0 g
  double lsb_per_mps2;                   ///< of every axis
  std::array<std::int8_t, 9> alignment;  ///< of the chip in its box, rows, times 100
};
[[nodiscard]] ChipDefaults defaults_of(Chip chip, std::uint8_t range_code) noexcept;

}  // namespace propriod::drivers::shimmer
