#include <gmock/gmock.h>

#include <fstream>
#include <stdexcept>

#include "tests/support/temporary_directory.hpp"
#include "tests/train/tones.hpp"
#include "train/method_names.hpp"

// An interrupted training that is resumed: is the result the one of a training that nobody disturbed?
namespace propriod::train {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class Resume : public testing::Test {
 protected:
  [[nodiscard]] TrainerOptions settings(std::string_view method, bool resume) const {
    auto result = options(3);
    result.training.method = method;
    result.training.serve_teacher = true;
    result.training.cosine = true;
    result.training.class_balanced = true;
    result.training.augmentation.rotate_degrees = 20;
    // Batch normalisation has buffers, dropout draws.
    result.architecture = {.name = "mtl-net-compact", .batch_norm = false, .separate_tasks = method == "singletask"};
    result.checkpoint = {.path = directory_.path() / "checkpoint",
                         .request = std::string(method),
                         .resume = resume,
                         .interval = std::chrono::seconds{0}};
    return result;
  }

  [[nodiscard]] TrainerResult train_all(const TrainerOptions& settings) const {
    return train(windows_, split_, settings, kNoProgress, kNeverStop);
  }

  /// Ends as a killed process does: nothing is done after the step `at`, counted over the whole training.
  void train_until(int at, const TrainerOptions& settings) const {
    struct Killed {};
    int steps = 0;
    const auto kill = [&](const TrainingProgress&) {
      if (++steps == at) throw Killed();
    };
    EXPECT_THROW((void)train(windows_, split_, settings, kill, kNeverStop), Killed);
  }

  tests::TemporaryDirectory directory_;
  WindowSet windows_ = tones(60);
  Split split_ = split_random(windows_.size(), 0.2, 0);  // 38 windows to train: 3 steps an epoch
};

TEST_F(Resume, GivesTheWeightsOfAnUndisturbedTraining) {
  for (const auto method : methods()) {
    auto undisturbed = settings(method, false);
    undisturbed.checkpoint.path.clear();
    const auto expected = train_all(undisturbed);
    const int all_steps = static_cast<int>(expected.history.size()) * 3;
    for (int at = 1; at < all_steps; at += 3) {
      train_until(at, settings(method, false));
      const auto resumed = train_all(settings(method, true));
      EXPECT_EQ(resumed.resumed_after, (at - 1) / 3) << method << " killed at step " << at;
      EXPECT_EQ(resumed.weights, expected.weights) << method << " killed at step " << at;
      EXPECT_EQ(resumed.best_epoch, expected.best_epoch);
      EXPECT_EQ(resumed.history.size(), expected.history.size());
      std::filesystem::remove(settings(method, true).checkpoint.path);
    }
  }
}

TEST_F(Resume, SurvivesBeingKilledAgain) {
  const auto resumable = settings("smooth-distill", true);
  const auto expected = train_all(settings("smooth-distill", false));
  std::filesystem::remove(resumable.checkpoint.path);
  train_until(4, resumable);
  train_until(2, resumable);  // within the second epoch again
  train_until(4, resumable);
  EXPECT_EQ(train_all(resumable).weights, expected.weights);
}

TEST_F(Resume, WithoutACheckpointStartsFromTheBeginning) {
  const auto trained = train_all(settings("smooth-distill", true));
  EXPECT_EQ(trained.resumed_after, 0);
  EXPECT_EQ(trained.epochs_run, 3);
}

TEST_F(Resume, RefusesTheCheckpointOfAnotherTraining) {
  (void)train_all(settings("multitask", false));
  auto other = settings("multitask", true);
  other.checkpoint.request = "something else";
  EXPECT_THAT([&] { (void)train_all(other); },
              ThrowsMessage<std::runtime_error>(HasSubstr("remove the file to start over")));
}

TEST_F(Resume, RefusesADamagedCheckpoint) {
  const auto resumable = settings("multitask", true);
  (void)train_all(resumable);
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(resumable.checkpoint.path));
  for (const auto at : {std::streamoff{0}, std::streamoff{70}, size / 2, size - 1}) {
    std::fstream file(resumable.checkpoint.path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const auto byte = static_cast<char>(file.get());
    file.seekp(at);
    file.put(static_cast<char>(byte ^ 1));
    file.close();
    EXPECT_THAT([&] { (void)train_all(resumable); }, ThrowsMessage<std::runtime_error>(HasSubstr("start over"))) << at;
    std::fstream mend(resumable.checkpoint.path, std::ios::in | std::ios::out | std::ios::binary);
    mend.seekp(at);
    mend.put(byte);
  }
  std::filesystem::resize_file(resumable.checkpoint.path, static_cast<std::uintmax_t>(size / 2));
  EXPECT_THAT([&] { (void)train_all(resumable); }, ThrowsMessage<std::runtime_error>(HasSubstr("is damaged")));
  std::ofstream(resumable.checkpoint.path) << "no checkpoint";
  EXPECT_THAT([&] { (void)train_all(resumable); }, ThrowsMessage<std::runtime_error>(HasSubstr("is no checkpoint")));
}

}  // namespace
}  // namespace propriod::train
