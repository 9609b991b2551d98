#include "train/published_windows.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "train/data_set.hpp"

namespace propriod::train {
namespace {

using drivers::kNoLabel;
using drivers::Recording;
using std::chrono::milliseconds;
using testing::ElementsAre;

const std::vector<std::string> kActivities{"lie", "walk"};
const std::vector<std::string> kPlacements{"chest", "wrist"};
constexpr model::Manifest::Input kInput{.rate_hz = 50, .window = 100, .step = 60, .scale = 1};

/// `count` samples from `first` on, every 25 ms; x counts them, y and z are others.
Recording recording(const std::string& subject, const std::string& placement, int first, int count) {
  Recording result;
  result.name = subject;
  result.subject = subject;
  result.rate_hz = 40;
  result.activities = {"walk", "lie", "fall"};
  result.placements = {placement};
  for (int k = 0; k < count; ++k) {
    const auto x = static_cast<float>(first + k);
    result.samples.push_back({milliseconds{25 * k}, {x, x + 0.25F, x + 0.5F}, static_cast<std::int16_t>(0), 0});
  }
  return result;
}

TEST(CutPublishedWindows, RunsAcrossBordersWithoutResamplingAndTakesTheLastSamplesLabel) {
  std::vector<Recording> recordings{recording("p2", "wrist", 0, 170), recording("p1", "chest", 170, 60)};
  for (std::size_t k = 50; k < 60; ++k) recordings[1].samples[k].activity = 1;  // "lie"
  const auto set = cut_published_windows(recordings, kActivities, kPlacements, kInput);
  // 230 samples: windows end with samples 99, 159 and 219; the last begins 50 samples before the second recording.
  ASSERT_EQ(set.size(), 3U);
  EXPECT_THAT(set.activity, ElementsAre(1, 1, 1));
  EXPECT_THAT(set.placement, ElementsAre(1, 1, 0));
  EXPECT_THAT(set.subjects, ElementsAre("p1", "p2"));
  EXPECT_THAT(set.subject, ElementsAre(1, 1, 0));
  EXPECT_EQ(set.origin[1].recording, 0U);
  EXPECT_EQ(set.origin[1].start, milliseconds{159 * 25 - 99 * 20});
  EXPECT_EQ(set.origin[2].recording, 1U);
  EXPECT_EQ(set.origin[2].start, milliseconds{49 * 25 - 99 * 20}) << "before that recording began";
  ASSERT_EQ(set.accel.size(), 3U * 3 * 100);
  for (std::size_t k = 0; k < 100; ++k) {
    ASSERT_EQ(set.accel[600 + k], static_cast<float>(120 + k));
    ASSERT_EQ(set.accel[700 + k], static_cast<float>(120 + k) + 0.25F);
  }
  EXPECT_EQ(set.gaps + set.partial_windows + set.empty_recordings, 0U);
}

TEST(CutPublishedWindows, HasTheLabelOfTheLastSampleHoweverFewHaveIt) {
  auto one = recording("p", "chest", 0, 160);
  one.samples[99].activity = 1;
  one.samples[159].activity = kNoLabel;
  EXPECT_THAT(cut_published_windows(std::vector{one}, kActivities, kPlacements, kInput).activity, ElementsAre(0, -1));
  one.samples[159].activity = 2;
  const auto foreign = cut_published_windows(std::vector{one}, kActivities, kPlacements, kInput);
  EXPECT_THAT(foreign.activity, ElementsAre(0, -1));
  EXPECT_EQ(foreign.windows_of_other_labels, 1U);
}

TEST(CutPublishedWindows, CutsNothingFromTooFewSamples) {
  EXPECT_EQ(cut_published_windows(std::vector{recording("p", "chest", 0, 99)}, kActivities, kPlacements, kInput).size(),
            0U);
}

TEST(CutPublishedWindows, MakesAsManyWindowsOfWisdmAsTheAuthorsCode) {
  const char* folder = std::getenv("PROPRIOD_DATA");
  if (folder == nullptr) GTEST_SKIP() << "PROPRIOD_DATA is not set: no wisdm2019 to cut";
  const auto data = read_data_set("wisdm2019", std::filesystem::path(folder) / "wisdm2019");
  const auto set = cut_published_windows(data.recordings, data.activities, data.placements, kInput);
  EXPECT_EQ(set.size(), (3'089'230U - 100) / 60 + 1);
}

}  // namespace
}  // namespace propriod::train
