#include "drivers/replay_driver.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "drivers/errors.hpp"

namespace propriod::drivers {
namespace {

Recording playable(Recording recording) {
  if (recording.samples.empty()) throw RecordingError(recording.name + ": holds no sample; replay another recording");
  if (!(recording.rate_hz >= 0.01 && recording.rate_hz <= 100'000)) {
    throw RecordingError(recording.name + ": its rate is " + std::to_string(recording.rate_hz) +
                         " Hz, 0.01 to 100000 can be replayed; correct `rate` in its sidecar");
  }
  return recording;
}

}  // namespace

ReplayDriver::ReplayDriver(boost::asio::io_context& io, Recording recording, const Options& options)
    : PacedDriver(io, options.pace), recording_(playable(std::move(recording))), loop_(options.loop) {}

std::optional<PacedDriver::PacedSample> ReplayDriver::produce() noexcept {
  const auto& samples = recording_.samples;
  bool after_gap = false;
  if (position_ == samples.size()) {
    if (!loop_) return std::nullopt;
    const std::chrono::nanoseconds period{std::llround(1e9 / recording_.rate_hz)};
    lap_begin_ += samples.back().time - samples.front().time + period;
    position_ = 0;
    after_gap = true;
  }
  const RecordedSample& sample = samples[position_++];
  return PacedSample{.offset = lap_begin_ + (sample.time - samples.front().time),
                     .accel_mps2 = sample.accel_mps2,
                     .after_gap = after_gap};
}

}  // namespace propriod::drivers
