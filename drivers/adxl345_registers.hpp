#pragma once

#include <array>
#include <cstdint>

#include "drivers/sample.hpp"

/// The part of the ADXL345's register map that a reader of samples needs: data sheet rev. G, "Register Map".
namespace propriod::drivers::adxl345 {

inline constexpr std::uint8_t kDeviceId = 0x00;
inline constexpr std::uint8_t kOffsetX = 0x1e;  ///< and Y, Z: int8, 15.6 mg each, added to what is read
inline constexpr std::uint8_t kOffsetY = 0x1f;
inline constexpr std::uint8_t kOffsetZ = 0x20;
inline constexpr std::uint8_t kRate = 0x2c;  ///< BW_RATE: bit 4 low power, bits 3 to 0 rate code
inline constexpr std::uint8_t kPowerControl = 0x2d;
inline constexpr std::uint8_t kInterruptEnable = 0x2e;
inline constexpr std::uint8_t kInterruptMap = 0x2f;     ///< a bit set: that interrupt goes to INT2
inline constexpr std::uint8_t kInterruptSource = 0x30;  ///< reading clears what reading data does not
inline constexpr std::uint8_t kDataFormat = 0x31;
inline constexpr std::uint8_t kData = 0x32;         ///< X0 X1 Y0 Y1 Z0 Z1, to be read in one burst
inline constexpr std::uint8_t kFifoControl = 0x38;  ///< bits 7 and 6 mode, bits 4 to 0 watermark
inline constexpr std::uint8_t kFifoStatus = 0x39;   ///< bit 7 triggered, bits 5 to 0 entries
inline constexpr std::uint8_t kRegisters = 0x3a;    ///< how many there are

inline constexpr std::uint8_t kExpectedDeviceId = 0xe5;
inline constexpr std::uint8_t kMeasure = 0x08;             ///< in kPowerControl; without it the chip stands by
inline constexpr std::uint8_t kFullResolution = 0x08;      ///< in kDataFormat
inline constexpr std::uint8_t kStreamMode = 0x80;          ///< in kFifoControl: the newest samples are kept
inline constexpr std::uint8_t kWatermarkInterrupt = 0x02;  ///< in the three interrupt registers
inline constexpr std::uint8_t kOverrunInterrupt = 0x01;    ///< in stream mode: the FIFO is full

inline constexpr unsigned kFifoDepth = 32;  ///< one more may wait in the output register
inline constexpr unsigned kWatermark = 16;  ///< entries: half of the FIFO to be late in
inline constexpr std::uint8_t kFifoSetting = kStreamMode | kWatermark;

/// In full resolution, whatever the range: 256 LSB/g, which the data sheet rounds to 3.9 mg.
inline constexpr double kMps2PerCount = 0.0039 * kStandardGravityMps2;

/// The largest reading of an axis in a range of ±`range_g`.
[[nodiscard]] constexpr double full_scale_mps2(int range_g) noexcept { return (256 * range_g - 1) * kMps2PerCount; }

/// By how much of a period polls move from one to the next, so that some come just after a sample was made, whatever
/// the rate: those tell its time. The golden ratio's multiples spread the most evenly.
inline constexpr double kPollStep = 0.6180339887498949;

/// The rates offered, and their codes in `kRate` (table "Typical Current Consumption vs. Data Rate").
struct RateCode {
  double rate_hz;
  std::uint8_t code;
};
inline constexpr std::array<RateCode, 6> kRateCodes{
    {{12.5, 0x07}, {25, 0x08}, {50, 0x09}, {100, 0x0a}, {200, 0x0b}, {400, 0x0c}}};

/// The chip's oscillator may be off by that much; typically a few per cent over temperature and supply.
inline constexpr double kMostDriftPpm = 60'000;

using Counts = std::array<std::int16_t, 3>;  ///< x, y, z as the chip says them

}  // namespace propriod::drivers::adxl345
