#include "train/self_check.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace propriod::train {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

TEST(SelfCheck, OfTheCpuWithItselfIsEqualToTheLastBit) {
  Recipe recipe;
  recipe.training.beta_warm_up = true;
  const auto check = self_check(recipe, "cpu", true);
  ASSERT_EQ(check.rows.size(), 1U);
  EXPECT_EQ(check.reference.losses.size(), 50U);
  EXPECT_EQ(check.rows[0].trace.losses, check.reference.losses);
  EXPECT_EQ(check.rows[0].trace.weights, check.reference.weights);
  EXPECT_LT(check.reference.losses.back(), check.reference.losses.front()) << "it should learn, or it proves little";
  EXPECT_TRUE(check.passed());
  EXPECT_THAT(to_text(check), HasSubstr("self-check passed"));
}

TEST(SelfCheck, FailsWhenOneWayDiverges) {
  Recipe recipe;
  recipe.training.method = "multitask";
  auto check = self_check(recipe, "cpu", true);
  auto& row = check.rows[0];
  row.tolerance = {.loss = 1e-3, .weights = 1e-2};
  EXPECT_TRUE(check.passed());
  const auto start = std::vector<float>(check.reference.weights.size(), 0.F);
  row.trace.losses[30] += 0.01 * check.reference.losses[0];
  row.distance = distance(start, check.reference, row.trace);
  EXPECT_FALSE(check.passed());
  EXPECT_THAT(to_text(check), HasSubstr("DIFFERS"));
  EXPECT_THAT(to_text(check), HasSubstr("self-check FAILED"));
  EXPECT_THAT(to_text(check), Not(HasSubstr("passed")));
  row.trace.losses = check.reference.losses;
  for (auto& weight : row.trace.weights) weight *= 1.1F;
  row.distance = distance(start, check.reference, row.trace);
  EXPECT_FALSE(check.passed()) << "by the weights alone";
}

TEST(SelfCheck, RefusesWhatDrawsRandomNumbers) {
  Recipe recipe;
  recipe.training.method = "sd-dropout";
  EXPECT_THAT([&] { (void)self_check(recipe, "cpu", true); },
              ThrowsMessage<std::runtime_error>(HasSubstr("draws random numbers")));
}

}  // namespace
}  // namespace propriod::train
