#include "train/device_steps.hpp"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include "tests/train/tones.hpp"
#include "train/autocast.hpp"
#include "train/step.hpp"

// What a GPU does beside the capture itself, which needs one: the same steps done on the CPU in the GPU's way must come
// out as those of the CPU's own way.
namespace propriod::train {
namespace {

constexpr std::int64_t kBatch = 16;
constexpr std::int64_t kSteps = 5;  // an epoch; the last has only three windows
constexpr std::int64_t kWindows = (kSteps - 1) * kBatch + 3;
constexpr int kEpochs = 3;
constexpr double kWeightDecay = 0.02;

double rate_of(std::int64_t step) { return 0.001 / static_cast<double>(1 + step); }

/// A training of a few steps in both ways.
class Twins {
 public:
  explicit Twins(const std::string& method, bool beta_warm_up = false) {
    model::Manifest::Training training;
    training.method = method;
    training.beta = 0.9;
    training.beta_warm_up = beta_warm_up;
    const auto make = [&] {
      torch::manual_seed(1);
      return make_method(method, method_options(training, /*all_labelled=*/true), [&] {
        return model::make_network({.name = "mtl-net", .separate_tasks = method == "singletask"}, 100, 2, 2);
      });
    };
    ours_ = make();
    theirs_ = make();
    const auto draw = torch::randperm(kWindows, torch::kInt64);
    order_.assign(draw.data_ptr<std::int64_t>(), draw.data_ptr<std::int64_t>() + kWindows);
  }

  void train(const DeviceStepsOptions& options) {
    const Augmentation none({}, torch::kCPU);
    for (int phase = 0; phase < ours_->phases(); ++phase) {
      ours_->begin_phase(phase);
      theirs_->begin_phase(phase);
      Adam adam(ours_->trained_parameters(), kWeightDecay);
      Adam reference(theirs_->trained_parameters(), kWeightDecay);
      DeviceSteps steps(windows_, none, *ours_, adam, options);
      for (int epoch = 0; epoch < kEpochs; ++epoch) compare_epoch(steps, reference, epoch);
      EXPECT_EQ(adam.steps(), reference.steps());
      launched_ = steps.launched();
    }
  }

  /// Largest difference of two networks' weights.
  static double apart(const model::Network& one, const model::Network& other) {
    double largest = 0;
    const auto a = model::weights_of(one);
    const auto b = model::weights_of(other);
    for (std::size_t t = 0; t < a.size(); ++t) {
      for (std::size_t i = 0; i < a[t].values.size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(a[t].values[i] - b[t].values[i])));
      }
    }
    return largest;
  }

  std::unique_ptr<Method> ours_, theirs_;
  std::string launched_;

 private:
  void compare_epoch(DeviceSteps& steps, Adam& reference, int epoch) {
    std::vector<double> rates;
    for (std::int64_t step = 0; step < kSteps; ++step) rates.push_back(rate_of(epoch * kSteps + step));
    steps.begin_epoch(order_, rates);
    for (std::int64_t step = 0; step < kSteps; ++step) steps.step();
    const auto said = steps.end_epoch();

    ASSERT_EQ(said.losses.size(), static_cast<std::size_t>(kSteps));
    double mean = 0;
    TaskCurve activity;
    TaskCurve placement;
    const auto rows = torch::tensor(order_);
    for (std::int64_t step = 0; step < kSteps; ++step) {
      const auto batch = windows_.batch(rows.slice(0, step * kBatch, std::min((step + 1) * kBatch, kWindows)));
      const auto [loss, logits] = take_step(*theirs_, reference, batch, rates[static_cast<std::size_t>(step)]);
      EXPECT_NEAR(said.losses[static_cast<std::size_t>(step)], loss.item<double>(), 1e-4) << epoch << "/" << step;
      mean += loss.item<double>() * static_cast<double>(batch.accel.size(0)) / kWindows;
      activity.add(logits.activity, batch.activity);
      placement.add(logits.placement, batch.placement);
    }
    EXPECT_NEAR(said.loss, mean, 1e-4);
    expect_near(said.activity, activity.figures());
    expect_near(said.placement, placement.figures());
  }

  static void expect_near(const TaskFigures& ours, const TaskFigures& theirs) {
    EXPECT_EQ(std::isnan(ours.loss), std::isnan(theirs.loss));
    if (std::isnan(theirs.loss)) return;
    EXPECT_NEAR(ours.loss, theirs.loss, 1e-4);
    EXPECT_EQ(ours.accuracy, theirs.accuracy);
  }

  WindowSet set_ = tones(kWindows);  // on the CPU, DeviceWindows looks at it and copies nothing
  DeviceWindows windows_{set_, 100, 1, torch::kCPU};
  std::vector<std::int64_t> order_;
};

class DeviceStepsOf : public testing::TestWithParam<std::string> {};

TEST_P(DeviceStepsOf, ComeOutAsTheCpusOwn) {
  Twins twins(GetParam());
  twins.train({.batch = kBatch, .weight_decay = kWeightDecay});
  EXPECT_LT(Twins::apart(twins.ours_->network(), twins.theirs_->network()), 2e-5);
  if (auto* teacher = twins.ours_->teacher()) {
    EXPECT_LT(Twins::apart(*teacher, *twins.theirs_->teacher()), 2e-5);
  }
}
INSTANTIATE_TEST_SUITE_P(EveryMethodThatDrawsNothing, DeviceStepsOf,
                         testing::Values("singletask", "multitask", "born-again", "smooth-distill"));

TEST(DeviceSteps, LetATeacherThatWarmsUpFollow) {
  Twins twins("smooth-distill", /*beta_warm_up=*/true);
  twins.train({.batch = kBatch, .weight_decay = kWeightDecay});
  EXPECT_LT(Twins::apart(*twins.ours_->teacher(), *twins.theirs_->teacher()), 2e-5);
}

TEST(DeviceSteps, RecordNoGraphOnTheCpu) {
  Twins twins("multitask");
  twins.train({.batch = kBatch, .weight_decay = kWeightDecay, .graph = true});
  EXPECT_EQ(twins.launched_, "kernel by kernel");
  EXPECT_LT(Twins::apart(twins.ours_->network(), twins.theirs_->network()), 2e-5);
}

TEST(DeviceSteps, TakeBatchesThatAreAllTooSmall) {
  Twins twins("multitask");
  const auto set = tones(5);
  const DeviceWindows windows(set, 100, 1, torch::kCPU);
  const Augmentation none({}, torch::kCPU);
  Adam adam(twins.ours_->trained_parameters());
  DeviceSteps steps(windows, none, *twins.ours_, adam, {.batch = 8});
  steps.begin_epoch(std::vector<std::int64_t>{4, 3, 2, 1, 0}, std::vector<double>{0.001});
  steps.step();
  const auto said = steps.end_epoch();
  EXPECT_EQ(said.losses.size(), 1U);
  EXPECT_GT(said.loss, 0);
  EXPECT_GE(said.activity.accuracy, 0);
}

TEST(CudaGraph, SaysWhyItRecordsNothingWithoutAGpu) {
  if (torch::cuda::is_available()) GTEST_SKIP() << "there is a GPU";
  CudaGraph graph;
  EXPECT_NE(graph.capture([] {}), "");
}

TEST(Autocast, MultipliesInBfloat16AndLeavesParametersAlone) {
  auto weight = torch::ones({3, 3}).requires_grad_();
  const auto input = torch::ones({2, 3});
  const auto type_with = [&](bool on) {
    const Autocast autocast(torch::kCPU, on);
    return torch::linear(input, weight).scalar_type();
  };
  EXPECT_EQ(type_with(true), torch::kBFloat16);
  EXPECT_EQ(type_with(false), torch::kFloat32);
  EXPECT_EQ(torch::linear(input, weight).scalar_type(), torch::kFloat32);  // as before
  torch::Tensor loss;
  {
    const Autocast autocast(torch::kCPU, true);
    loss = torch::linear(input, weight).to(torch::kFloat32).sum();
  }
  loss.backward();
  EXPECT_EQ(weight.grad().scalar_type(), torch::kFloat32);
}

TEST(DeviceSteps, LearnInMixedPrecision) {
  Twins twins("smooth-distill");
  const auto start = model::weights_of(twins.ours_->network());
  const auto set = tones(64);
  const DeviceWindows windows(set, 100, 1, torch::kCPU);
  const Augmentation none({}, torch::kCPU);
  Adam adam(twins.ours_->trained_parameters());
  DeviceSteps steps(windows, none, *twins.ours_, adam, {.batch = 16, .bf16 = true});
  std::vector<std::int64_t> order(64);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
  double first = 0;
  double last = 0;
  for (int epoch = 0; epoch < 5; ++epoch) {
    steps.begin_epoch(order, std::vector<double>(4, 0.001));
    for (int step = 0; step < 4; ++step) steps.step();
    last = steps.end_epoch().loss;
    if (epoch == 0) first = last;
  }
  EXPECT_LT(last, first);
  EXPECT_NE(model::weights_of(twins.ours_->network()), start);
}

}  // namespace
}  // namespace propriod::train
