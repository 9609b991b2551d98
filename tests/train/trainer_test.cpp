#include "train/trainer.hpp"

#include <gmock/gmock.h>
#include <torch/cuda.h>

#include <cmath>
#include <random>
#include <stdexcept>

#include "model/torch_runtime.hpp"
#include "train/evaluation.hpp"

namespace propriod::train {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// Windows of two activities (a slow and a fast tone) at two placements (the tone on x or on z), with noise.
WindowSet tones(std::size_t count) {
  WindowSet set;
  std::mt19937 random(1);
  for (std::size_t n = 0; n < count; ++n) {
    const std::int64_t activity = static_cast<std::int64_t>(n % 2);
    const std::int64_t placement = static_cast<std::int64_t>(n / 2 % 2);
    for (int axis = 0; axis < 3; ++axis) {
      for (int k = 0; k < 100; ++k) {
        const double tone =
            axis == 2 * placement ? std::sin(k * (activity == 0 ? 0.1 : 0.9) + static_cast<double>(n)) : 0;
        set.accel.push_back(static_cast<float>(5 * tone + 1e-9 * static_cast<double>(random() % 1'000'000'000)));
      }
    }
    set.activity.push_back(activity);
    set.placement.push_back(placement);
    set.subject.push_back(static_cast<std::int32_t>(n % 5));
    set.origin.push_back({0, {}});
  }
  set.subjects = {"a", "b", "c", "d", "e"};
  return set;
}

TrainerOptions options(int epochs) {
  TrainerOptions result;
  result.training.epochs = epochs;
  result.training.batch = 16;
  result.activities = 2;
  result.placements = 2;
  return result;
}

const std::function<void(const TrainingProgress&)> kNoProgress = [](const TrainingProgress&) {};
const std::atomic<bool> kNeverStop{false};

model::Bundle bundle_of(const TrainerResult& trained) {
  model::Manifest manifest;
  manifest.activities = {"slow", "fast"};
  manifest.placements = {"x", "z"};
  return {.directory = "tones", .manifest = manifest, .weights = trained.weights};
}

TEST(Trainer, LearnsBothTasks) {
  const auto windows = tones(200);
  const auto split = split_random(windows.size(), 0.2, 0);
  const auto trained = train(windows, split, options(4), kNoProgress, kNeverStop);
  model::Recognizer recognizer(bundle_of(trained));
  const auto test = evaluate(recognizer, windows, split.test);
  EXPECT_GT(test.activity->accuracy, 90);
  EXPECT_GT(test.placement->accuracy, 90);
  EXPECT_EQ(trained.epochs_run, 4);
  ASSERT_EQ(trained.history.size(), 4U);
  EXPECT_LT(trained.history.back().training_loss, trained.history.front().training_loss);
}

TEST(Trainer, GivesTheSameWeightsForTheSameSeed) {
  const auto windows = tones(60);
  const auto split = split_random(windows.size(), 0.2, 0);
  auto settings = options(2);
  const auto first = train(windows, split, settings, kNoProgress, kNeverStop);
  const auto again = train(windows, split, settings, kNoProgress, kNeverStop);
  settings.training.seed = 1;
  const auto other = train(windows, split, settings, kNoProgress, kNeverStop);
  EXPECT_EQ(first.weights, again.weights);
  EXPECT_NE(first.weights, other.weights);
}

TEST(Trainer, KeepsTheWeightsOfTheBestEpoch) {
  const auto windows = tones(60);
  const auto split = split_random(windows.size(), 0.2, 0);
  const auto trained = train(windows, split, options(6), kNoProgress, kNeverStop);
  double best = -1;
  int best_epoch = 0;
  for (const auto& epoch : trained.history) {
    if (epoch.mean_accuracy() <= best) continue;
    best = epoch.mean_accuracy();
    best_epoch = epoch.epoch;
  }
  EXPECT_EQ(trained.best_epoch, best_epoch);
  model::Recognizer recognizer(bundle_of(trained));
  const auto validation = evaluate(recognizer, windows, split.validation);
  EXPECT_NEAR((validation.activity->accuracy + validation.placement->accuracy) / 2, best, 1e-9);
}

TEST(Trainer, StopsWhenAskedAndReturnsWhatItHas) {
  const auto windows = tones(60);
  const auto split = split_random(windows.size(), 0.2, 0);
  std::atomic<bool> stop{false};
  const auto trained = train(
      windows, split, options(1000),
      [&](const TrainingProgress& progress) { stop = progress.epoch == 2 && progress.step == 1; }, stop);
  EXPECT_EQ(trained.epochs_run, 1);
  EXPECT_EQ(trained.best_epoch, 1);
  EXPECT_FALSE(trained.weights.empty());

  std::atomic<bool> at_once{true};
  EXPECT_THAT([&] { (void)train(windows, split, options(10), kNoProgress, at_once); },
              ThrowsMessage<std::runtime_error>(HasSubstr("nothing to keep")));
}

TEST(Trainer, TrainsOneTaskAloneWhereTheOtherHasNoLabel) {
  auto windows = tones(120);
  std::ranges::fill(windows.placement, -1);
  windows.placement[0] = 0;
  const auto split = split_random(windows.size(), 0.2, 0);
  const auto trained = train(windows, split, options(4), kNoProgress, kNeverStop);
  model::Recognizer recognizer(bundle_of(trained));
  EXPECT_GT(evaluate(recognizer, windows, split.test).activity->accuracy, 90);
}

TEST(Trainer, SaysSoWhenTheLossExplodes) {
  const auto windows = tones(60);
  auto settings = options(3);
  settings.input.scale = 1e38;  // beyond float32
  EXPECT_THAT([&] { (void)train(windows, split_random(windows.size(), 0.2, 0), settings, kNoProgress, kNeverStop); },
              ThrowsMessage<std::runtime_error>(HasSubstr("lower --learning-rate")));
}

TEST(ChooseDevice, SaysInOneSentenceThatThereIsNoCuda) {
  EXPECT_EQ(choose_device("cpu"), "cpu");
  if (torch::cuda::is_available()) {
    EXPECT_EQ(choose_device("auto"), "cuda");
    return;
  }
  EXPECT_EQ(choose_device("auto"), "cpu");
  EXPECT_THAT([] { (void)choose_device("cuda"); }, ThrowsMessage<std::runtime_error>(HasSubstr("use --device cpu")));
}

TEST(Evaluate, RefusesToMeasureNothing) {
  auto windows = tones(20);
  const auto trained = train(windows, split_random(20, 0.2, 0), options(1), kNoProgress, kNeverStop);
  model::Recognizer recognizer(bundle_of(trained));
  EXPECT_THROW((void)evaluate(recognizer, windows, {}), std::runtime_error);
}

}  // namespace
}  // namespace propriod::train
