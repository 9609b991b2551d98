#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "drivers/csv_line.hpp"
#include "drivers/serial_reading.hpp"

namespace propriod::drivers {

/// Finds the lines of `drivers/csv_line.hpp` in a stream of bytes, and tells what is missing between them. The first
/// line may be the end of one that began before anyone listened, and is dropped. Whether lines carry a time and a
/// checksum is learnt from the first good one; later ones without are damaged, until several in a row are alike.
///
/// What is lost is known as follows.
/// - With a time: exactly, from the times, as the device's own period is learnt from them. A time that does not fit is
///   believed once the next line confirms it: the line waits for that, and is lost when it was damaged. A lower one
///   that is confirmed means that the device has restarted; what was lost just before is not known. Two damaged times
///   in a row that look like a period apart confirm each other, and the count is wrong.
/// - Without a time: a line that cannot be read is one sample, one of five or more fields as many as it takes to merge
///   them. Lines that vanished whole are not noticed, a line torn in two of which one part can still be read is
///   counted as two, and nothing is known about the time the line was cut: that is a gap.
/// Without a checksum, a reading with a damaged digit cannot be told from a good one.
///
/// Needs neither clock nor line; one owner; never allocates.
class CsvLineDecoder {
 public:
  struct Options {
    double mps2_per_unit;
    double us_per_time_unit;  ///< of the time in lines of four numbers
    double rate_hz;           ///< nominal: a first guess of the period
  };

  static constexpr std::size_t kMostLineBytes = 160;  ///< longer ones are damaged

  explicit CsvLineDecoder(const Options& options) noexcept;

  /// The readings that this byte makes known, oldest first: none most often, two when one waited for the next. Valid
  /// until the next call.
  [[nodiscard]] std::span<const SerialReading> take(std::byte byte) noexcept;

  /// The line was cut and is whole again.
  void reconnected() noexcept;

  /// Bytes so far that belonged to readings or comments.
  [[nodiscard]] std::uint64_t understood_bytes() const noexcept { return understood_bytes_; }

 private:
  struct Shape {
    bool timed;
    bool checked;
    friend bool operator==(const Shape&, const Shape&) = default;
  };
  struct Timed {
    std::int64_t raw_us;  // as the device said; wraps
    PreciseAcceleration accel_mps2;
  };
  struct Place {
    std::int64_t raw_us;
    std::int64_t time_us;
    double phase_us;  // how much later than that an even beat of samples was expected
  };

  void end_line() noexcept;
  [[nodiscard]] bool take_reading(const CsvLine& line) noexcept;
  void take_malformed(std::size_t fields) noexcept;
  [[nodiscard]] bool has_shape(const Shape& shape) noexcept;
  void take_timed(const Timed& line) noexcept;
  void emit_timed(const Timed& line, double most_periods) noexcept;
  void emit(const PreciseAcceleration& accel_mps2, std::optional<std::int64_t> time_us) noexcept;
  void learn_period(double us) noexcept;
  [[nodiscard]] std::int64_t step_us(std::int64_t from_raw_us, std::int64_t to_raw_us) const noexcept;
  [[nodiscard]] double periods_in(std::int64_t step_us) const noexcept;
  [[nodiscard]] bool is_one_period(double us) const noexcept;

  Options options_;
  std::int64_t turn_us_;  // until the device's 32-bit counter is 0 again

  std::array<char, kMostLineBytes> line_{};
  std::size_t length_ = 0;
  bool too_long_ = false;
  bool first_line_ = true;

  std::optional<Shape> shape_;
  int other_shape_ = 0;   // lines in a row
  Interruption pending_;  // before the next reading
  std::uint64_t understood_bytes_ = 0;

  std::optional<Place> place_;  // of the last reading with a time
  bool in_step_ = false;        // and it was a period after the one before
  std::optional<Timed> held_;   // until the next one confirms its time
  std::array<double, 31> periods_us_{};
  std::size_t next_period_ = 0;
  double period_us_;

  std::array<SerialReading, 2> readings_{};
  std::size_t count_ = 0;
};

}  // namespace propriod::drivers
