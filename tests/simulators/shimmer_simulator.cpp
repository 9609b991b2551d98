#include "tests/simulators/shimmer_simulator.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include "drivers/shimmer_crc.hpp"

namespace propriod::tests {
namespace {

using drivers::shimmer::Accelerometer;
using drivers::shimmer::CalibrationBlock;
using drivers::shimmer::Code;
using drivers::shimmer::is_shimmer2;
using drivers::shimmer::Model;

constexpr double kDefaultRateHz = 51.2;
constexpr std::uint64_t kStartupPeriods = 3;  // between the first sample and the next, as a Shimmer3 was seen to do
constexpr unsigned kBatteryRaw = 2862;        // 4.17 V
constexpr int kLargest12Bit = 4095;

void append_little_endian(Bytes& bytes, std::uint64_t value, unsigned count) {
  for (unsigned i = 0; i < count; ++i) bytes.push_back(static_cast<std::byte>(value >> (8 * i)));
}

void append(Bytes& bytes, std::initializer_list<unsigned> values) {
  for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
}

/// Bytes behind the code of a command; nothing for a code that the device does not know. A count in the first byte is
/// added by the caller.
std::optional<std::size_t> argument_bytes(std::uint8_t code, Model model) {
  const bool old = is_shimmer2(model);
  switch (code) {
    case 0x01:
    case 0x03:
    case 0x06:
    case 0x07:
    case 0x0B:
    case 0x10:
    case 0x13:
    case 0x16:
    case 0x19:
    case 0x20:
    case 0x24:
    case 0x2C:
    case 0x2E:
      return 0;
    case 0x05:
      return old ? 1 : 2;
    case 0x08:
      return old ? 2 : 3;
    case 0x09:
      return 1;
    default:
      break;
  }
  if (old) return std::nullopt;
  switch (code) {
    case 0x1C:
    case 0x3F:
    case 0x42:
    case 0x45:
    case 0x48:
    case 0x51:
    case 0x72:
    case 0x91:
    case 0x95:
    case 0x96:
      return 0;
    case 0x40:
    case 0x43:
    case 0x46:
    case 0x4F:
    case 0x8B:
    case 0xA3:
      return 1;
    case 0x66:
      return 2;
    case 0x8F:
      return 8;
    default:
      return std::nullopt;
  }
}

std::uint16_t big_endian_16(int value) { return static_cast<std::uint16_t>(value); }

Bytes bytes_of(const CalibrationBlock& block) {
  Bytes bytes;
  for (const auto& numbers : {block.offset, block.sensitivity}) {
    for (const int number : numbers) append(bytes, {big_endian_16(number) / 256U, big_endian_16(number) % 256U});
  }
  for (const int number : block.alignment) append(bytes, {static_cast<std::uint8_t>(number)});
  return bytes;
}

}  // namespace

drivers::Acceleration turning_gravity(std::chrono::nanoseconds since_start) {
  const double t = std::chrono::duration<double>(since_start).count();
  const double roll = 2 * std::numbers::pi * t / 40;
  const double breath = 1 + 0.02 * std::sin(2 * std::numbers::pi * t / 4);
  const double g = drivers::kStandardGravityMps2 * breath;
  return {static_cast<float>(g * std::sin(roll) * 0.8), static_cast<float>(g * 0.6),
          static_cast<float>(g * std::cos(roll) * 0.8)};
}

ShimmerSimulator::ShimmerSimulator(Options options)
    : options_(std::move(options)), rate_(drivers::shimmer::Rate::nearest(options_.device.model, kDefaultRateHz)) {}

void ShimmerSimulator::start_streaming() {
  streaming_ = true;
  next_tick_ = tick_at(now_) + rate_.period_ticks;
  streamed_ = 0;
  packet_.clear();
  packet_samples_ = 0;
}

void ShimmerSimulator::disconnected() {
  streaming_ = false;
  crc_bytes_ = 0;
  ack_prefix_ = true;
  incoming_.clear();
  outgoing_.clear();
}

bool ShimmerSimulator::fault(std::string_view name, std::string_view argument) {
  const auto count = [&] { return static_cast<unsigned>(std::stoul(std::string(argument))); };
  if (name == "withhold-ack") {
    to_withhold_ = count();
  } else if (name == "lose") {
    to_lose_ = count();
  } else if (name == "freeze") {
    frozen_ = true;
  } else if (name == "docked" || name == "status") {
    if (name == "docked") streaming_ = false;
    Bytes message;
    if (ack_prefix_) append(message, {0xFF});
    append(message, {0x8A, 0x71});
    if (name == "docked") {
      append(message, {0x01});
    } else {
      append(message, {static_cast<unsigned>(std::stoul(std::string(argument), nullptr, 16))});
    }
    if (options_.device.status_bytes() == 2) append(message, {0x00});
    say(std::move(message));
  } else {
    return false;
  }
  return true;
}

void ShimmerSimulator::receive(std::span<const std::byte> bytes) {
  incoming_.insert(incoming_.end(), bytes.begin(), bytes.end());
  while (const auto size = command_bytes()) {
    const Bytes command(incoming_.begin(), incoming_.begin() + static_cast<std::ptrdiff_t>(*size));
    incoming_.erase(incoming_.begin(), incoming_.begin() + static_cast<std::ptrdiff_t>(*size));
    carry_out({.code = std::to_integer<std::uint8_t>(command[0]), .arguments = std::span(command).subspan(1)});
  }
}

std::optional<std::size_t> ShimmerSimulator::command_bytes() const {
  if (incoming_.empty()) return std::nullopt;
  const auto code = std::to_integer<std::uint8_t>(incoming_[0]);
  const std::size_t size = 1 + argument_bytes(code, options_.device.model).value_or(0);
  if (incoming_.size() < size) return std::nullopt;
  return size;
}

void ShimmerSimulator::carry_out(const Command& command) {
  const Model model = options_.device.model;
  const bool is_boiler_plate = options_.device.firmware.id == drivers::shimmer::FirmwareId::kBoilerPlate;
  const bool is_known = argument_bytes(command.code, model) && !(is_boiler_plate && command.code == 0x2E);
  const bool is_supported = command.code != options_.refused && (command.code != 0x8B || options_.device.has_crc()) &&
                            (command.code != 0xA3 || options_.device.has_ack_prefix_switch());
  if (!is_known || !is_supported) {
    if (!is_shimmer2(model) && (is_supported || command.code == options_.refused))
      say({std::byte{0xFE}});  // old firmware keeps silent
    return;
  }
  set(command);
  if (to_withhold_ > 0) {
    --to_withhold_;
    return;
  }
  Bytes answer{std::byte{0xFF}};
  const Bytes reply = reply_to(command);
  answer.insert(answer.end(), reply.begin(), reply.end());
  say(std::move(answer));
}

void ShimmerSimulator::set(const Command& command) {
  const auto argument = [&](std::size_t at) { return std::to_integer<std::uint8_t>(command.arguments[at]); };
  switch (static_cast<Code>(command.code)) {
    case Code::kSetRate: {
      const unsigned high = command.arguments.size() > 1 ? argument(1) : 0U;
      const auto divider = static_cast<std::uint16_t>(argument(0) | high << 8U);
      rate_ = drivers::shimmer::Rate::from_divider(options_.device.model, divider).value_or(rate_);
      break;
    }
    case Code::kSetSensors:
      std::ranges::copy(command.arguments, sensors_.begin());
      break;
    case Code::kSetAccelRange:
      accel_range_ = argument(0) % 4;
      break;
    case Code::kSetWideRangeRate:
      wide_range_rate_ = argument(0);
      break;
    case Code::kSetCrc:
      crc_bytes_ = argument(0) <= 2 ? argument(0) : 0;
      break;
    case Code::kSetAckPrefix:
      ack_prefix_ = argument(0) != 0;
      break;
    case Code::kStart:
      if (!streaming_) start_streaming();
      break;
    case Code::kStop:
      streaming_ = false;
      break;
    default:
      break;
  }
}

Bytes ShimmerSimulator::reply_to(const Command& command) const {
  const bool old = is_shimmer2(options_.device.model);
  Bytes reply;
  switch (static_cast<Code>(command.code)) {
    case Code::kInquiry:
      return inquiry();
    case Code::kGetRate:
      append(reply, {0x04});
      append_little_endian(reply, rate_.divider, old ? 1 : 2);
      return reply;
    case Code::kGetAccelRange:
      append(reply, {0x0A, accel_range_});
      return reply;
    case Code::kGetAccelCalibration:
    case Code::kGetWideRangeCalibration: {
      const auto accelerometer = static_cast<Code>(command.code) == Code::kGetAccelCalibration
                                     ? Accelerometer::kLowNoise
                                     : Accelerometer::kWideRange;
      append(reply, {command.code - 1U});
      const Bytes told = bytes_of(options_.told_block.value_or(block(accelerometer)));
      reply.insert(reply.end(), told.begin(), told.end());
      return reply;
    }
    case Code::kGetModel:
    case Code::kGetModelOld:
      append(reply, {0x25, static_cast<std::uint8_t>(options_.device.model)});
      return reply;
    case Code::kGetFirmware: {
      const auto& [id, version] = options_.device.firmware;
      append(reply, {0x2F});
      append_little_endian(reply, static_cast<std::uint16_t>(id), 2);
      append_little_endian(reply, version.major, 2);
      append(reply, {version.minor, version.release});
      return reply;
    }
    case Code::kGetWideRangeRate:
      append(reply, {0x41, wide_range_rate_});
      return reply;
    case Code::kGetDaughterCard: {
      const Bytes card{std::byte{options_.board.id}, std::byte{options_.board.major}, std::byte{options_.board.minor}};
      const auto count = std::min<std::size_t>(std::to_integer<std::size_t>(command.arguments[0]), card.size());
      append(reply, {0x65, static_cast<unsigned>(count)});
      reply.insert(reply.end(), card.begin(), card.begin() + static_cast<std::ptrdiff_t>(count));
      return reply;
    }
    case Code::kGetStatus:
      return status();
    case Code::kGetBattery:
      append(reply, {0x8A, 0x94});
      append_little_endian(reply, kBatteryRaw, 2);
      append(reply, {0x80});
      return reply;
    default:
      return reply;
  }
}

Bytes ShimmerSimulator::status() const {
  constexpr unsigned kStreamingAndSensing = 0x12;
  Bytes status;
  append(status, {0x8A, 0x71, streaming_ ? kStreamingAndSensing : 0U});
  if (options_.device.status_bytes() == 2) append(status, {0x00});
  return status;
}

Bytes ShimmerSimulator::inquiry() const {
  const Model model = options_.device.model;
  Bytes reply{std::byte{0x02}};
  if (is_shimmer2(model)) {
    append(reply, {rate_.divider, accel_range_, 0x00});
  } else {
    append_little_endian(reply, rate_.divider, 2);
    append(reply, {static_cast<unsigned>(wide_range_rate_ << 4U | accel_range_ << 2U), 0x00, 0x00, 0x00});
    if (model == Model::kShimmer3r) append(reply, {0x00, 0x00, 0x00});
  }
  const auto ids = channels();
  append(reply, {static_cast<unsigned>(ids.size()), is_shimmer2(model) ? options_.samples_per_packet : 1U});
  for (const unsigned id : ids) append(reply, {id});
  return reply;
}

std::vector<std::uint8_t> ShimmerSimulator::channels() const {
  std::vector<std::uint8_t> ids;
  const auto add = [&](unsigned byte, unsigned bit, std::initializer_list<std::uint8_t> more) {
    if ((std::to_integer<unsigned>(sensors_.at(byte)) & bit) != 0) ids.insert(ids.end(), more);
  };
  add(0, 0x80, {0x00, 0x01, 0x02});
  if (is_shimmer2(options_.device.model)) {
    add(0, 0x40, {0x03, 0x04, 0x05});
    return ids;
  }
  add(1, 0x20, {0x03});              // battery
  add(1, 0x01, {0x12});              // A13
  add(0, 0x40, {0x0A, 0x0B, 0x0C});  // gyroscope
  add(1, 0x10, {0x04, 0x05, 0x06});
  return ids;
}

/// One message: with the CRC where it is on.
void ShimmerSimulator::say(Bytes message) {
  const std::uint16_t crc = drivers::shimmer::crc(message);
  append_little_endian(message, crc, crc_bytes_);
  outgoing_.insert(outgoing_.end(), message.begin(), message.end());
}

drivers::shimmer::Chip ShimmerSimulator::chip(Accelerometer accelerometer) const {
  return drivers::shimmer::chip_of(options_.device.model, accelerometer, options_.board);
}

CalibrationBlock ShimmerSimulator::block(Accelerometer accelerometer) const {
  const bool has_ranges = accelerometer == Accelerometer::kWideRange || is_shimmer2(options_.device.model);
  return options_.block.value_or(CalibrationBlock::of(chip(accelerometer), has_ranges ? accel_range_ : 0));
}

/// The other way round: raw = offset + K · R · true, and what the converter makes of it.
ShimmerSimulator::Raw ShimmerSimulator::read(Accelerometer accelerometer, std::chrono::nanoseconds at) const {
  const CalibrationBlock truth = block(accelerometer);
  const drivers::Acceleration accel_mps2 = options_.signal(at);
  const bool is_12_bit = accelerometer == Accelerometer::kLowNoise && options_.device.model != Model::kShimmer3r;
  Raw raw{};
  for (std::size_t row = 0; row < raw.size(); ++row) {
    double along_chip_mps2 = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      along_chip_mps2 += truth.alignment[3 * row + axis] / 100.0 * static_cast<double>(accel_mps2[axis]);
    }
    const double reading = std::round(truth.offset[row] + truth.sensitivity[row] * along_chip_mps2);
    raw[row] = static_cast<std::int32_t>(
        std::clamp(reading, is_12_bit ? 0.0 : -32768.0, is_12_bit ? double{kLargest12Bit} : 32767.0));
  }
  return raw;
}

std::uint64_t ShimmerSimulator::tick_at(std::chrono::nanoseconds now) const {
  const double seconds = std::chrono::duration<double>(now).count();
  return options_.first_tick +
         static_cast<std::uint64_t>(seconds * drivers::shimmer::kTicksPerSecond * (1 + options_.clock_ppm * 1e-6));
}

Bytes ShimmerSimulator::transmit(std::chrono::nanoseconds now) {
  now_ = now;
  while (streaming_ && next_tick_ <= tick_at(now)) {
    if (!frozen_ && !channels().empty()) measure(next_tick_);
    const bool has_startup = !is_shimmer2(options_.device.model) && streamed_ == 1;
    next_tick_ += rate_.period_ticks * (has_startup ? kStartupPeriods : 1);
  }
  return std::exchange(outgoing_, {});
}

void ShimmerSimulator::measure(std::uint64_t tick) {
  const double seconds = static_cast<double>(tick - options_.first_tick) / drivers::shimmer::kTicksPerSecond;
  const std::chrono::nanoseconds at{static_cast<std::int64_t>(seconds * 1e9)};
  const unsigned stamp_bytes = options_.device.timestamp_bytes();
  const auto stamp = static_cast<std::uint32_t>(tick % (std::uint64_t{1} << (8 * stamp_bytes)));
  const Raw low_noise = read(Accelerometer::kLowNoise, at);
  const Raw wide_range = is_shimmer2(options_.device.model) ? Raw{} : read(Accelerometer::kWideRange, at);

  if (packet_.empty()) append(packet_, {0x00});
  append_little_endian(packet_, stamp, stamp_bytes);
  for (const unsigned id : channels()) {
    unsigned value = 0x0123;  // of the sensors that nobody asks about
    if (id < 3) value = static_cast<unsigned>(low_noise.at(id));
    if (id == 3 && !is_shimmer2(options_.device.model)) value = kBatteryRaw;
    if (id >= 4 && id < 7 && !is_shimmer2(options_.device.model)) value = static_cast<unsigned>(wide_range.at(id - 4));
    append_little_endian(packet_, value, 2);
  }
  const bool is_wide_range = (std::to_integer<unsigned>(sensors_[0]) & 0x80U) == 0;
  if (options_.measured) options_.measured(stamp, is_wide_range ? wide_range : low_noise);
  ++samples_sent_;
  ++streamed_;
  const bool has_several = is_shimmer2(options_.device.model) && options_.samples_per_packet > 1;
  if (has_several && ++packet_samples_ % options_.samples_per_packet != 0) return;
  if (to_lose_ > 0) {
    --to_lose_;
    packet_.clear();
  } else {
    say(std::exchange(packet_, {}));
  }
}

}  // namespace propriod::tests
