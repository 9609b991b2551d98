// Is whatever a bus may answer either a sample that an ADXL345 can say, or counted? The input is what the bus does:
// per transfer a byte that says how it ends, then the bytes it gives.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <system_error>

#include "drivers/adxl345_sampler.hpp"
#include "drivers/iio_scan_type.hpp"

namespace {

using namespace propriod::drivers;
using namespace std::chrono_literals;

void require(bool holds) {
  if (!holds) std::abort();
}

class FuzzedBus final : public I2cBus {
 public:
  explicit FuzzedBus(std::span<const std::uint8_t> input) : input_(input) {}

  using I2cBus::read;
  Completed read(std::span<const Burst> bursts) noexcept override {
    for (std::size_t i = 0; i < bursts.size(); ++i) {
      const std::uint8_t how = next();
      now += how * 100us;
      if (how >= 0xf8) return {.bursts = i, .error = std::make_error_code(std::errc::io_error)};
      for (std::uint8_t& byte : bursts[i].into) byte = next();
      // Mostly what a chip says there, or no input would come further.
      if (how < 0xe0 && bursts[i].start == adxl345::kFifoControl) bursts[i].into[0] = adxl345::kFifoSetting;
      if (how < 0xe0 && bursts[i].start == adxl345::kData) bursts[i].into[6] = adxl345::kFifoSetting;
    }
    return {.bursts = bursts.size(), .error = {}};
  }
  std::error_code write(std::uint8_t, std::uint8_t) noexcept override {
    return std::make_error_code(next() % 2 == 0 ? std::errc{} : std::errc::timed_out);
  }
  [[nodiscard]] bool is_over() const { return input_.empty(); }

  std::chrono::nanoseconds now = 100s;

 private:
  std::uint8_t next() noexcept {
    if (input_.empty()) return 0;
    const std::uint8_t byte = input_.front();
    input_ = input_.subspan(1);
    return byte;
  }
  std::span<const std::uint8_t> input_;
};

struct Judge final : SampleListener {
  void on_sample(BootTime time, const PreciseAcceleration& accel_mps2) noexcept override {
    require(time > last);
    last = time;
    for (const double axis : accel_mps2) require(std::abs(axis) <= 4096 * adxl345::kMps2PerCount);
  }
  void on_lost(std::uint64_t samples) noexcept override { require(samples > 0 && samples < 1'000'000); }
  void on_gap() noexcept override {}
  BootTime last{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (const auto type = parse_iio_scan_type({reinterpret_cast<const char*>(data), size})) {
    require(type->bits >= 1 && type->bits + type->shift <= 16);
  }
  FuzzedBus bus{{data, size}};
  Adxl345Chip chip{bus, {.name = "fuzzed", .rate_hz = 50}};
  Judge judge;
  Adxl345Sampler sampler{50, 16, judge, [&] { return BootTime{bus.now}; }};
  try {
    chip.identify();
    chip.set_up();
  } catch (const DeviceError&) {
  }
  sampler.begin();
  while (!bus.is_over()) {
    const auto poll = sampler.poll(chip);
    if (poll.error) {
      static_cast<void>(chip.keeps_settings());
      sampler.resume();
      bus.now += 50ms;
    } else {
      require(poll.next.time_since_epoch() <= bus.now + 1s);
      bus.now = std::max(bus.now, poll.next.time_since_epoch());
    }
  }
  return 0;
}
