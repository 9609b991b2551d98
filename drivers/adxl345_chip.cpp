#include "drivers/adxl345_chip.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace propriod::drivers {
namespace {

using namespace adxl345;

std::uint8_t rate_code(const Adxl345Chip::Options& options) {
  for (const RateCode& known : kRateCodes) {
    if (known.rate_hz == options.rate_hz) return known.code;
  }
  throw DeviceError(fmt::format("{}: an ADXL345 cannot sample at {} Hz; choose 12.5, 25, 50, 100, 200 or 400",
                                options.name, options.rate_hz));
}

std::uint8_t range_code(const Adxl345Chip::Options& options) {
  switch (options.range_g) {
    case 2:
      return 0;
    case 4:
      return 1;
    case 8:
      return 2;
    case 16:
      return 3;
    default:
      throw DeviceError(
          fmt::format("{}: an ADXL345 has no range of {} g; choose 2, 4, 8 or 16", options.name, options.range_g));
  }
}

}  // namespace

std::optional<Counts> decode_adxl345_burst(std::span<const std::uint8_t, 8> burst, int range_g) noexcept {
  if (burst[6] != kFifoSetting || (burst[7] & 0x3fU) > kFifoDepth) return std::nullopt;
  const int end = 256 * range_g;  // 10 bits at 2 g … 13 at 16 g
  Counts counts{};
  for (std::size_t axis = 0; axis < counts.size(); ++axis) {
    counts[axis] = static_cast<std::int16_t>(burst[2 * axis] | burst[2 * axis + 1] << 8);
    if (counts[axis] < -end || counts[axis] >= end) return std::nullopt;
  }
  return counts;
}

std::string i2c_failure_in_words(const std::error_code& error) {
  switch (error.value()) {
    case EREMOTEIO:  // which of the three a missing acknowledgement is depends on the bus's controller
    case ENXIO:
    case EIO:
      return fmt::format(
          "nothing answers ({}); check power, SDA, SCL and ground, that CS is tied high, and the address: 0x53, or "
          "0x1d with SDO/ALT ADDRESS tied high",
          error.message());
    case ETIMEDOUT:
    case EAGAIN:
      return fmt::format(
          "the bus is stuck ({}): something holds SDA or SCL low; switch the sensor's power off and on, and check the "
          "pull-up resistors",
          error.message());
    case EBADMSG:
      return "it answers, but not what an ADXL345 can say; check the wiring, and lower the bus's clock if it is long";
    default:
      return error.message();
  }
}

Adxl345Chip::Adxl345Chip(I2cBus& bus, Options options)
    : bus_(bus),
      options_(std::move(options)),
      rate_code_(rate_code(options_)),
      data_format_(kFullResolution | range_code(options_)),
      interrupts_(options_.watermark_interrupt ? kWatermarkInterrupt : std::uint8_t{0}) {}

void Adxl345Chip::identify() {
  std::uint8_t id = 0;
  if (const std::error_code error = bus_.read(kDeviceId, {&id, 1})) {
    throw DeviceError(fmt::format("{}: {}", options_.name, i2c_failure_in_words(error)));
  }
  if (id == kExpectedDeviceId) return;
  const char* meaning = "another kind of chip is there: check the address with `propriod sensors`";
  if (id == 0x00) meaning = "SDA is held low: check for a short circuit, the pull-up resistors, and the sensor's power";
  if (id == 0xff) meaning = "nothing drives SDA: check the wiring, the sensor's power, and that CS is tied high";
  throw DeviceError(fmt::format("{}: device id is {:02x}, an ADXL345's is {:02x}; {}", options_.name, id,
                                kExpectedDeviceId, meaning));
}

void Adxl345Chip::set_up() {
  write_checked(kPowerControl, 0);  // standby first: settings are to be changed there
  for (const std::uint8_t offset : {kOffsetX, kOffsetY, kOffsetZ}) write_checked(offset, 0);
  write_checked(kDataFormat, data_format_);
  write_checked(kRate, rate_code_);
  write_checked(kInterruptEnable, 0);
  write_checked(kInterruptMap, 0);
  write_checked(kInterruptEnable, interrupts_);
  write_checked(kFifoControl, 0);  // bypass mode: that empties the FIFO
  write_checked(kFifoControl, kFifoSetting);
  write_checked(kPowerControl, kMeasure);
}

void Adxl345Chip::write_checked(std::uint8_t address, std::uint8_t value) {
  std::uint8_t seen = 0;
  std::error_code error = bus_.write(address, value);
  if (!error) error = bus_.read(address, {&seen, 1});
  if (error) throw DeviceError(fmt::format("{}: {}", options_.name, i2c_failure_in_words(error)));
  if (seen != value) {
    throw DeviceError(
        fmt::format("{}: register {:02x} was set to {:02x} and reads {:02x}; check the wiring and the supply (2.0 to "
                    "3.6 V), and that no other program uses the sensor",
                    options_.name, address, value, seen));
  }
}

tl::expected<bool, std::error_code> Adxl345Chip::keeps_settings() noexcept {
  std::array<std::uint8_t, kDataFormat - kRate + 1> settings{};
  if (const std::error_code error = bus_.read(kRate, settings)) return tl::unexpected(error);
  std::uint8_t fifo = 0;
  if (const std::error_code error = bus_.read(kFifoControl, {&fifo, 1})) return tl::unexpected(error);
  return settings[0] == rate_code_ && settings[kPowerControl - kRate] == kMeasure &&
         settings[kInterruptEnable - kRate] == interrupts_ && settings[kInterruptMap - kRate] == 0 &&
         settings[kDataFormat - kRate] == data_format_ && fifo == kFifoSetting;
}

tl::expected<unsigned, std::error_code> Adxl345Chip::fifo_level() noexcept {
  std::array<std::uint8_t, 2> control_and_status{};
  if (const std::error_code error = bus_.read(kFifoControl, control_and_status)) return tl::unexpected(error);
  const unsigned entries = control_and_status[1] & 0x3fU;
  if (control_and_status[0] != kFifoSetting || entries > kFifoDepth) {
    return tl::unexpected(std::make_error_code(std::errc::bad_message));
  }
  return entries;
}

I2cBus::Completed Adxl345Chip::take(std::span<Adxl345Burst> entries) noexcept {
  std::array<I2cBus::Burst, kFifoDepth> bursts;
  std::ranges::transform(entries, bursts.begin(),
                         [](Adxl345Burst& entry) { return I2cBus::Burst{.start = kData, .into = entry}; });
  return bus_.read(std::span{bursts}.first(entries.size()));
}

void Adxl345Chip::stand_by() noexcept { static_cast<void>(bus_.write(kPowerControl, 0)); }

}  // namespace propriod::drivers
