#include "drivers/shimmer_protocol.hpp"

#include <algorithm>
#include <cmath>

namespace propriod::drivers::shimmer {
namespace {

std::uint8_t u8(std::span<const std::byte> bytes, std::size_t at) { return std::to_integer<std::uint8_t>(bytes[at]); }

std::uint16_t u16(std::span<const std::byte> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(u8(bytes, at) | u8(bytes, at + 1) << 8U);
}

/// Where things stand in the payload of an inquiry's reply.
struct InquiryShape {
  std::uint8_t rate_bytes;
  std::uint8_t count_at;  ///< number of channels; the buffer size comes next, then the ids
};

InquiryShape inquiry_shape(Model model) {
  if (is_shimmer2(model)) return {.rate_bytes = 1, .count_at = 3};
  return {.rate_bytes = 2, .count_at = static_cast<std::uint8_t>(model == Model::kShimmer3r ? 9 : 6)};
}

}  // namespace

std::optional<Model> model_of(std::uint8_t number) noexcept {
  switch (const auto model = static_cast<Model>(number)) {
    case Model::kShimmer2:
    case Model::kShimmer2r:
    case Model::kShimmer3:
    case Model::kShimmer3r:
      return model;
  }
  return std::nullopt;
}

const char* name_of(Model model) noexcept {
  switch (model) {
    case Model::kShimmer2:
      return "Shimmer2";
    case Model::kShimmer2r:
      return "Shimmer2r";
    case Model::kShimmer3:
      return "Shimmer3";
    case Model::kShimmer3r:
      return "Shimmer3R";
  }
  return "Shimmer";
}

std::optional<Firmware> parse_firmware(std::span<const std::byte> payload) noexcept {
  if (payload.size() != 6) return std::nullopt;
  return Firmware{.id = static_cast<FirmwareId>(u16(payload, 0)),
                  .version = {.major = u16(payload, 2), .minor = u8(payload, 4), .release = u8(payload, 5)}};
}

unsigned Device::timestamp_bytes() const noexcept {
  if (is_shimmer2(model)) return 2;
  if (model == Model::kShimmer3r) return 3;
  switch (firmware.id) {
    case FirmwareId::kBtStream:
      return firmware.version >= Version{0, 7, 3} ? 3 : 2;
    case FirmwareId::kSdLog:
      return firmware.version >= Version{0, 11, 5} ? 3 : 2;
    case FirmwareId::kLogAndStream:
      return firmware.version >= Version{0, 5, 4} ? 3 : 2;
    case FirmwareId::kBoilerPlate:
      return 2;
  }
  return 3;  // a firmware newer than this list
}

bool Device::has_crc() const noexcept {
  if (model == Model::kShimmer3r) return true;
  if (model != Model::kShimmer3) return false;
  return (firmware.id == FirmwareId::kLogAndStream && firmware.version >= Version{0, 13, 7}) ||
         (firmware.id == FirmwareId::kSdLog && firmware.version >= Version{0, 20, 1});
}

bool Device::has_ack_prefix_switch() const noexcept {
  return !is_shimmer2(model) && firmware.id == FirmwareId::kLogAndStream && firmware.version >= Version{0, 15, 4};
}

unsigned Device::status_bytes() const noexcept {
  return model == Model::kShimmer3r && firmware.id == FirmwareId::kLogAndStream && firmware.version >= Version{1, 0, 24}
             ? 2
             : 1;
}

std::optional<std::size_t> Reply::payload_bytes(std::span<const std::byte> seen) const noexcept {
  if (count_at == kUncounted) return bytes;
  if (seen.size() <= count_at) return std::nullopt;
  return std::size_t{bytes} + u8(seen, count_at);
}

std::optional<Reply> reply_to(std::uint8_t command, const Device& device) noexcept {
  const bool old = is_shimmer2(device.model);
  const bool is_3r = device.model == Model::kShimmer3r;
  const auto counted = [](std::uint8_t code) { return Reply{.code = code, .bytes = 1, .count_at = 0}; };
  const auto fixed = [](std::uint8_t code, unsigned bytes) {
    return Reply{.code = code, .bytes = static_cast<std::uint16_t>(bytes)};
  };
  switch (command) {
    case 0x01: {  // INQUIRY
      const std::uint8_t count_at = inquiry_shape(device.model).count_at;
      return Reply{.code = 0x02, .bytes = static_cast<std::uint16_t>(count_at + 2), .count_at = count_at};
    }
    case 0x03:  // sampling rate
      return fixed(0x04, old ? 1 : 2);
    case 0x0B:  // accelerometer range
      return fixed(0x0A, 1);
    case 0x10:  // configuration bytes
      return fixed(0x0F, old ? 1 : is_3r ? 7 : 4);
    case 0x13:  // calibrations: accelerometer (low noise), gyroscope, magnetometer, wide-range accelerometer
    case 0x16:
    case 0x19:
    case 0x1C:
    case 0xAB:  // alternative accelerometer
      return fixed(static_cast<std::uint8_t>(command - 1), 21);
    case 0x24:  // model, in two generations of the question
    case 0x3F:
      return fixed(0x25, 1);
    case 0x2C:  // all calibrations
      return fixed(0x2D, old ? 75 : is_3r ? 126 : 84);
    case 0x2E:  // firmware
      return fixed(0x2F, 6);
    case 0x36:  // samples a packet
      return fixed(0x35, 1);
    case 0x42:  // wide-range accelerometer: rate, low-power mode, high resolution; range of the alternative one
    case 0x45:
    case 0x48:
    case 0x51:
      return fixed(static_cast<std::uint8_t>(command - 1), 1);
    case 0x63:  // ExG registers
    case 0x66:  // daughter card
    case 0x7B:  // name
    case 0x7E:  // experiment
    case 0x87:  // time of the configuration
    case 0x8E:  // InfoMem
      return counted(static_cast<std::uint8_t>(command - 1));
    case 0x72:
      return Reply{.code = 0x71, .in_stream = true, .bytes = static_cast<std::uint16_t>(device.status_bytes())};
    case 0x91:  // real-world clock
      return fixed(0x90, 8);
    case 0x95:  // battery
      return Reply{.code = 0x94, .in_stream = true, .bytes = 3};
    case 0x9A:  // calibration dump: length, address in two bytes, then as many bytes
      return Reply{.code = 0x99, .bytes = 3, .count_at = 0};
    default:
      return std::nullopt;
  }
}

Rate Rate::nearest(Model model, double hz) noexcept {
  const bool old = is_shimmer2(model);
  const double fastest = old ? 1 : 8;  // Shimmer3 refuses more than 4096 Hz
  const double divider = std::round((old ? 1024 : kTicksPerSecond) / hz);
  const double slowest = old ? 254 : 65535;
  return *from_divider(model, static_cast<std::uint16_t>(std::clamp(divider, fastest, slowest)));
}

std::optional<Rate> Rate::from_divider(Model model, std::uint16_t divider) noexcept {
  const bool old = is_shimmer2(model);
  if (divider == 0 || (old && divider >= 255)) return std::nullopt;
  return Rate{.divider = divider, .period_ticks = old ? 32U * divider : divider};
}

std::optional<Inquiry> parse_inquiry(std::span<const std::byte> payload, Model model) {
  const InquiryShape shape = inquiry_shape(model);
  const std::size_t ids_at = shape.count_at + 2U;
  if (payload.size() < ids_at || payload.size() != ids_at + u8(payload, shape.count_at)) return std::nullopt;
  Inquiry inquiry;
  inquiry.rate_divider = shape.rate_bytes == 1 ? u8(payload, 0) : u16(payload, 0);
  if (model == Model::kShimmer3r) inquiry.low_noise_range = u8(payload, 5) >> 6U;  // of configuration byte 3
  inquiry.samples_per_packet = u8(payload, shape.count_at + 1U);
  for (std::size_t at = ids_at; at < payload.size(); ++at) inquiry.channels.push_back(u8(payload, at));
  return inquiry;
}

std::optional<double> parse_battery_v(std::span<const std::byte> payload) noexcept {
  if (payload.size() < 2) return std::nullopt;
  return u16(payload, 0) * 3.0 / 4095 * 1.988;
}

std::vector<std::byte> sensor_bits(Model model, Accelerometer accelerometer) {
  constexpr std::byte kLowNoise{0x80};   // in byte 0
  constexpr std::byte kWideRange{0x10};  // in byte 1
  if (is_shimmer2(model)) return {kLowNoise, std::byte{}};
  if (accelerometer == Accelerometer::kLowNoise) return {kLowNoise, std::byte{}, std::byte{}};
  return {std::byte{}, kWideRange, std::byte{}};
}

}  // namespace propriod::drivers::shimmer
