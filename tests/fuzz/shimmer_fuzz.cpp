// Whatever a line carries: does the decoder of Shimmers hand out only what it may, and every calibration block either
// finite readings or a refusal? The first four bytes choose the device, the rest arrives in pieces.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "drivers/shimmer_calibration.hpp"
#include "drivers/shimmer_decoder.hpp"
#include "drivers/shimmer_layout.hpp"

namespace {

using namespace propriod::drivers;
using namespace propriod::drivers::shimmer;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_calibration(std::span<const std::byte> bytes) {
  if (bytes.size() < CalibrationBlock::kBytes) return;
  const auto block = CalibrationBlock::parse(bytes.first<CalibrationBlock::kBytes>());
  for (const Chip chip : {Chip::kMma7361, Chip::kKxtc9, Chip::kLsm303ah, Chip::kLis2dw12}) {
    for (std::uint8_t range = 0; range < 4; ++range) {
      if (judge(block, chip, range, true) != BlockVerdict::kUsable) continue;
      for (const double axis : Calibrator(block).to_mps2({-32768, 32767, 0})) require(std::isfinite(axis));
    }
  }
}

/// The layout of a device that answers its inquiry with `bytes`, or the usual one.
PacketLayout layout_of(const Device& device, std::span<const std::byte> bytes) {
  if (const auto inquiry = parse_inquiry(bytes, device.model)) {
    const auto layout = packet_layout(device, *inquiry, Accelerometer::kWideRange);
    if (layout) {
      require(layout->packet_bytes() <= kMostPacketBytes);
      return *layout;
    }
  }
  Inquiry usual{.rate_divider = 20, .samples_per_packet = 1, .channels = {0, 1, 2}};
  const auto layout = packet_layout(device, usual, Accelerometer::kLowNoise);
  require(layout.has_value());
  return *layout;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return -1;
  const auto model = model_of(data[0]);
  if (!model) return -1;
  const Device device{.model = *model,
                      .firmware = {.id = static_cast<FirmwareId>(data[1] % 4), .version = {0, data[2], 0}}};
  const std::size_t piece = 1 + data[3] % 64;
  const bool has_stream = data[3] >= 64;
  std::span<const std::byte> bytes = std::as_bytes(std::span(data + 4, size - 4));
  check_calibration(bytes);

  Decoder decoder(device);
  decoder.set_crc(device.has_crc() && data[3] % 2 == 0);
  for (const unsigned command : {0x01U, 0x2CU, 0x72U, 0x8EU, 0x95U}) decoder.expect(static_cast<std::uint8_t>(command));
  if (has_stream) decoder.begin_stream(layout_of(device, bytes.first(bytes.size() / 2)));
  BootTime arrival{std::chrono::hours{1}};
  std::int64_t last_ticks = -1;
  std::uint64_t given = 0;
  const auto take_events = [&] {
    while (const auto event = decoder.next()) {
      if (event->kind != Event::Kind::kSample) continue;
      require(event->sample.ticks > last_ticks);  // or time would run backwards
      require(event->sample.arrival <= arrival);
      require(event->sample.lost == 0 || event->sample.after_gap);
      last_ticks = event->sample.ticks;
      ++given;
    }
  };
  while (!bytes.empty()) {
    std::span<const std::byte> now = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(now.size());
    arrival += std::chrono::milliseconds{std::to_integer<int>(now[0])};
    while (!now.empty()) {
      const std::size_t taken = decoder.feed(now, arrival);
      now = now.subspan(taken);
      take_events();
      require(taken > 0 || now.empty());
    }
  }
  decoder.quiet();
  take_events();
  require(given <= size);
  return 0;
}
