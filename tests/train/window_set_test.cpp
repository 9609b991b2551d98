#include "train/window_set.hpp"

#include <gmock/gmock.h>

#include <chrono>

namespace propriod::train {
namespace {

using drivers::kNoLabel;
using drivers::Recording;
using std::chrono::milliseconds;
using testing::ElementsAre;

const std::vector<std::string> kActivities{"lie", "walk"};
const std::vector<std::string> kPlacements{"chest"};

/// `labels`: of each sample in turn, at 50 Hz; x counts the samples.
Recording recording(const std::string& subject, const std::vector<std::int16_t>& labels) {
  Recording result{.name = subject + ".csv",
                   .subject = subject,
                   .rate_hz = 50,
                   .simulated = false,
                   .notes = {},
                   .activities = {"walk", "lie", "fall"},
                   .placements = {"chest"},
                   .samples = {}};
  for (std::size_t k = 0; k < labels.size(); ++k) {
    result.samples.push_back({milliseconds{20 * static_cast<int>(k)}, {static_cast<float>(k), 0, 0}, labels[k], 0});
  }
  return result;
}

std::vector<std::int16_t> labels(std::initializer_list<std::pair<std::int16_t, int>> runs) {
  std::vector<std::int16_t> result;
  for (const auto& [label, count] : runs) result.insert(result.end(), static_cast<std::size_t>(count), label);
  return result;
}

WindowSet cut(const std::vector<Recording>& recordings) {
  return cut_windows(recordings, kActivities, kPlacements, {.rate_hz = 50, .window = 100, .step = 60, .scale = 1});
}

TEST(CutWindows, KnowsWhoseWindowsTheyAreAndNeverCrossesRecordings) {
  const auto set = cut({recording("p2", labels({{0, 170}})), recording("p1", labels({{1, 100}}))});
  EXPECT_THAT(set.subjects, ElementsAre("p1", "p2"));
  EXPECT_THAT(set.subject, ElementsAre(1, 1, 0));
  EXPECT_THAT(set.activity, ElementsAre(1, 1, 0));  // the classes' order, not the recording's table
  EXPECT_THAT(set.placement, ElementsAre(0, 0, 0));
  EXPECT_EQ(set.origin[1].start, milliseconds{1200});
  EXPECT_EQ(set.origin[2].recording, 1U);
  EXPECT_EQ(set.accel[300], 60);  // the second window's first x
  EXPECT_EQ(set.accel.size(), 3U * 300);
}

TEST(CutWindows, CarriesTheMajorityLabelAndTheLaterOneOnATie) {
  EXPECT_THAT(cut({recording("p", labels({{0, 49}, {1, 51}}))}).activity, ElementsAre(0));
  EXPECT_THAT(cut({recording("p", labels({{0, 51}, {1, 49}}))}).activity, ElementsAre(1));
  EXPECT_THAT(cut({recording("p", labels({{0, 50}, {1, 50}}))}).activity, ElementsAre(0));
  EXPECT_THAT(cut({recording("p", labels({{1, 50}, {0, 50}}))}).activity, ElementsAre(1));
}

TEST(CutWindows, LeavesAWindowUnlabelledWhereMostOfItIs) {
  EXPECT_THAT(cut({recording("p", labels({{kNoLabel, 60}, {1, 40}}))}).activity, ElementsAre(-1));
  EXPECT_THAT(cut({recording("p", labels({{kNoLabel, 40}, {1, 60}}))}).activity, ElementsAre(0));
}

TEST(CutWindows, CountsLabelsThatAreNoClass) {
  const auto set = cut({recording("p", labels({{2, 100}}))});
  EXPECT_THAT(set.activity, ElementsAre(-1));
  EXPECT_EQ(set.windows_of_other_labels, 1U);
}

TEST(CutWindows, CountsRecordingsThatAreTooShort) {
  const auto set = cut({recording("p", labels({{0, 99}}))});
  EXPECT_EQ(set.size(), 0U);
  EXPECT_EQ(set.empty_recordings, 1U);
}

TEST(CutWindows, NeverSpansAGap) {
  auto gappy = recording("p", labels({{0, 200}}));
  for (std::size_t k = 90; k < 200; ++k) gappy.samples[k].time += milliseconds{1000};
  const auto set = cut({gappy});
  ASSERT_EQ(set.size(), 1U);
  EXPECT_EQ(set.origin[0].start, gappy.samples[90].time);
  EXPECT_EQ(set.gaps, 1U);
  EXPECT_EQ(set.partial_windows, 1U);
}

}  // namespace
}  // namespace propriod::train
