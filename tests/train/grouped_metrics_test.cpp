#include "train/grouped_metrics.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace propriod::train {
namespace {

using testing::ElementsAre;

/// Five windows of two people: Ann wears phone and watch, Bob a watch, and once nobody knows what.
class GroupedMetrics : public testing::Test {
 protected:
  const std::vector<std::string> activities_{"walking", "sitting"}, placements_{"phone", "wrist", "ankle"};
  const std::vector<std::string> subjects_{"ann", "bob", "without windows"};
  const std::vector<std::int32_t> subject_{0, 0, 0, 1, 1};
  const std::vector<std::int64_t> activity_{0, 1, -1, 1, 1}, activity_said_{0, 0, 1, 1, 0};
  const std::vector<std::int64_t> placement_{0, 0, 1, 1, -1}, placement_said_{0, 1, 1, 0, 1};
  const std::vector<float> confidence_{1, 1, 1, 1, 1};
  const WindowPredictions predictions_{.activity = {activity_, activity_said_, confidence_},
                                       .placement = {placement_, placement_said_, confidence_},
                                       .subject = subject_,
                                       .activities = activities_,
                                       .placements = placements_,
                                       .subjects = subjects_};
};

TEST_F(GroupedMetrics, TellPlacementsApart) {
  const auto by_placement = metrics_by_placement(predictions_);
  ASSERT_EQ(by_placement.size(), 2U);  // no window is of an ankle
  EXPECT_EQ(by_placement[0].label, "phone");
  EXPECT_EQ(by_placement[0].activity->accuracy, 50);
  EXPECT_EQ(by_placement[0].activity->ece, 50);
  EXPECT_EQ(by_placement[0].placement->accuracy, 50);
  EXPECT_EQ(by_placement[0].placement->windows, 2);
  EXPECT_EQ(by_placement[1].label, "wrist");
  EXPECT_EQ(by_placement[1].activity->windows, 1);  // the other one has no activity
  EXPECT_EQ(by_placement[1].activity->accuracy, 100);
}

TEST_F(GroupedMetrics, SayForEachPlacementWhatIsTakenForWhat) {
  const auto by_placement = metrics_by_placement(predictions_);
  ASSERT_EQ(by_placement.size(), 2U);
  EXPECT_THAT(by_placement[0].activity->confusion, ElementsAre(ElementsAre(1, 0), ElementsAre(1, 0)));
  EXPECT_THAT(by_placement[0].placement->confusion,
              ElementsAre(ElementsAre(1, 1, 0), ElementsAre(0, 0, 0), ElementsAre(0, 0, 0)));
  EXPECT_EQ(by_placement[0].activity->classes[0].recall, 100);
  EXPECT_THAT(by_placement[1].activity->confusion, ElementsAre(ElementsAre(0, 0), ElementsAre(0, 1)));
}

TEST_F(GroupedMetrics, CountEachPersonTheSame) {
  const auto people = metrics_by_subject(predictions_);
  ASSERT_EQ(people.subjects.size(), 2U);
  EXPECT_EQ(people.subjects[0].subject, "ann");
  EXPECT_EQ(people.subjects[0].windows, 3);
  EXPECT_EQ(people.subjects[0].activity_accuracy, 50);
  EXPECT_NEAR(*people.subjects[0].placement_accuracy, 200.0 / 3, 1e-9);
  EXPECT_EQ(people.subjects[1].placement_accuracy, 0);
  ASSERT_TRUE(people.placement);
  EXPECT_NEAR(people.placement->mean, 100.0 / 3, 1e-9);
  EXPECT_EQ(people.placement->low, 0);
}

TEST_F(GroupedMetrics, GiveCountsThatAddUp) {
  const auto groups = group_counts(predictions_);
  ASSERT_EQ(groups.size(), 4U);
  EXPECT_EQ(groups[0].subject, "ann");
  EXPECT_EQ(groups[0].placement, "phone");
  EXPECT_EQ(groups[0].windows, 2);
  EXPECT_EQ(groups[0].activity_correct, 1);
  EXPECT_EQ(groups[1].activity_windows, 0);
  EXPECT_EQ(groups[1].placement_correct, 1);
  EXPECT_EQ(groups[2].subject, "bob");
  EXPECT_FALSE(groups[2].placement);
  EXPECT_EQ(groups[2].placement_windows, 0);
  EXPECT_EQ(groups[2].activity_windows, 1);
}

}  // namespace
}  // namespace propriod::train
