// Whatever comes over the line: are readings finite, within what the chip can say, and their times ascending, and does
// the decoder find back to good lines? The first byte picks the time unit and the rate.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "drivers/csv_line_decoder.hpp"

using namespace propriod::drivers;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return -1;
  constexpr double kUsPerTimeUnit[] = {1, 1e3, 1e6};
  constexpr double kRatesHz[] = {1, 50, 3200};
  CsvLineDecoder decoder(
      {.mps2_per_unit = 1, .us_per_time_unit = kUsPerTimeUnit[data[0] % 3], .rate_hz = kRatesHz[data[0] / 3 % 3]});
  std::size_t readings = 0;
  std::int64_t time_us = INT64_MIN;
  const auto check = [&](const SerialReading& reading) {
    ++readings;
    require(!reading.time_us || reading.before.restarted || *reading.time_us > time_us);
    if (reading.time_us) time_us = *reading.time_us;
    require(reading.before.lost < 1'000'000'000'000'000'000U);
    for (const double axis : reading.accel_mps2) require(std::abs(axis) <= 173);
  };
  for (const auto byte : std::as_bytes(std::span(data + 1, size - 1))) {
    if (byte == std::byte{0xa5}) decoder.reconnected();
    for (const auto& reading : decoder.take(byte)) check(reading);
  }
  require(readings * 6 <= size);  // "1,2,3" and its end
  require(decoder.understood_bytes() <= size);
  std::string good = "\n";
  for (int i = 0; i < 8; ++i) good += "1,2,3\n";
  readings = 0;
  for (const char c : good) {
    for (const auto& reading : decoder.take(static_cast<std::byte>(c))) check(reading);
  }
  require(readings >= 4);
  return 0;
}
