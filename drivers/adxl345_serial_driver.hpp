#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "drivers/cobs_frame_decoder.hpp"
#include "drivers/csv_line_decoder.hpp"
#include "drivers/device_clock.hpp"
#include "drivers/device_driver.hpp"
#include "drivers/serial_diagnosis.hpp"
#include "drivers/serial_port.hpp"

namespace propriod::drivers {

/// An ADXL345 behind a microcontroller that prints its readings as lines of text (`csv_line.hpp`) or sends them as
/// frames (`cobs_protocol.md`). It only listens.
class Adxl345SerialDriver : public DeviceDriver {
 public:
  enum class Format : std::uint8_t { kCsv, kCobs };
  enum class Unit : std::uint8_t { kRaw, kMg, kG, kMps2 };  ///< kRaw: 3.9 mg a count
  enum class TimeUnit : std::uint8_t { kS, kMs, kUs };

  struct Options {
    DeviceDriver::Options device{};
    unsigned baud = 115'200;
    Format format = Format::kCsv;
    Unit unit = Unit::kMps2;             ///< of lines; frames hold counts
    TimeUnit time_unit = TimeUnit::kMs;  ///< of the time in lines of four numbers
  };

  Adxl345SerialDriver(boost::asio::io_context& io, const Options& options);

 private:
  boost::asio::awaitable<void> session() override;
  void interrupt() noexcept override;

  boost::asio::awaitable<void> read(SerialPort& port);
  void take(std::span<const std::byte> bytes, BootTime arrival);
  [[nodiscard]] bool has_to_wait(BootTime arrival) noexcept;
  void end_pause(bool is_backlog) noexcept;
  void deliver_batch() noexcept;
  void begin_clock(bool counts_samples) noexcept;

  unsigned baud_;
  std::variant<CsvLineDecoder, CobsFrameDecoder> decoder_;
  SerialDiagnosis diagnosis_;
  std::array<SerialReading, 256> batch_{};  // arrived together, and not yet handed on
  std::size_t batch_count_ = 0;
  std::optional<DeviceClock> clock_;   // from the first reading on, which tells whether there is a device time
  bool clock_counts_samples_ = false;  // for want of a time, or of one that can be true
  std::int64_t samples_ = 0;           // with the lost ones
  std::optional<std::int64_t> last_time_us_;
  BootTime batch_arrival_{};     // of its newest
  BootTime last_reading_{};      // the arrival of what was handed on last
  double usual_interval_s_ = 0;  // between arrivals of readings
  struct Pause {
    BootTime began;
    BootTime ended;
  };
  std::optional<Pause> pause_;  // after which the batch waits: is it a backlog, or has something been lost?
  SerialPort* port_ = nullptr;  // of the session under way
};

}  // namespace propriod::drivers
