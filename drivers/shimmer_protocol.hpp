#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// What a Shimmer and its host say to each other, as bytes. Every command is one code byte and its arguments; the
/// device answers FF and, to a GET, the reply right behind it. A reply has neither a length nor an end: whoever reads
/// it has to know its shape. Sources: Shimmer3 and 3R log-and-stream-common, Comms/shimmer_bt_uart.h; Shimmer2 and 2r
/// tinyos-shimmer, apps/BtStream/Shimmer.h.
namespace propriod::drivers::shimmer {

/// The codes that this driver says or hears.
enum class Code : std::uint8_t {
  kDataPacket = 0x00,
  kInquiry = 0x01,
  kGetRate = 0x03,
  kSetRate = 0x05,
  kStart = 0x07,
  kSetSensors = 0x08,
  kSetAccelRange = 0x09,  ///< of the wide-range accelerometer, or of a Shimmer2's only one
  kGetAccelRange = 0x0B,
  kGetAccelCalibration = 0x13,  ///< of the low-noise accelerometer, or of a Shimmer2's only one
  kGetWideRangeCalibration = 0x1C,
  kStop = 0x20,
  kGetModelOld = 0x24,  ///< what Shimmer2 knows; Shimmer3 knows both
  kGetFirmware = 0x2E,
  kGetModel = 0x3F,
  kSetWideRangeRate = 0x40,
  kGetWideRangeRate = 0x42,
  kGetDaughterCard = 0x66,
  kStatus = 0x71,  ///< behind 8A; also sent unasked
  kGetStatus = 0x72,
  kInStream = 0x8A,  ///< first byte of the replies that may come between data packets
  kSetCrc = 0x8B,
  kGetBattery = 0x95,
  kSetAckPrefix = 0xA3,
  kNack = 0xFE,
  kAck = 0xFF,
};

[[nodiscard]] constexpr std::byte byte_of(Code code) noexcept { return static_cast<std::byte>(code); }

enum class Model : std::uint8_t { kShimmer2 = 1, kShimmer2r = 2, kShimmer3 = 3, kShimmer3r = 0x0A };

/// Nothing for a number that is none of ours (Shimmer1 says 0).
[[nodiscard]] std::optional<Model> model_of(std::uint8_t number) noexcept;
[[nodiscard]] const char* name_of(Model model) noexcept;
[[nodiscard]] constexpr bool is_shimmer2(Model model) noexcept {
  return model == Model::kShimmer2 || model == Model::kShimmer2r;
}

struct Version {
  std::uint16_t major = 0;
  std::uint8_t minor = 0;
  std::uint8_t release = 0;
  friend auto operator<=>(const Version&, const Version&) = default;
};

/// Ids as the device sends them. `kBoilerPlate` stands for the Shimmer2 firmware that does not know the question.
enum class FirmwareId : std::uint16_t { kBoilerPlate = 0, kBtStream = 1, kSdLog = 2, kLogAndStream = 3 };

struct Firmware {
  FirmwareId id = FirmwareId::kBoilerPlate;
  Version version{};
  friend bool operator==(const Firmware&, const Firmware&) = default;
};

/// From the six bytes behind 2F; nothing when they are not six.
[[nodiscard]] std::optional<Firmware> parse_firmware(std::span<const std::byte> payload) noexcept;

/// One kind of device as far as the protocol differs.
struct Device {
  Model model = Model::kShimmer3;
  Firmware firmware{};

  /// 3 from BtStream 0.7.3, LogAndStream 0.5.4, SDLog 0.11.5; 2 before, and for every Shimmer2
  /// (Shimmer-Java-Android-API, driver/ShimmerObject.java).
  [[nodiscard]] unsigned timestamp_bytes() const noexcept;
  /// Shimmer3 from LogAndStream 0.13.7 or SDLog 0.20.1, every Shimmer3R (driverUtilities/ShimmerVerObject.java).
  [[nodiscard]] bool has_crc() const noexcept;
  /// Whether command A3 can switch off the FF before status messages that nobody asked for: from LogAndStream 0.15.4.
  [[nodiscard]] bool has_ack_prefix_switch() const noexcept;
  /// 2 for a Shimmer3R from LogAndStream 1.0.24, else 1.
  [[nodiscard]] unsigned status_bytes() const noexcept;
};

/// The shape of a reply: `[8A] code payload`.
struct Reply {
  std::uint8_t code;
  bool in_stream = false;   ///< 8A comes first
  std::uint16_t bytes = 0;  ///< of the payload, or of its fixed part
  static constexpr std::uint8_t kUncounted = 0xFF;
  std::uint8_t count_at = kUncounted;  ///< where in the fixed part stands how many bytes follow it

  /// Of the payload that begins with `seen`; nothing while that is too short to tell.
  [[nodiscard]] std::optional<std::size_t> payload_bytes(std::span<const std::byte> seen) const noexcept;
};

/// What a device answers `command` with, behind the ACK; nothing when the ACK is all.
[[nodiscard]] std::optional<Reply> reply_to(std::uint8_t command, const Device& device) noexcept;
[[nodiscard]] inline std::optional<Reply> reply_to(Code command, const Device& device) noexcept {
  return reply_to(static_cast<std::uint8_t>(command), device);
}

/// Every Shimmer counts time in ticks of a watch crystal.
inline constexpr double kTicksPerSecond = 32768;

/// The sampling rate as a device is told it: 1024/n Hz in one byte (Shimmer2), 32768/n Hz in two.
struct Rate {
  std::uint16_t divider;
  std::uint32_t period_ticks;
  [[nodiscard]] double hz() const noexcept { return kTicksPerSecond / period_ticks; }

  /// The nearest that `model` can do.
  [[nodiscard]] static Rate nearest(Model model, double hz) noexcept;
  /// Nothing for a divider of 0, and for a Shimmer2's 255 (off).
  [[nodiscard]] static std::optional<Rate> from_divider(Model model, std::uint16_t divider) noexcept;
};

/// The answer to 01: what the device will put into its data packets.
struct Inquiry {
  std::uint16_t rate_divider = 0;
  std::uint8_t samples_per_packet = 0;
  std::uint8_t low_noise_range = 0;      ///< code; only a Shimmer3R has a choice
  std::vector<std::uint8_t> channels{};  ///< ids, in the order of the packet
};

/// From the payload behind 02; nothing when it is not as long as it says.
[[nodiscard]] std::optional<Inquiry> parse_inquiry(std::span<const std::byte> payload, Model model);

/// Battery voltage from the payload behind 8A 94; nothing when it is too short. Formula of pyshimmer, measured there
/// against devices.
[[nodiscard]] std::optional<double> parse_battery_v(std::span<const std::byte> payload) noexcept;

enum class Accelerometer : std::uint8_t { kLowNoise, kWideRange };

/// The arguments of SET_SENSORS that switch on `accelerometer` and nothing else (a Shimmer2 has only one).
[[nodiscard]] std::vector<std::byte> sensor_bits(Model model, Accelerometer accelerometer);

}  // namespace propriod::drivers::shimmer
