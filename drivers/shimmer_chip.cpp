#include "drivers/shimmer_chip.hpp"

#include <algorithm>
#include <span>

namespace propriod::drivers::shimmer {
namespace {

struct Range {
  double g;
  double lsb_per_mps2;
};

struct Facts {
  const char* name;
  double offset;
  std::array<Range, 4> ranges;  // by code
  std::array<std::int8_t, 9> alignment;
};

constexpr std::array<std::int8_t, 9> kTurnedLeft{0, -100, 0, -100, 0, 0, 0, 0, -100};

constexpr std::array<Range, 4> only(Range range) { return {range, range, range, range}; }

const Facts& facts_of(Chip chip) noexcept {
  static constexpr Facts kMma7260{.name = "MMA7260",
                                  .offset = 2048,
                                  .ranges = {{{1.5, 101}, {2, 76}, {4, 38}, {6, 25}}},
                                  .alignment = {-100, 0, 0, 0, -100, 0, 0, 0, 100}};
  static constexpr Facts kMma7361{.name = "MMA7361",
                                  .offset = 2048,
                                  .ranges = {{{1.5, 101}, {0, 101}, {0, 25}, {6, 25}}},  // it has two
                                  .alignment = {-100, 0, 0, 0, -100, 0, 0, 0, 100}};
  static constexpr Facts kKxrb5{
      .name = "KXRB5-2042", .offset = 2047, .ranges = only({2, 83}), .alignment = kTurnedLeft};
  static constexpr Facts kKxtc9{
      .name = "KXTC9-2050", .offset = 2253, .ranges = only({2, 92}), .alignment = kTurnedLeft};
  static constexpr Facts kLsm303dlhc{.name = "LSM303DLHC",
                                     .offset = 0,
                                     .ranges = {{{2, 1631}, {4, 815}, {8, 408}, {16, 135}}},
                                     .alignment = {-100, 0, 0, 0, 100, 0, 0, 0, -100}};
  static constexpr Facts kLsm303ah{.name = "LSM303AHTR",
                                   .offset = 0,
                                   .ranges = {{{2, 1671}, {16, 209}, {4, 836}, {8, 418}}},
                                   .alignment = {0, -100, 0, 100, 0, 0, 0, 0, -100}};
  static constexpr Facts kLsm6dsv{.name = "LSM6DSV",
                                  .offset = 0,
                                  .ranges = {{{2, 1672}, {4, 836}, {8, 418}, {16, 209}}},
                                  .alignment = {-100, 0, 0, 0, 100, 0, 0, 0, -100}};
  static constexpr Facts kLis2dw12{.name = "LIS2DW12",
                                   .offset = 0,
                                   .ranges = {{{2, 1671}, {4, 836}, {8, 418}, {16, 209}}},
                                   .alignment = kTurnedLeft};
  switch (chip) {
    case Chip::kMma7260:
      return kMma7260;
    case Chip::kMma7361:
      return kMma7361;
    case Chip::kKxrb5:
      return kKxrb5;
    case Chip::kKxtc9:
      return kKxtc9;
    case Chip::kLsm303dlhc:
      return kLsm303dlhc;
    case Chip::kLsm303ah:
      return kLsm303ah;
    case Chip::kLsm6dsv:
      return kLsm6dsv;
    case Chip::kLis2dw12:
      return kLis2dw12;
  }
  return kKxtc9;
}

const Range& range_of(Chip chip, std::uint8_t code) noexcept { return facts_of(chip).ranges[code % 4U]; }

bool is_first_generation(const Board& board) noexcept {
  switch (board.id) {
    case 31:
      return board.major <= 5;
    case 47:
    case 48:
      return board.major <= 2;
    default:
      return false;
  }
}

}  // namespace

bool has_no_lsm(const Board& board) noexcept {
  const auto is = [&](unsigned id, unsigned major, unsigned minor) {
    return board.id == id && board.major == major && board.minor == minor;
  };
  return is(31, 9, 1) || is(47, 5, 1) || is(48, 4, 1) || is(48, 4, 2) || is(49, 3, 1);
}

const char* name_of(Chip chip) noexcept { return facts_of(chip).name; }

Chip chip_of(Model model, Accelerometer accelerometer, const std::optional<Board>& board) noexcept {
  if (model == Model::kShimmer2r) return Chip::kMma7361;
  if (is_shimmer2(model)) return Chip::kMma7260;
  const bool wide_range = accelerometer == Accelerometer::kWideRange;
  if (model == Model::kShimmer3r) return wide_range ? Chip::kLis2dw12 : Chip::kLsm6dsv;
  if (board && is_first_generation(*board)) return wide_range ? Chip::kLsm303dlhc : Chip::kKxrb5;
  return wide_range ? Chip::kLsm303ah : Chip::kKxtc9;
}

double range_g(Chip chip, std::uint8_t code) noexcept { return range_of(chip, code).g; }

std::optional<std::uint8_t> range_code(Chip chip, double g) noexcept {
  for (std::uint8_t code = 0; code < 4; ++code) {
    if (range_g(chip, code) == g) return code;
  }
  return std::nullopt;
}

std::uint8_t wide_range_rate_code(Chip chip, double hz) noexcept {
  struct Step {
    double hz;
    std::uint8_t code;
  };
  static constexpr std::array<Step, 8> kDlhc{
      {{1, 1}, {10, 2}, {25, 3}, {50, 4}, {100, 5}, {200, 6}, {400, 7}, {1344, 9}}};
  static constexpr std::array<Step, 7> kAh{{{12.5, 1}, {25, 2}, {50, 3}, {100, 4}, {200, 5}, {400, 6}, {800, 7}}};
  static constexpr std::array<Step, 8> kLis2dw12{
      {{12.5, 2}, {25, 3}, {50, 4}, {100, 5}, {200, 6}, {400, 7}, {800, 8}, {1600, 9}}};
  std::span<const Step> steps = kAh;
  if (chip == Chip::kLsm303dlhc) steps = kDlhc;
  if (chip == Chip::kLis2dw12) steps = kLis2dw12;
  const auto enough = std::ranges::find_if(steps, [&](const Step& step) { return step.hz >= hz; });
  return enough == steps.end() ? steps.back().code : enough->code;
}

ChipDefaults defaults_of(Chip chip, std::uint8_t range_code) noexcept {
  const Facts& facts = facts_of(chip);
  return {
      .offset = facts.offset, .lsb_per_mps2 = range_of(chip, range_code).lsb_per_mps2, .alignment = facts.alignment};
}

}  // namespace propriod::drivers::shimmer
