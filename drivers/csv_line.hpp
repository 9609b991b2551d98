#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "drivers/calibration.hpp"

namespace propriod::drivers {

/// One line of text of a microcontroller, taken apart: three readings, or a time and three readings.
///
///     12,-4,255            0.11; -0.04; 9.81;       X: 0.11  Y: -0.04  Z: 9.81  m/s^2
///     81220,12,-4,255      81.22 0.11 -0.04 9.81    12,-4,255*15
///
/// Fields are separated by one of `,` `;`, or, in a line without these, by blanks and tabs; one separator may trail.
/// Readings may be labelled, all in one line may be followed by a unit. `*hh` at the end is the exclusive or of all
/// characters before (NMEA 0183's, a leading `$` left out), and has to fit.
struct CsvLine {
  enum class Kind : std::uint8_t {
    kReading,
    kComment,    ///< words behind a `#`
    kText,       ///< words: what devices print when they start
    kMalformed,  ///< anything else: bytes were damaged, lost or inserted
  };

  Kind kind = Kind::kMalformed;
  std::size_t fields = 0;  ///< of a malformed line: how many there are, to tell how many lines were merged
  bool checked = false;    ///< a checksum was there, and fits
  std::optional<double> time{};
  PreciseAcceleration axes{};  ///< in the unit of the device
};

/// `line` is without its end. Any thread; never allocates.
[[nodiscard]] CsvLine parse_csv_line(std::string_view line) noexcept;

}  // namespace propriod::drivers
