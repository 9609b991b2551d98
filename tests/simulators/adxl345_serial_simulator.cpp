#include "tests/simulators/adxl345_serial_simulator.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <utility>

#include "drivers/adxl345_registers.hpp"
#include "drivers/crc16.hpp"

namespace propriod::tests {
namespace {

using namespace std::chrono_literals;

constexpr auto kBootTakes = 1600ms;
constexpr double kBitsPerByte = 10;  // with its start and stop bit

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

void append_little_endian(Bytes& bytes, std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<std::byte>(value >> (8 * i)));
}

template <typename... Values>
std::string format(const char* how, Values... values) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), how, values...);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string reading(std::int16_t counts, CsvUnit unit) {
  const double mps2 = counts * drivers::adxl345::kMps2PerCount;
  switch (unit) {
    case CsvUnit::kRaw:
      return std::to_string(counts);
    case CsvUnit::kMg:
      return format("%.1f", 1000 * mps2 / drivers::kStandardGravityMps2);
    case CsvUnit::kG:
      return format("%.4f", mps2 / drivers::kStandardGravityMps2);
    case CsvUnit::kMps2:
      break;
  }
  return format("%.3f", mps2);
}

}  // namespace

Bytes cobs_encode(std::span<const std::byte> bytes) {
  Bytes encoded;
  std::size_t code_at = 0;
  const auto begin_block = [&] {
    code_at = encoded.size();
    encoded.push_back(std::byte{0});
  };
  const auto end_block = [&] { encoded[code_at] = static_cast<std::byte>(encoded.size() - code_at); };
  begin_block();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != std::byte{0}) encoded.push_back(bytes[i]);
    const bool full = encoded.size() - code_at == 0xff;
    if (bytes[i] == std::byte{0} || (full && i + 1 < bytes.size())) {
      end_block();
      begin_block();
    }
  }
  end_block();
  encoded.push_back(std::byte{0});
  return encoded;
}

Bytes cobs_frame(std::uint16_t boot, std::uint32_t number, std::uint32_t time_us,
                 std::span<const AccelCounts> samples) {
  Bytes frame{std::byte{1}, std::byte{1}};
  append_little_endian(frame, boot, 2);
  append_little_endian(frame, number, 4);
  append_little_endian(frame, time_us, 4);
  append_little_endian(frame, samples.size(), 1);
  for (const auto& sample : samples) {
    for (const auto axis : sample) append_little_endian(frame, static_cast<std::uint16_t>(axis), 2);
  }
  append_little_endian(frame, drivers::crc16_ccitt(frame, 0xffff), 2);
  return cobs_encode(frame);
}

std::string csv_line(const AccelCounts& counts, CsvUnit unit, const std::optional<std::string>& time, bool checksum) {
  std::string line = time ? *time + "," : "";
  line += reading(counts[0], unit) + "," + reading(counts[1], unit) + "," + reading(counts[2], unit);
  if (checksum) {
    unsigned sum = 0;
    for (const char c : line) sum ^= static_cast<unsigned char>(c);
    line += format("*%02X", sum);
  }
  return line + "\r\n";
}

AccelCounts sway(std::uint64_t index) {
  constexpr double kPeriod = 600;
  const double angle = 2 * std::numbers::pi * static_cast<double>(index % 600) / kPeriod;
  return {static_cast<std::int16_t>(std::lround(120 * std::sin(angle))),
          static_cast<std::int16_t>(index % 600 - 300),  // makes them different
          static_cast<std::int16_t>(std::lround(200 + 40 * std::cos(angle)))};
}

Adxl345SerialSimulator::Adxl345SerialSimulator(Options options) : options_(std::move(options)) {}

std::chrono::nanoseconds Adxl345SerialSimulator::due() const {
  const double seconds = static_cast<double>(number_ + 1) / options_.rate_hz / (1 + options_.clock_ppm * 1e-6);
  return started_ + std::chrono::nanoseconds{std::llround(seconds * 1e9)};
}

Bytes Adxl345SerialSimulator::transmit(std::chrono::nanoseconds now) {
  room_bytes_ += std::chrono::duration<double>(now - now_).count() * options_.baud / kBitsPerByte;
  now_ = now;
  while (due() <= now) measure();
  const auto count = std::min(line_.size(), static_cast<std::size_t>(room_bytes_));
  Bytes out(line_.begin(), line_.begin() + static_cast<std::ptrdiff_t>(count));
  line_.erase(line_.begin(), line_.begin() + static_cast<std::ptrdiff_t>(count));
  room_bytes_ = line_.empty() ? 0 : room_bytes_ - static_cast<double>(count);
  if (now < garbage_until_) {
    for (auto& byte : out) byte = static_cast<std::byte>(noise_());
  }
  return out;
}

void Adxl345SerialSimulator::measure() {
  const auto clock_us = std::llround(static_cast<double>(number_ + 1) / options_.rate_hz * 1e6);
  const AccelCounts counts = options_.signal(measured_++);
  ++number_;
  if (options_.format == Format::kCobs) {
    frame_.push_back(counts);
    if (frame_.size() < options_.frame_samples) return;
    const auto first = static_cast<std::uint32_t>(number_ - frame_.size());
    send(cobs_frame(boot_, first, static_cast<std::uint32_t>(clock_us), frame_));
    sent_ += frame_.size();
    frame_.clear();
    return;
  }
  std::optional<std::string> time;
  if (options_.format == Format::kCsvTime) time = std::to_string(static_cast<std::uint32_t>(clock_us / 1000));
  send(bytes_of(csv_line(counts, options_.unit, time, options_.checksum)));
  ++sent_;
}

void Adxl345SerialSimulator::send(std::span<const std::byte> bytes) {
  line_.insert(line_.end(), bytes.begin(), bytes.end());
}

void Adxl345SerialSimulator::reboot(std::chrono::nanoseconds quiet) {
  ++boot_;
  number_ = 0;
  started_ = now_ + quiet;
  frame_.clear();
  line_.clear();
  if (options_.format == Format::kCobs) {
    send(std::array{std::byte{0}});
  } else {
    send(bytes_of("\r\nADXL345 ready\r\n"));
  }
}

void Adxl345SerialSimulator::connected() {
  if (!options_.resets_when_opened) return;
  reboot(kBootTakes);
  const auto part = options_.format == Format::kCobs ? "\x05\x81\x02" : "4,9.81";
  line_.insert(line_.begin(), bytes_of(part).begin(), bytes_of(part).end());
}

bool Adxl345SerialSimulator::fault(std::string_view name, std::string_view argument) {
  if (name == "reboot") {
    reboot(kBootTakes);
    return true;
  }
  if (name == "garbage") {
    garbage_until_ = now_ + std::chrono::nanoseconds{std::llround(std::stod(std::string(argument)) * 1e9)};
    return true;
  }
  return false;
}

}  // namespace propriod::tests
