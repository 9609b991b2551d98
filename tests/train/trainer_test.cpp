#include "train/trainer.hpp"

#include <gmock/gmock.h>
#include <torch/cuda.h>

#include <cmath>
#include <random>
#include <stdexcept>

#include "model/torch_runtime.hpp"
#include "tests/train/tones.hpp"
#include "train/evaluation.hpp"
#include "train/method_names.hpp"

namespace propriod::train {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

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
    const double mean = (epoch.activity.validation_accuracy + epoch.placement.validation_accuracy) / 2;
    if (mean <= best) continue;
    best = mean;
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

TEST(Trainer, TrainsWithEveryMethod) {
  const auto windows = tones(120);
  const auto split = split_random(windows.size(), 0.2, 0);
  for (const auto method : methods()) {
    auto settings = options(3);
    settings.training.method = method;
    settings.architecture.separate_tasks = method == "singletask";
    const auto trained = train(windows, split, settings, kNoProgress, kNeverStop);
    auto bundle = bundle_of(trained);
    bundle.manifest.architecture = settings.architecture;
    model::Recognizer recognizer(bundle);
    const auto test = evaluate(recognizer, windows, split.test);
    EXPECT_GT(test.activity->accuracy, 75) << method;
    EXPECT_GT(test.placement->accuracy, 75) << method;
    EXPECT_EQ(trained.history.size(), method == "singletask" || method == "born-again" ? 6U : 3U) << method;
  }
}

TEST(Trainer, TellsBothTasksLossAndAccuracy) {
  const auto windows = tones(120);
  const auto trained = train(windows, split_random(windows.size(), 0.2, 0), options(4), kNoProgress, kNeverStop);
  const auto& first = trained.history.front();
  const auto& last = trained.history.back();
  for (const auto& [early, late] :
       {std::pair(first.activity, last.activity), std::pair(first.placement, last.placement)}) {
    EXPECT_LT(late.training_loss, early.training_loss);
    EXPECT_GE(late.training_accuracy, early.training_accuracy);
    EXPECT_GT(late.validation_accuracy, 50);
    EXPECT_TRUE(std::isfinite(late.validation_loss));
    EXPECT_TRUE(std::isnan(late.teacher_validation_accuracy));  // nobody asked
  }
}

TEST(Trainer, KeepsTheTeacherWhereItValidatesBetter) {
  const auto windows = tones(120);
  auto settings = options(8);
  settings.training.serve_teacher = true;
  settings.training.beta = 0.5;
  const auto trained = train(windows, split_random(windows.size(), 0.2, 0), settings, kNoProgress, kNeverStop);
  double student = 0;
  double teacher = 0;
  for (const auto& epoch : trained.history) {
    student = std::max(student, epoch.activity.validation_accuracy + epoch.placement.validation_accuracy);
    teacher =
        std::max(teacher, epoch.activity.teacher_validation_accuracy + epoch.placement.teacher_validation_accuracy);
  }
  if (teacher > student) {
    EXPECT_TRUE(trained.teacher_kept);
  }
  if (teacher < student) {
    EXPECT_FALSE(trained.teacher_kept);
  }
}

TEST(Trainer, SaysThatAMethodOfTwoTrainingsNeedsBoth) {
  const auto windows = tones(60);
  auto settings = options(2);
  settings.training.method = "born-again";
  std::atomic<bool> stop{false};
  const auto at_the_first_end = [&](const TrainingProgress& progress) {
    stop = progress.phase == 1 && progress.epoch == 2;
  };
  EXPECT_THAT([&] { (void)train(windows, split_random(windows.size(), 0.2, 0), settings, at_the_first_end, stop); },
              ThrowsMessage<std::runtime_error>(HasSubstr("--resume goes on")));
}

TEST(ChooseDevice, RefusesMixedPrecisionOnTheCpu) {
  EXPECT_THAT([] { (void)choose_device("cpu", /*bf16=*/true); },
              ThrowsMessage<std::runtime_error>(HasSubstr("--bf16")));
  const auto windows = tones(20);
  auto settings = options(1);
  settings.training.bf16 = true;
  EXPECT_THAT([&] { (void)train(windows, split_random(windows.size(), 0.2, 0), settings, kNoProgress, kNeverStop); },
              ThrowsMessage<std::runtime_error>(HasSubstr("--bf16")));
  if (torch::cuda::is_available()) return;
  EXPECT_THAT([] { (void)choose_device("auto", /*bf16=*/true); },
              ThrowsMessage<std::runtime_error>(HasSubstr("--bf16")));
  EXPECT_THAT([] { (void)choose_device("cuda", /*bf16=*/true); },
              ThrowsMessage<std::runtime_error>(HasSubstr("--device cuda")));
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
