#include "train/step_trace.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace propriod::train {
namespace {

const std::vector<float> kStart{0, 0, 1};
const StepTrace kReference{.way = "cpu", .losses = {2, 1, 0.5}, .weights = {3, 4, 1}};

TEST(StepDistance, IsZeroOfEqualTraces) {
  const auto apart = distance(kStart, kReference, kReference);
  EXPECT_EQ(apart.loss, 0);
  EXPECT_EQ(apart.step, 0U);
  EXPECT_EQ(apart.weights, 0);
}

TEST(StepDistance, IsTheWorstStepAndAShareOfTheWay) {
  auto other = kReference;
  other.losses = {2, 1.1, 0.49};
  other.weights = {3, 4.5, 1};
  const auto apart = distance(kStart, kReference, other);
  EXPECT_NEAR(apart.loss, 0.05, 1e-12);  // 0.1 of a first loss of 2
  EXPECT_EQ(apart.step, 2U);
  EXPECT_NEAR(apart.weights, 0.1, 1e-12);  // 0.5 of a way of 5
}

TEST(StepDistance, IsInfiniteWhereSomethingIsNotFiniteOrMissing) {
  auto other = kReference;
  other.losses[1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(std::isinf(distance(kStart, kReference, other).loss));
  EXPECT_EQ(distance(kStart, kReference, other).step, 2U);
  EXPECT_TRUE(std::isinf(distance(kStart, other, other).loss)) << "nor are two that failed alike";
  other = kReference;
  other.weights[2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isinf(distance(kStart, kReference, other).weights));
  other = kReference;
  other.losses.pop_back();
  other.weights.pop_back();
  EXPECT_TRUE(std::isinf(distance(kStart, kReference, other).loss));
  EXPECT_TRUE(std::isinf(distance(kStart, kReference, other).weights));
  EXPECT_TRUE(std::isinf(distance({}, {}, {}).loss)) << "nothing was compared";
}

}  // namespace
}  // namespace propriod::train
