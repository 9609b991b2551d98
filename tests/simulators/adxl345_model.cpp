#include "tests/simulators/adxl345_model.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace propriod::tests {
namespace {

using namespace drivers::adxl345;

constexpr std::chrono::microseconds kTurnOn{1100};
constexpr std::size_t kCapacity = kFifoDepth + 1;
constexpr std::uint8_t kDataEnd = kData + 6;

std::chrono::nanoseconds seconds_of(const std::string& argument) {
  return std::chrono::nanoseconds{std::llround(std::stod(argument) * 1e9)};
}

}  // namespace

Adxl345Model::Adxl345Model(Options options) : options_(std::move(options)) { reset(); }

void Adxl345Model::reset() {
  registers_.fill(0);
  registers_[kRate] = 0x0a;
  fifo_.clear();
  overrun_ = false;
}

std::error_code Adxl345Model::read(std::uint8_t start, std::span<std::uint8_t> into) {
  const std::scoped_lock lock{mutex_};
  ++transfers_;
  advance();
  if (options_.now() < absent_until_) return std::make_error_code(absent_as_);

  bool reads_data = false;
  for (std::size_t i = 0; i < into.size(); ++i) {
    const auto address = static_cast<std::uint8_t>((start + i) % kRegisters);
    if (std::exchange(reads_data, address >= kData && address < kDataEnd) && !reads_data) pop();
    into[i] = value_of(address);
    if (address == kInterruptSource) overrun_ = false;
  }
  if (reads_data) pop();

  if (start == kData && garbled_ > 0) {
    --garbled_;
    into[1] ^= 0x40;  // of X's high byte: no longer a sign extension
  }
  if (start == kData && late_failures_ > 0) {
    --late_failures_;
    return std::make_error_code(std::errc::io_error);
  }
  return {};
}

std::error_code Adxl345Model::write(std::uint8_t address, std::uint8_t value) {
  const std::scoped_lock lock{mutex_};
  ++transfers_;
  advance();
  if (options_.now() < absent_until_) return std::make_error_code(absent_as_);
  if (address >= kRegisters || address == kDeviceId || address == kInterruptSource ||
      (address >= kData && address < kDataEnd) || address == kFifoStatus) {
    return {};  // read-only: acknowledged, without effect
  }
  const std::uint8_t before = std::exchange(registers_[address], value);
  const bool begins = address == kPowerControl && (value & kMeasure) != 0 && (before & kMeasure) == 0;
  if (begins || (address == kRate && value != before)) restart_measuring();
  if (address == kFifoControl && (value & 0xc0U) == 0) {
    fifo_.clear();
    overrun_ = false;
  }
  return {};
}

void Adxl345Model::restart_measuring() {
  since_ = options_.now() + kTurnOn;
  made_since_ = 0;
}

std::chrono::duration<double, std::nano> Adxl345Model::period() const {
  const int below_3200 = 0x0f - (registers_[kRate] & 0x0f);
  return std::chrono::duration<double, std::nano>{1e9 / (3200.0 / std::exp2(below_3200) * (1 + options_.rate_error))};
}

bool Adxl345Model::streams() const { return (registers_[kFifoControl] & 0xc0U) == kStreamMode; }

/// Makes the samples that are due.
void Adxl345Model::advance() {
  if ((registers_[kPowerControl] & kMeasure) == 0) return;
  const auto elapsed = std::chrono::duration<double, std::nano>(options_.now() - since_);
  if (elapsed.count() < 0) return;
  const auto due = static_cast<std::uint64_t>(elapsed / period());
  for (; made_since_ < due; ++made_since_) measure();
}

void Adxl345Model::measure() {
  Counts counts = options_.signal(made_++);
  if (stuck_axis_ >= 0) {
    auto& stuck = counts[static_cast<std::size_t>(stuck_axis_)];
    stuck = stuck_at_[static_cast<std::size_t>(stuck_axis_)];
  }
  stuck_at_ = counts;
  counts = as_formatted(counts);
  if (!streams()) {
    fifo_.clear();
    output_ = counts;
    return;
  }
  if (fifo_.size() == kCapacity) fifo_.pop_front();
  fifo_.push_back(counts);
  if (fifo_.size() >= kFifoDepth) overrun_ = true;
}

Adxl345Model::Counts Adxl345Model::as_formatted(Counts counts) const {
  const int range_g = 2 << (registers_[kDataFormat] & 0x03U);
  const bool full_resolution = (registers_[kDataFormat] & kFullResolution) != 0;
  for (std::size_t axis = 0; axis < counts.size(); ++axis) {
    const int offset = 4 * static_cast<std::int8_t>(registers_[kOffsetX + axis]);
    const int clipped = std::clamp(counts[axis] + offset, -256 * range_g, 256 * range_g - 1);
    counts[axis] = static_cast<std::int16_t>(full_resolution ? clipped : clipped / (range_g / 2));
  }
  return counts;
}

void Adxl345Model::pop() {
  overrun_ = false;
  if (fifo_.empty()) return;
  output_ = fifo_.front();
  fifo_.pop_front();
}

std::uint8_t Adxl345Model::value_of(std::uint8_t address) const {
  const auto entries = std::min<std::size_t>(fifo_.size(), kFifoDepth);
  if (address == kDeviceId) return id_;
  if (address == kFifoStatus) return static_cast<std::uint8_t>(entries);
  if (address == kInterruptSource) {
    const std::size_t watermark = registers_[kFifoControl] & 0x1fU;
    return static_cast<std::uint8_t>((streams() && entries >= watermark ? kWatermarkInterrupt : 0) |
                                     (overrun_ ? kOverrunInterrupt : 0));
  }
  if (address >= kData && address < kDataEnd) {
    const Counts& counts = fifo_.empty() ? output_ : fifo_.front();
    const auto place = static_cast<std::size_t>(address - kData);
    return static_cast<std::uint8_t>(static_cast<std::uint16_t>(counts[place / 2]) >> (8 * (place % 2)));
  }
  return registers_[address];
}

bool Adxl345Model::fault(const std::string& name, const std::string& argument) {
  const std::scoped_lock lock{mutex_};
  advance();
  if (name == "nack" || name == "stuck-bus") {
    absent_until_ = options_.now() + seconds_of(argument);
    absent_as_ = name == "nack" ? static_cast<std::errc>(EREMOTEIO) : std::errc::timed_out;
  } else if (name == "late-failure") {
    late_failures_ = std::stoi(argument);
  } else if (name == "garble") {
    garbled_ = std::stoi(argument);
  } else if (name == "wrong-id") {
    id_ = static_cast<std::uint8_t>(std::stoi(argument, nullptr, 16));
  } else if (name == "stick") {
    stuck_axis_ = std::stoi(argument);
  } else if (name == "brown-out") {
    reset();
  } else {
    return false;
  }
  return true;
}

std::uint64_t Adxl345Model::samples_made() {
  const std::scoped_lock lock{mutex_};
  advance();
  return made_;
}

std::uint64_t Adxl345Model::samples_in_fifo() {
  const std::scoped_lock lock{mutex_};
  advance();
  return fifo_.size();
}

bool Adxl345Model::is_measuring() {
  const std::scoped_lock lock{mutex_};
  return (registers_[kPowerControl] & kMeasure) != 0;
}

std::uint8_t Adxl345Model::peek(std::uint8_t address) {
  const std::scoped_lock lock{mutex_};
  return value_of(address);
}

drivers::I2cBus::Completed Adxl345ModelBus::read(std::span<const Burst> bursts) noexcept {
  for (const Burst& burst : bursts) {
    if (spend_) spend_(burst.into.size() + 3);  // two addresses and a register
    if (const std::error_code error = model_.read(burst.start, burst.into)) return {.bursts = 0, .error = error};
  }
  return {.bursts = bursts.size(), .error = {}};
}

std::error_code Adxl345ModelBus::write(std::uint8_t address, std::uint8_t value) noexcept {
  if (spend_) spend_(3);
  return model_.write(address, value);
}

}  // namespace propriod::tests
