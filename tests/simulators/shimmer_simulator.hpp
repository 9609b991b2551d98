#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "drivers/sample.hpp"
#include "drivers/shimmer_calibration.hpp"
#include "drivers/shimmer_protocol.hpp"
#include "tests/simulators/fault_script.hpp"
#include "tests/simulators/serial_device.hpp"

namespace propriod::tests {

/// What the simulator measures when it has no recording: 1 g that slowly turns around, and breathes.
[[nodiscard]] drivers::Acceleration turning_gravity(std::chrono::nanoseconds since_start);

/// A Shimmer that streams: LogAndStream, BtStream or BoilerPlate as its firmware says. It answers what a client of the
/// accelerometer asks, acknowledges the other commands it knows the length of, and refuses (Shimmer3) or ignores
/// (Shimmer2) the rest.
class ShimmerSimulator : public SerialDevice {
 public:
  /// Of its own.
  static constexpr std::array<FaultKind, 5> kFaults{{
      {"withhold-ack", FaultArgument::kCount, "3", "the next N commands are carried out and not answered"},
      {"status", FaultArgument::kByte, "25", "a status that nobody asked for"},
      {"lose", FaultArgument::kCount, "7", "N packets find the transmit buffer full"},
      {"freeze", FaultArgument::kNone, "", "no more data, as when the radio is stuck"},
      {"docked", FaultArgument::kNone, "", "it stops streaming and says so"},
  }};

  using Raw = std::array<std::int32_t, 3>;

  struct Options {
    drivers::shimmer::Device device{.model = drivers::shimmer::Model::kShimmer3,
                                    .firmware = {.id = drivers::shimmer::FirmwareId::kLogAndStream,
                                                 .version = {.major = 0, .minor = 16, .release = 0}}};
    drivers::shimmer::Board board{.id = 31, .major = 6, .minor = 0};
    std::uint8_t samples_per_packet = 1;    ///< of a Shimmer2
    std::optional<std::uint8_t> refused{};  ///< a command that its firmware should know, and does not
    double clock_ppm = 0;                   ///< how much faster than true its clock runs
    std::uint32_t first_tick = 0;           ///< where its counter is when it is switched on
    /// What it answers for; the chip's own defaults without.
    std::optional<drivers::shimmer::CalibrationBlock> block{};
    /// What it says, where that is something else (blank, another chip's).
    std::optional<drivers::shimmer::CalibrationBlock> told_block{};
    std::function<drivers::Acceleration(std::chrono::nanoseconds since_start)> signal = turning_gravity;
    /// Told each sample as it is measured.
    std::function<void(std::uint32_t stamp, const Raw& raw)> measured{};
  };

  explicit ShimmerSimulator(Options options);

  void receive(std::span<const std::byte> bytes) override;
  Bytes transmit(std::chrono::nanoseconds now) override;
  void disconnected() override;
  bool fault(std::string_view name, std::string_view argument) override;
  [[nodiscard]] std::uint64_t samples_sent() const override { return samples_sent_; }

  /// As a client left it that went away in mid-stream.
  void start_streaming();
  [[nodiscard]] bool is_streaming() const noexcept { return streaming_; }

 private:
  struct Command {
    std::uint8_t code;
    std::span<const std::byte> arguments;
  };

  [[nodiscard]] std::optional<std::size_t> command_bytes() const;  // of the oldest; nothing while it is incomplete
  void carry_out(const Command& command);
  void set(const Command& command);
  [[nodiscard]] Bytes reply_to(const Command& command) const;
  [[nodiscard]] Bytes inquiry() const;
  [[nodiscard]] Bytes status() const;
  void say(Bytes message);
  [[nodiscard]] std::vector<std::uint8_t> channels() const;
  [[nodiscard]] drivers::shimmer::Chip chip(drivers::shimmer::Accelerometer accelerometer) const;
  [[nodiscard]] drivers::shimmer::CalibrationBlock block(drivers::shimmer::Accelerometer accelerometer) const;
  [[nodiscard]] Raw read(drivers::shimmer::Accelerometer accelerometer, std::chrono::nanoseconds at) const;
  void measure(std::uint64_t tick);
  [[nodiscard]] std::uint64_t tick_at(std::chrono::nanoseconds now) const;

  const Options options_;
  std::deque<std::byte> incoming_;
  Bytes outgoing_;
  std::chrono::nanoseconds now_{0};

  drivers::shimmer::Rate rate_;
  std::array<std::byte, 3> sensors_{std::byte{0x80}};
  std::uint8_t accel_range_ = 0;
  std::uint8_t wide_range_rate_ = 0;
  unsigned crc_bytes_ = 0;
  bool ack_prefix_ = true;

  bool streaming_ = false;
  bool frozen_ = false;
  std::uint64_t next_tick_ = 0;
  std::uint64_t packet_samples_ = 0;  // in the packet that is being filled
  std::uint64_t streamed_ = 0;        // samples since START
  Bytes packet_;
  std::atomic<std::uint64_t> samples_sent_{0};
  unsigned to_withhold_ = 0;
  unsigned to_lose_ = 0;
};

}  // namespace propriod::tests
