#include "train/planted_labels.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "train/errors.hpp"

namespace propriod::train {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using testing::ThrowsMessage;

constexpr int kFiles = 40;
constexpr int kRecordingsOfAFile = 5;

drivers::Recording recording(std::string name, std::vector<std::string> activities, std::string placement) {
  drivers::Recording made;
  made.name = std::move(name);
  made.activities = std::move(activities);
  made.placements = {std::move(placement)};
  for (std::int16_t k = 0; k < 6; ++k) {
    const auto activity = static_cast<std::int16_t>(k % static_cast<int>(made.activities.size()));
    made.samples.push_back(
        {.time = std::chrono::milliseconds{20 * k}, .accel_mps2 = {}, .activity = activity, .placement = 0});
  }
  return made;
}

/// Files of several recordings, each an activity, as WISDM's are: "raw/7.txt:1".
DataSet wisdm() {
  DataSet data;
  data.activities = {"walking", "sitting", "typing"};
  data.placements = {"phone", "watch", "shoe"};
  for (std::size_t file = 0; file < kFiles; ++file) {
    for (std::size_t k = 0; k < kRecordingsOfAFile; ++k) {
      data.recordings.push_back(recording("raw/" + std::to_string(file) + ".txt:" + std::to_string(1 + 1000 * k),
                                          {data.activities[(file + k) % 3]}, data.placements[file % 3]));
    }
  }
  return data;
}

/// What an audit lists whose model is always right; `is_wrong(i)`: the label of recording i is wrong.
template <typename IsWrong>
std::vector<AuditEntry> audit(const DataSet& data, const std::vector<std::string>& (*label)(const drivers::Recording&),
                              const std::vector<std::string>& classes, bool by_file, IsWrong is_wrong) {
  std::vector<std::string> units;
  std::vector<std::size_t> unit_of_window;
  std::vector<std::int64_t> truth;
  std::vector<float> probabilities;
  for (std::size_t i = 0; i < data.recordings.size(); ++i) {
    const auto& each = data.recordings[i];
    const std::string unit(by_file ? file_of_recording(each.name) : each.name);
    const auto known = std::ranges::find(units, unit);
    unit_of_window.push_back(static_cast<std::size_t>(known - units.begin()));
    if (known == units.end()) units.push_back(unit);
    const auto claimed = std::ranges::find(classes, label(each).at(0)) - classes.begin();
    truth.push_back(claimed);
    for (std::int64_t k = 0; k < static_cast<std::int64_t>(classes.size()); ++k) {
      probabilities.push_back((k == claimed) != is_wrong(i) ? 0.8F : 0.1F);
    }
  }
  return audit_labels({.labels = classes,
                       .truth = truth,
                       .probabilities = probabilities,
                       .recording = unit_of_window,
                       .recordings = units});
}

const std::vector<std::string>& activities_of(const drivers::Recording& recording) { return recording.activities; }
const std::vector<std::string>& placements_of(const drivers::Recording& recording) { return recording.placements; }

AuditEntry entry(std::string unit, std::string label) {
  return {.recording = std::move(unit), .label = std::move(label), .suggested = "other"};
}

TEST(PlantLabels, GivesWholeFilesAWrongPlacementAndRecordingsAWrongActivity) {
  const auto before = wisdm();
  auto data = before;
  const auto planted = plant_labels(data, 0.2, 1);
  EXPECT_THAT(planted.placement, SizeIs(4)) << "a tenth of 40 files";
  EXPECT_THAT(planted.activity, SizeIs(18)) << "a tenth of the recordings of the others";
  std::map<std::string, std::string> misplaced;  // file → its new placement
  for (const auto& each : planted.placement) misplaced.emplace(each.unit, each.label);
  std::map<std::string, std::string> mistaken;
  for (const auto& each : planted.activity) mistaken.emplace(each.unit, each.label);
  for (std::size_t i = 0; i < data.recordings.size(); ++i) {
    const auto& now = data.recordings[i];
    const auto& was = before.recordings[i];
    const auto placed = misplaced.find(std::string(file_of_recording(now.name)));
    const auto active = mistaken.find(now.name);
    ASSERT_TRUE(placed == misplaced.end() || active == mistaken.end()) << now.name << " is wrong in both";
    EXPECT_EQ(now.placements != was.placements, placed != misplaced.end()) << now.name;
    EXPECT_EQ(now.activities != was.activities, active != mistaken.end()) << now.name;
    const auto& placement = placed == misplaced.end() ? was.placements.at(0) : placed->second;
    EXPECT_EQ(now.placements.at(0), placement) << now.name << ": the same in all of its file";
    EXPECT_EQ(now.activities.at(0), active == mistaken.end() ? was.activities.at(0) : active->second) << now.name;
  }
}

TEST(PlantLabels, FindsAllOfThemInTheListsOfAModelThatIsAlwaysRight) {
  const auto before = wisdm();
  auto data = before;
  const auto planted = plant_labels(data, 0.1, 7);
  const auto wrong_activity = [&](std::size_t i) {
    return data.recordings[i].activities != before.recordings[i].activities;
  };
  const auto activity =
      count_planted(planted.activity, audit(data, activities_of, data.activities, /*by_file=*/false, wrong_activity));
  EXPECT_EQ(activity.planted, 10U);
  EXPECT_EQ(activity.found, 10U);
  EXPECT_EQ(activity.looked_at, 20U);
  const auto wrong_placement = [&](std::size_t i) {
    return data.recordings[i].placements != before.recordings[i].placements;
  };
  const auto placement =
      count_planted(planted.placement, audit(data, placements_of, data.placements, /*by_file=*/true, wrong_placement));
  EXPECT_EQ(placement.planted, 2U);
  EXPECT_EQ(placement.found, 2U);
  EXPECT_EQ(placement.looked_at, 4U);
}

TEST(PlantLabels, MakesEveryLabelOfARecordingWrongAndNoTwoTheSame) {
  auto data = wisdm();
  for (auto& each : data.recordings) each = recording(each.name, {"typing", "walking"}, each.placements.at(0));
  const auto before = data;
  const auto planted = plant_labels(data, 0.2, 3);
  EXPECT_THAT(planted.activity, SizeIs(2 * 18));
  for (std::size_t i = 0; i < data.recordings.size(); ++i) {
    const auto& now = data.recordings[i].activities;
    const auto& was = before.recordings[i].activities;
    EXPECT_NE(now[0], now[1]);
    EXPECT_EQ(now[0] == was[0], now[1] == was[1]) << "both or none";
  }
}

TEST(PlantLabels, LeavesAloneWhatHasNoLabel) {
  auto data = wisdm();
  for (auto& each : data.recordings) {
    each.activities.emplace_back("never used");
    if (each.name == "raw/0.txt:1") continue;
    for (auto& sample : each.samples) sample.activity = drivers::kNoLabel;
  }
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto copy = data;
    const auto planted = plant_labels(copy, 0.02, seed);
    for (const auto& each : planted.activity) EXPECT_EQ(each.unit, "raw/0.txt:1");
    for (const auto& each : copy.recordings) EXPECT_EQ(each.activities.at(1), "never used");
  }
}

TEST(PlantLabels, IsDrawnBySeed) {
  auto first = wisdm();
  auto again = wisdm();
  auto other = wisdm();
  const auto planted = plant_labels(first, 0.1, 1);
  EXPECT_EQ(planted.activity, plant_labels(again, 0.1, 1).activity);
  EXPECT_EQ(fingerprint(first), fingerprint(again));
  EXPECT_NE(planted.activity, plant_labels(other, 0.1, 2).activity);
}

TEST(PlantLabels, PlantsAtLeastOneOfEach) {
  auto data = wisdm();
  const auto planted = plant_labels(data, 1e-6, 1);
  EXPECT_THAT(planted.activity, SizeIs(1));
  EXPECT_THAT(planted.placement, SizeIs(1));
}

TEST(PlantLabels, RefusesATaskWithoutAnotherLabel) {
  auto data = wisdm();
  data.placements = {"phone"};
  EXPECT_THAT([&] { (void)plant_labels(data, 0.1, 1); },
              ThrowsMessage<DataSetError>(HasSubstr("--plant needs a wrong placement to give")));
}

TEST(CountPlanted, CountsOnlyTheWrongLabelOfARecordingThatHasARightOneToo) {
  const std::vector<AuditEntry> entries(10, entry("both", "walking"));  // its other label, correct
  const auto count = count_planted({{"both", "sitting"}}, entries);
  EXPECT_EQ(count.planted, 1U);
  EXPECT_EQ(count.found, 0U);
}

TEST(CountPlanted, LooksAtTheFirstTenthRoundedUp) {
  std::vector<AuditEntry> entries(11, entry("right", "walking"));
  entries[1] = entry("wrong", "walking");
  entries[2] = entry("too far down", "walking");
  const auto count = count_planted({{"wrong", "walking"}, {"too far down", "walking"}}, entries);
  EXPECT_EQ(count.looked_at, 2U);
  EXPECT_EQ(count.found, 1U);
  EXPECT_EQ(count_planted({}, {}).looked_at, 0U);
}

}  // namespace
}  // namespace propriod::train
