#include "train/calibration.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "tests/train/metrics_fixture.hpp"

namespace propriod::train {
namespace {

/// Windows of two classes; the first of `right` windows are right and say so with `confidence`.
struct Windows {
  std::vector<float> probabilities;
  std::vector<std::int64_t> truth;

  void add(int count, double confidence, bool right) {
    for (int k = 0; k < count; ++k) {
      probabilities.push_back(static_cast<float>(confidence));
      probabilities.push_back(static_cast<float>(1 - confidence));
      truth.push_back(right ? 0 : 1);
    }
  }
  [[nodiscard]] CalibrationData data() const { return {.probabilities = probabilities, .truth = truth, .classes = 2}; }
};

TEST(Temperature, IsTheOneThatSciPyFinds) {
  const auto expected = metrics_fixture().at("temperature");
  const auto probabilities = expected.at("probabilities").get<std::vector<float>>();
  const auto truth = expected.at("truth").get<std::vector<std::int64_t>>();
  const double temperature = fit_temperature({.probabilities = probabilities, .truth = truth, .classes = 3});
  EXPECT_NEAR(temperature, expected.at("temperature").get<double>(), 0.001 * temperature);
  EXPECT_GT(temperature, 1.5);
}

TEST(Temperature, MakesConfidencesMeanWhatTheySay) {
  Windows windows;
  windows.add(80, 0.99, true);
  windows.add(20, 0.99, false);
  const double temperature = fit_temperature(windows.data());
  EXPECT_NEAR(confidence_at(std::vector<float>{0.99F, 0.01F}, temperature), 0.8, 1e-3);
}

TEST(Temperature, StaysWithinItsRangeWhenEverythingIsRightOrHopeless) {
  Windows right;
  right.add(10, 0.9, true);
  EXPECT_GE(fit_temperature(right.data()), kLowestTemperature);
  EXPECT_LT(fit_temperature(right.data()), 1);
  Windows wrong;
  wrong.add(10, 1, false);  // probability 0 for the truth
  EXPECT_LE(fit_temperature(wrong.data()), kHighestTemperature);
  EXPECT_GT(fit_temperature(wrong.data()), 99);
}

TEST(Temperature, LeavesOutWindowsWithoutALabelAndRefusesNothingAtAll) {
  Windows windows;
  windows.add(80, 0.99, true);
  windows.add(20, 0.99, false);
  const double temperature = fit_temperature(windows.data());
  windows.add(50, 0.6, true);
  std::fill(windows.truth.begin() + 100, windows.truth.end(), -1);
  EXPECT_EQ(fit_temperature(windows.data()), temperature);
  std::fill(windows.truth.begin(), windows.truth.end(), -1);
  EXPECT_THROW((void)fit_temperature(windows.data()), std::invalid_argument);
  windows.truth.pop_back();
  EXPECT_THROW((void)fit_temperature(windows.data()), std::invalid_argument);
}

TEST(ConfidenceAt, IsTakenBackByTheInverseTemperature) {
  const std::vector<float> probabilities{0.7F, 0.2F, 0.1F};
  EXPECT_NEAR(confidence_at(probabilities, 1), 0.7, 1e-6);
  EXPECT_NEAR(confidence_at(probabilities, 2), std::sqrt(0.7) / (std::sqrt(0.7) + std::sqrt(0.2) + std::sqrt(0.1)),
              1e-6);
  EXPECT_NEAR(confidence_at(std::vector<float>{1, 0}, 100), 0.737, 0.001);  // a 0 stands for float32's smallest, 1e-45
}

TEST(UnknownThreshold, RejectsWhatIsWrongAtLeastHalfOfTheTime) {
  Windows windows;
  windows.add(4, 0.55, false);
  windows.add(2, 0.65, true);  // 4 of 6 below 0.7 are wrong
  windows.add(3, 0.75, true);  // 4 of 9 below 0.8
  windows.add(50, 0.95, true);
  EXPECT_NEAR(choose_unknown_threshold(windows.data(), 1), 0.7, 1e-6);
  EXPECT_NEAR(choose_unknown_threshold(windows.data(), 1, {.wrong_among_rejected = 0.4}), 0.85, 1e-6);
}

TEST(UnknownThreshold, CostsAtMostATenthOfTheRightWindows) {
  Windows windows;
  windows.add(10, 0.55, false);
  windows.add(1, 0.55, true);
  windows.add(10, 0.65, false);
  windows.add(2, 0.65, true);  // 3 of 20 right ones
  windows.add(17, 0.95, true);
  EXPECT_NEAR(choose_unknown_threshold(windows.data(), 1), 0.6, 1e-6);
}

TEST(UnknownThreshold, IsOffWhereTheModelIsNearlyAlwaysRight) {
  Windows windows;
  windows.add(50, 0.9, true);
  windows.add(1, 0.95, false);
  EXPECT_EQ(choose_unknown_threshold(windows.data(), 1), 0);
  Windows hopeless;
  hopeless.add(5, 0.9, false);
  EXPECT_EQ(choose_unknown_threshold(hopeless.data(), 1), 1);
}

}  // namespace
}  // namespace propriod::train
