#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <tl/expected.hpp>

#include "drivers/adxl345_registers.hpp"
#include "drivers/i2c_bus.hpp"

namespace propriod::drivers {

/// One FIFO entry as it came over the wire: the registers 0x32 to 0x39.
using Adxl345Burst = std::array<std::uint8_t, 8>;

/// What a burst says, where it says what the chip can say with `range_g` in full resolution:
///     byte   0  1   2  3   4  5      6          7
///            x      y      z         FIFO_CTL   FIFO_STATUS
/// The axes are little-endian and sign-extended (data sheet rev. G, registers 0x32 to 0x37); FIFO_CTL is what was
/// written there, and no more than 32 entries are left. A bus that floats reads ff, which passes for an axis of −1 but
/// not for these two; so does a chip that lost its settings. That is why a sample is read together with them, as
/// Klipper does. The 5 µs that the FIFO needs between the last data register and its status (page 21) pass while the
/// byte of FIFO_CTL goes over the wire: 22 µs at 400 kHz. Any thread.
[[nodiscard]] std::optional<adxl345::Counts> decode_adxl345_burst(std::span<const std::uint8_t, 8> burst,
                                                                  int range_g) noexcept;

/// Why a bus transfer failed, and what to look at.
[[nodiscard]] std::string i2c_failure_in_words(const std::error_code& error);

/// An ADXL345 behind a bus: its registers, without a clock. One thread; the bus outlives it.
class Adxl345Chip {
 public:
  struct Options {
    std::string name{};                ///< for messages: "/dev/i2c-1 address 0x53"
    double rate_hz = 100;              ///< one of `adxl345::kRateCodes`
    int range_g = 16;                  ///< 2, 4, 8 or 16
    bool watermark_interrupt = false;  ///< INT1 is high while 16 samples or more wait
  };

  /// Throws DeviceError when the chip knows no such rate or range.
  Adxl345Chip(I2cBus& bus, Options options);

  /// Checks that an ADXL345 answers. Throws DeviceError saying what does instead, and what that means.
  void identify();

  /// Undoes what a previous owner left, writes every setting, reads each back, and starts measuring with an empty
  /// FIFO. Throws DeviceError.
  void set_up();

  /// False when the chip has other settings than `set_up()` wrote: its supply dipped, or someone else wrote to it.
  [[nodiscard]] tl::expected<bool, std::error_code> keeps_settings() noexcept;

  /// Entries that wait in the FIFO; `bad_message` when the answer is none the chip as set up gives.
  [[nodiscard]] tl::expected<unsigned, std::error_code> fifo_level() noexcept;

  /// Takes that many entries from the FIFO, no more than `fifo_level()` said: an empty FIFO repeats the last.
  [[nodiscard]] I2cBus::Completed take(std::span<Adxl345Burst> entries) noexcept;

  /// Ends measuring. What fails is of no interest any more.
  void stand_by() noexcept;

  [[nodiscard]] const Options& options() const noexcept { return options_; }

 private:
  void write_checked(std::uint8_t address, std::uint8_t value);

  I2cBus& bus_;
  Options options_;
  std::uint8_t rate_code_;
  std::uint8_t data_format_;
  std::uint8_t interrupts_;
};

}  // namespace propriod::drivers
