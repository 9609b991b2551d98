#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulators/fault_script.hpp"
#include "tests/simulators/serial_device.hpp"

namespace propriod::tests {

using AccelCounts = std::array<std::int16_t, 3>;  ///< x, y, z as an ADXL345 says them: 3.9 mg each

/// Consistent Overhead Byte Stuffing, the delimiter at the end included.
[[nodiscard]] Bytes cobs_encode(std::span<const std::byte> bytes);

/// A frame of `drivers/cobs_protocol.md` as it goes over the line.
[[nodiscard]] Bytes cobs_frame(std::uint16_t boot, std::uint32_t number, std::uint32_t time_us,
                               std::span<const AccelCounts> samples);

enum class CsvUnit : std::uint8_t { kRaw, kMg, kG, kMps2 };

/// `x,y,z` or `t,x,y,z` and a line end, with as many digits as keep the counts apart. `time` is what stands for t.
[[nodiscard]] std::string csv_line(const AccelCounts& counts, CsvUnit unit, const std::optional<std::string>& time,
                                   bool checksum);

/// What the simulator measures for a test: a slow sway, no two samples within 600 alike. Its norm is not 1 g.
[[nodiscard]] AccelCounts sway(std::uint64_t index);

/// A microcontroller that sends the readings of an ADXL345, a line each or some in a frame. As fast as its line carries
/// them: the host may open it, or it may be cut, in the middle of a line.
class Adxl345SerialSimulator : public SerialDevice {
 public:
  /// Of its own. `reboot`: what it had not sent is gone.
  static constexpr std::array<FaultKind, 2> kFaults{{
      {"reboot", FaultArgument::kNone, "", "its count and its clock begin at 0"},
      {"garbage", FaultArgument::kSeconds, "3", "what it sends is noise, as at a wrong baud rate"},
  }};

  enum class Format : std::uint8_t { kCsv, kCsvTime, kCobs };  ///< kCsvTime: milliseconds

  struct Options {
    Format format = Format::kCsv;
    CsvUnit unit = CsvUnit::kMps2;
    double rate_hz = 50;
    double clock_ppm = 0;             ///< how much faster than true its clock runs; the samples follow that clock
    bool checksum = false;            ///< of lines
    bool resets_when_opened = false;  ///< as an Uno: part of a line, then nothing for 1.6 s, then a greeting
    std::size_t frame_samples = 10;   ///< 1 … 32
    unsigned baud = 115'200;
    std::function<AccelCounts(std::uint64_t index)> signal = sway;
  };

  explicit Adxl345SerialSimulator(Options options);

  void receive(std::span<const std::byte> bytes) override { static_cast<void>(bytes); }  // it never listens
  Bytes transmit(std::chrono::nanoseconds now) override;
  void connected() override;
  bool fault(std::string_view name, std::string_view argument) override;
  /// Without those that still wait for their frame to be full.
  [[nodiscard]] std::uint64_t samples_sent() const override { return sent_; }

 private:
  void reboot(std::chrono::nanoseconds quiet);
  void measure();
  void send(std::span<const std::byte> bytes);
  [[nodiscard]] std::chrono::nanoseconds due() const;

  const Options options_;
  std::mt19937_64 noise_{1};
  std::chrono::nanoseconds now_{0};
  std::chrono::nanoseconds started_{0};  // when its clock was 0
  std::chrono::nanoseconds garbage_until_{0};
  std::uint16_t boot_ = 1;
  std::uint64_t number_ = 0;    // of the next sample, since it started
  std::uint64_t measured_ = 0;  // since it was switched on
  std::atomic<std::uint64_t> sent_{0};
  std::vector<AccelCounts> frame_;
  Bytes line_;             // what has not gone out yet
  double room_bytes_ = 0;  // on the line, by now
};

}  // namespace propriod::tests
