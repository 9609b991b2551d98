// What does a sample cost on its way to a window, and a window on its way to a prediction? One thread.
#include <benchmark/benchmark.h>

#include <chrono>
#include <vector>

#include "model/network.hpp"
#include "model/recognizer.hpp"
#include "model/resampler.hpp"
#include "model/torch_runtime.hpp"
#include "model/windower.hpp"

namespace propriod::bench {
namespace {

/// Samples at `range(0)` Hz through resampler (with its low-pass from 75 Hz on) and windower, to windows at 50 Hz.
void sample_to_window(benchmark::State& state) {
  const auto rate_hz = static_cast<double>(state.range(0));
  model::Resampler resampler({.source_rate_hz = rate_hz, .target_rate_hz = 50});
  model::Windower windower({.length = 100, .step = 60});
  std::vector<float> window(300);
  const std::chrono::nanoseconds period{static_cast<std::int64_t>(1e9 / rate_hz)};
  drivers::Sample sample{drivers::BootTime{}, {0, 0, 9.81F}};
  for (auto _ : state) {
    sample.time += period;
    resampler.push(sample, false, [&](const drivers::Sample& point, bool first) {
      if (windower.push(point, first)) windower.copy_to(window);
    });
    benchmark::DoNotOptimize(window.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(sample_to_window)->ArgName("hz")->Arg(50)->Arg(100)->Arg(400);

/// Windows in batches of `range(0)` through the paper's network with 12 + 3 classes.
void window_to_probabilities(benchmark::State& state, const char* architecture) {
  model::set_torch_threads(1);
  model::Manifest manifest;
  manifest.architecture.name = architecture;
  manifest.activities.assign(12, "activity");
  manifest.placements.assign(3, "placement");
  const auto network = model::make_network(manifest.architecture, 100, 12, 3);
  model::Recognizer recognizer({.directory = {}, .manifest = manifest, .weights = model::weights_of(*network)});
  const std::vector<float> windows(static_cast<std::size_t>(state.range(0)) * 300, 1.0F);
  model::Probabilities probabilities;
  for (auto _ : state) recognizer.recognize(windows, probabilities);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(window_to_probabilities, mtl_net, "mtl-net")->ArgName("batch")->Arg(1)->Arg(16)->Arg(64);
BENCHMARK_CAPTURE(window_to_probabilities, mtl_net_published, "mtl-net-published")->ArgName("batch")->Arg(64);

}  // namespace
}  // namespace propriod::bench

BENCHMARK_MAIN();
