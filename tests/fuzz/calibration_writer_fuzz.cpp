// Whatever the configuration looks like, writing a calibration into it changes that alone, or is refused in words.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/calibration_writer.hpp"
#include "config/foreign_text.hpp"
#include "config/reader.hpp"

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace propriod::config;
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  const Calibration calibration{.offset_mps2 = {0.25, -0.5, 1}, .scale = {1.01, 0.99, 1}};
  auto expected = parse_config(text, "/nowhere/propriod.yaml");
  if (!expected) {
    require(!with_calibration(text, "/nowhere/propriod.yaml", "chest", calibration));
    return 0;
  }
  for (Sensor& sensor : expected->sensors) {
    const auto changed = with_calibration(text, "/nowhere/propriod.yaml", sensor.name, calibration);
    if (!changed) {
      require(printable(changed.error().to_string()));
      continue;
    }
    const Calibration before = sensor.calibration;
    sensor.calibration = calibration;
    require(*parse_config(*changed, "/nowhere/propriod.yaml") == *expected);
    sensor.calibration = before;
  }
  return 0;
}
