#include "train/metrics.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace propriod::train {
namespace {

using testing::ElementsAre;

const std::vector<std::string> kLabels{"a", "b", "c"};

TEST(TaskMetrics, AreThoseOfScikitLearn) {
  // sklearn.metrics: accuracy_score, precision_recall_fscore_support, confusion_matrix on the same two lists
  const std::vector<std::int64_t> truth{0, 0, 0, 0, 1, 1, 2};
  const std::vector<std::int64_t> predicted{0, 0, 1, 2, 1, 0, 2};
  const auto metrics = task_metrics(truth, predicted, kLabels);
  EXPECT_NEAR(metrics.accuracy, 100.0 * 4 / 7, 1e-9);
  EXPECT_THAT(metrics.confusion, ElementsAre(ElementsAre(2, 1, 1), ElementsAre(1, 1, 0), ElementsAre(0, 0, 1)));
  EXPECT_NEAR(metrics.classes[0].precision, 100.0 * 2 / 3, 1e-9);
  EXPECT_NEAR(metrics.classes[0].recall, 50, 1e-9);
  EXPECT_NEAR(metrics.classes[0].f1, 100.0 * 4 / 7, 1e-9);
  EXPECT_EQ(metrics.classes[0].support, 4);
  EXPECT_NEAR(metrics.macro_f1, 100 * (4.0 / 7 + 0.5 + 2.0 / 3) / 3, 1e-9);
}

TEST(TaskMetrics, LeaveOutWindowsWithoutALabel) {
  const std::vector<std::int64_t> truth{0, -1, 1};
  const std::vector<std::int64_t> predicted{0, 2, 1};
  const auto metrics = task_metrics(truth, predicted, kLabels);
  EXPECT_EQ(metrics.windows, 2);
  EXPECT_EQ(metrics.accuracy, 100);
}

TEST(TaskMetrics, MacroF1CountsOnlyClassesThatOccur) {
  const std::vector<std::int64_t> truth{0, 0};
  const std::vector<std::int64_t> predicted{0, 1};
  EXPECT_NEAR(task_metrics(truth, predicted, kLabels).macro_f1, 100 * (2.0 / 3 + 0) / 2, 1e-9);
}

TEST(TaskMetrics, OverNothingAreAnErrorAndNotAHundredPercent) {
  EXPECT_THROW((void)task_metrics({}, {}, kLabels), std::invalid_argument);
  const std::vector<std::int64_t> none{-1};
  const std::vector<std::int64_t> predicted{0};
  EXPECT_THROW((void)task_metrics(none, predicted, kLabels), std::invalid_argument);
}

}  // namespace
}  // namespace propriod::train
