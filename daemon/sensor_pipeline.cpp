#include "daemon/sensor_pipeline.hpp"

#include <algorithm>
#include <cmath>

namespace propriod::daemon {
namespace {

constexpr double kRingSeconds = 4;         // longer than any stall that was seen
constexpr double kMostReadings = 1 << 18;  // 8 MiB: a replay may be a thousand times as fast as its sensor was

}  // namespace

SensorPipeline::SensorPipeline(const Options& options, const model::Manifest::Input& input)
    : ring_(static_cast<std::size_t>(std::ceil(std::min(kRingSeconds * options.arrival_rate_hz, kMostReadings)))),
      resampler_({.source_rate_hz = options.rate_hz, .target_rate_hz = input.rate_hz}),
      windower_({.length = input.window, .step = input.step}),
      mount_(options.mount) {}

}  // namespace propriod::daemon
