#include "train/metrics.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <stdexcept>

#include "tests/train/metrics_fixture.hpp"

namespace propriod::train {
namespace {

using testing::ElementsAre;

const std::vector<std::string> kLabels{"a", "b", "c"};

/// Metrics of predictions that are all equally sure.
TaskMetrics metrics_of(const std::vector<std::int64_t>& truth, const std::vector<std::int64_t>& predicted,
                       float confidence = 1) {
  const std::vector<float> confidences(truth.size(), confidence);
  return task_metrics({.truth = truth, .predicted = predicted, .confidence = confidences}, kLabels);
}

TEST(TaskMetrics, AreThoseOfScikitLearn) {
  const auto expected = metrics_fixture().at("task");
  const auto truth = expected.at("truth").get<std::vector<std::int64_t>>();
  const auto probabilities = expected.at("probabilities").get<std::vector<float>>();
  const auto classes = expected.at("classes_count").get<std::ptrdiff_t>();
  std::vector<std::int64_t> predicted;
  std::vector<float> confidence;
  for (auto row = probabilities.begin(); row != probabilities.end(); row += classes) {
    const auto best = std::max_element(row, row + classes);
    predicted.push_back(best - row);
    confidence.push_back(*best);
  }
  const auto metrics = task_metrics({.truth = truth, .predicted = predicted, .confidence = confidence},
                                    std::vector<std::string>{"a", "b", "c", "never called", "never there"});
  const auto percent = [](const nlohmann::json& of, const char* key) { return 100 * of.at(key).get<double>(); };
  EXPECT_NEAR(metrics.accuracy, percent(expected, "accuracy"), 1e-9);
  EXPECT_NEAR(metrics.macro_f1, percent(expected, "macro_f1"), 1e-9);
  EXPECT_NEAR(metrics.weighted_f1, percent(expected, "weighted_f1"), 1e-9);
  EXPECT_NEAR(metrics.ece, percent(expected, "ece"), 1e-6);
  EXPECT_EQ(metrics.confusion, expected.at("confusion").get<std::vector<std::vector<std::int64_t>>>());
  ASSERT_EQ(metrics.classes.size(), 5U);
  for (std::size_t k = 0; k < 5; ++k) {
    const auto& one = expected.at("classes").at(k);
    const auto& result = metrics.classes[k];
    EXPECT_NEAR(result.precision, percent(one, "precision"), 1e-9) << k;
    EXPECT_NEAR(result.recall, percent(one, "recall"), 1e-9) << k;
    EXPECT_NEAR(result.specificity, percent(one, "specificity"), 1e-9) << k;
    EXPECT_NEAR(result.npv, percent(one, "npv"), 1e-9) << k;
    EXPECT_NEAR(result.one_vs_rest_accuracy, percent(one, "one_vs_rest_accuracy"), 1e-9) << k;
    EXPECT_NEAR(result.f1, percent(one, "f1"), 1e-9) << k;
    EXPECT_EQ(result.support, one.at("support").get<std::int64_t>()) << k;
  }
}

TEST(TaskMetrics, LeaveOutWindowsWithoutALabel) {
  const auto metrics = metrics_of({0, -1, 1}, {0, 2, 1});
  EXPECT_EQ(metrics.windows, 2);
  EXPECT_EQ(metrics.accuracy, 100);
  EXPECT_EQ(metrics.ece, 0);
}

TEST(TaskMetrics, MacroF1CountsOnlyClassesThatOccur) {
  EXPECT_NEAR(metrics_of({0, 0}, {0, 1}).macro_f1, 100 * (2.0 / 3 + 0) / 2, 1e-9);
}

TEST(TaskMetrics, CalibrationErrorIsTheGapBetweenConfidenceAndAccuracy) {
  EXPECT_NEAR(metrics_of({0, 0, 0, 0}, {0, 0, 0, 1}, 0.75F).ece, 0, 1e-6);
  EXPECT_NEAR(metrics_of({0, 0, 0, 0}, {0, 1, 1, 1}, 0.75F).ece, 50, 1e-6);
  EXPECT_NEAR(metrics_of({0}, {0}, 0.0F).ece, 100, 1e-6);  // the lowest bin holds 0, too
}

TEST(TaskMetrics, OverNothingAreAnErrorAndNotAHundredPercent) {
  EXPECT_THROW((void)metrics_of({}, {}), std::invalid_argument);
  EXPECT_THROW((void)metrics_of({-1}, {0}), std::invalid_argument);
}

}  // namespace
}  // namespace propriod::train
