#include "train/self_check.hpp"

#include <spdlog/fmt/fmt.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <utility>

#include "train/adam.hpp"
#include "train/augmentation.hpp"
#include "train/device_steps.hpp"
#include "train/device_windows.hpp"
#include "train/method.hpp"
#include "train/own_stream.hpp"
#include "train/schedule.hpp"
#include "train/step.hpp"

namespace propriod::train {
namespace {

constexpr std::int64_t kSteps = 50;
constexpr std::int64_t kBatch = 64;
constexpr std::size_t kActivities = 6;
constexpr std::size_t kPlacements = 3;

constexpr double kLearningRate = 0.0001;  // with the paper's ten times as much, rounding grows ten times as far

constexpr SelfCheckTolerance kEqual{.loss = 0, .weights = 0};
// Windows scaled by 1 + 1e-6, several times what float32 rounds, came out up to 0.002 and 0.13 apart on the CPU (every
// method that draws nothing, mtl-net and mtl-net-published).
constexpr SelfCheckTolerance kFloat32{.loss = 0.01, .weights = 0.3};
// The CPU's bfloat16 came out up to 0.06 and 0.62 apart, with the paper's learning rate. Trainings that have nothing in
// common have weights √2 apart.
constexpr SelfCheckTolerance kBf16{.loss = 0.15, .weights = 0.9};

/// Tones of a pitch for each activity on an axis for each placement, with noise: all that the steps need is something
/// to learn.
WindowSet made_up_windows(int window) {
  WindowSet set;
  std::mt19937 random(1);
  for (std::size_t n = 0; n < static_cast<std::size_t>(kSteps * kBatch); ++n) {
    const auto activity = random() % kActivities;
    const auto placement = random() % kPlacements;
    const auto phase = static_cast<double>(random() % 1000);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      for (int k = 0; k < window; ++k) {
        const double noise = static_cast<double>(random()) / static_cast<double>(std::mt19937::max()) * 4;
        const double tone = std::sin(k * 0.1 * static_cast<double>(activity + 1) + phase);
        set.accel.push_back(static_cast<float>((axis == placement ? 5 * tone : 0) + noise));
      }
    }
    set.activity.push_back(static_cast<std::int64_t>(activity));
    set.placement.push_back(static_cast<std::int64_t>(placement));
    set.origin.push_back({0, {}});
  }
  return set;
}

/// While it lives, a GPU multiplies float32 as such, not rounded to TF32.
class FullFloat32 {
 public:
  FullFloat32() { set(false, false); }
  ~FullFloat32() { set(convolutions_, products_); }
  FullFloat32(const FullFloat32&) = delete;
  FullFloat32& operator=(const FullFloat32&) = delete;

 private:
  static void set(bool convolutions, bool products) {
    at::globalContext().setAllowTF32CuDNN(convolutions);
    at::globalContext().setAllowTF32CuBLAS(products);
  }
  bool convolutions_ = at::globalContext().allowTF32CuDNN();
  bool products_ = at::globalContext().allowTF32CuBLAS();
};

torch::Tensor generator_state() { return at::globalContext().defaultGenerator(torch::kCPU).get_state(); }

std::vector<float> values_of(const model::Network& network) {
  std::vector<float> values;
  for (const auto& tensor : model::weights_of(network)) std::ranges::copy(tensor.values, std::back_inserter(values));
  return values;
}

/// The steps, from the same weights on every device.
class Steps {
 public:
  explicit Steps(const Recipe& recipe)
      : recipe_(recipe), windows_(made_up_windows(input_.window)), order_(windows_.activity.size()) {
    std::iota(order_.begin(), order_.end(), 0);
    const auto& training = recipe.training;
    const Schedule schedule{.learning_rate = kLearningRate, .cosine = training.cosine, .warm_up = training.warm_up};
    for (std::int64_t step = 0; step < kSteps; ++step) learning_rates_.push_back(schedule.at(step, kSteps));
    start_ = values_of(make(torch::kCPU)->network());
  }

  /// The weights before the first step.
  [[nodiscard]] const std::vector<float>& start() const noexcept { return start_; }

  StepTrace on_cpu(const std::string& way) {
    const auto method = make(torch::kCPU);
    const DeviceWindows windows = on(torch::kCPU);
    const auto rows = torch::tensor(order_);
    const auto before = generator_state();
    StepTrace trace{.way = way, .losses = {}, .weights = {}};
    for (int phase = 0; phase < method->phases(); ++phase) {
      method->begin_phase(phase);
      Adam optimizer(method->trained_parameters(), recipe_.training.weight_decay);
      for (std::int64_t step = 0; step < kSteps; ++step) {
        const auto batch = windows.batch(rows.slice(0, step * kBatch, (step + 1) * kBatch));
        trace.losses.push_back(
            take_step(*method, optimizer, batch, learning_rates_[static_cast<std::size_t>(step)]).loss.item<double>());
      }
    }
    if (!torch::equal(before, generator_state())) {
      throw std::runtime_error("a self-check cannot compare what draws random numbers (dropout), as " +
                               recipe_.training.method + " with " + recipe_.architecture.name +
                               " does: each device draws its own; use --method smooth-distill --architecture mtl-net");
    }
    trace.weights = values_of(method->network());
    return trace;
  }

  StepTrace on_gpu(bool graph) {
    const torch::Device device(torch::kCUDA);
    const OwnStream stream(device);
    const auto method = make(device);
    const DeviceWindows windows = on(device);
    const Augmentation none({}, device);
    StepTrace trace;
    for (int phase = 0; phase < method->phases(); ++phase) {
      method->begin_phase(phase);
      Adam optimizer(method->trained_parameters(), recipe_.training.weight_decay);
      DeviceSteps steps(windows, none, *method, optimizer,
                        {.batch = kBatch,
                         .weight_decay = recipe_.training.weight_decay,
                         .bf16 = recipe_.training.bf16,
                         .graph = graph});
      steps.begin_epoch(order_, learning_rates_);
      for (std::int64_t step = 0; step < kSteps; ++step) steps.step();
      std::ranges::copy(steps.end_epoch().losses, std::back_inserter(trace.losses));
      trace.way = "cuda, " + steps.launched();
    }
    trace.weights = values_of(method->network());
    return trace;
  }

 private:
  std::unique_ptr<Method> make(torch::Device device) {
    torch::manual_seed(recipe_.training.seed);
    return make_method(recipe_.training.method, method_options(recipe_.training, /*all_labelled=*/true), [&] {
      auto network = model::make_network(recipe_.architecture, input_.window, kActivities, kPlacements);
      network->to(device);
      return network;
    });
  }

  [[nodiscard]] DeviceWindows on(torch::Device device) const {
    return {windows_, input_.window, static_cast<float>(recipe_.scale), device};
  }

  const Recipe& recipe_;
  model::Manifest::Input input_;
  WindowSet windows_;
  std::vector<std::int64_t> order_;
  std::vector<double> learning_rates_;
  std::vector<float> start_;
};

}  // namespace

bool SelfCheck::passed() const noexcept { return std::ranges::all_of(rows, &SelfCheckRow::agrees); }

SelfCheck self_check(const Recipe& recipe, const std::string& device, bool cuda_graph) try {
  const FullFloat32 full_float32;
  Steps steps(recipe);
  SelfCheck check{
      .method = recipe.training.method, .architecture = recipe.architecture.name, .reference = {}, .rows = {}};
  check.reference = steps.on_cpu("cpu");
  const auto add = [&](StepTrace trace, const SelfCheckTolerance& tolerance) {
    const auto apart = distance(steps.start(), check.reference, trace);
    check.rows.push_back({.trace = std::move(trace), .distance = apart, .tolerance = tolerance});
  };
  if (device == "cpu") {
    add(steps.on_cpu("cpu, again"), kEqual);
  } else {
    const auto& tolerance = recipe.training.bf16 ? kBf16 : kFloat32;
    add(steps.on_gpu(/*graph=*/false), tolerance);
    if (cuda_graph) add(steps.on_gpu(/*graph=*/true), tolerance);
  }
  return check;
} catch (const c10::Error& error) {
  throw std::runtime_error(std::string("LibTorch stopped the self-check: ") + error.what_without_backtrace());
}

std::string to_text(const SelfCheck& check) {
  std::size_t width = 0;
  for (const auto& row : check.rows) width = std::max(width, row.trace.way.size());
  std::string text = fmt::format("{} steps of {} with {}, batches of {} made-up windows, the same on each device\n",
                                 check.reference.losses.size(), check.method, check.architecture, kBatch);
  text += fmt::format("{:{}}  {:>10} {:>10}  {:>20} {:>20}\n", "", width, "first loss", "last loss",
                      "losses apart (most)", "weights apart (most)");
  const auto line = [&](const StepTrace& trace) {
    return fmt::format("{:{}}  {:10.6f} {:10.6f}", trace.way, width, trace.losses.front(), trace.losses.back());
  };
  text += line(check.reference) + "\n";
  for (const auto& row : check.rows) {
    const auto apart = [](double value, double most) { return fmt::format("{:.1e} ({:.0e})", value, most); };
    text += fmt::format("{}  {:>20} {:>20}  {}\n", line(row.trace), apart(row.distance.loss, row.tolerance.loss),
                        apart(row.distance.weights, row.tolerance.weights), row.agrees() ? "agrees" : "DIFFERS");
  }
  return text + (check.passed() ? "self-check passed\n" : "self-check FAILED: do not trust what is trained there\n");
}

}  // namespace propriod::train
