// Whatever comes over the line: are readings finite and their times ascending, are at most as many handed out as their
// bytes can hold, and does the decoder find back to a good frame?

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "drivers/cobs_frame_decoder.hpp"

using namespace propriod::drivers;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr std::uint8_t kGoodFrame[] = {0x00, 0x04, 0x01, 0x01, 0x07, 0x02, 0x64, 0x01, 0x01, 0x04,
                                       0x80, 0x1a, 0x06, 0x03, 0x02, 0x0c, 0x04, 0xfc, 0xff, 0xff,
                                       0x02, 0x0d, 0x03, 0xfb, 0xff, 0x04, 0x01, 0xc5, 0xb2, 0x00};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  CobsFrameDecoder decoder(50);
  std::size_t readings = 0;
  std::int64_t time_us = INT64_MIN;
  for (const auto byte : std::as_bytes(std::span(data, size))) {
    if (byte == std::byte{0xa5}) decoder.reconnected();
    for (const auto& reading : decoder.take(byte)) {
      ++readings;
      require(reading.time_us.has_value());
      require(reading.before.restarted || *reading.time_us >= time_us);
      time_us = *reading.time_us;
      for (const double axis : reading.accel_mps2) require(std::isfinite(axis));
    }
  }
  require(readings * CobsFrame::kSampleBytes <= size);
  require(decoder.understood_bytes() <= size);
  std::size_t found = 0;
  for (const auto byte : std::as_bytes(std::span(kGoodFrame))) found += decoder.take(byte).size();
  require(found >= 2);
  return 0;
}
