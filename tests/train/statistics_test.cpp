#include "train/statistics.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <stdexcept>

#include "tests/train/metrics_fixture.hpp"

namespace propriod::train {
namespace {

using Values = std::vector<double>;

TEST(TTest, IsThatOfSciPyAndItsCorrectionThatOfNadeauAndBengio) {
  const auto fixture = metrics_fixture();
  for (const auto& expected : fixture.at("t_tests")) {
    const auto first = expected.at("first").get<Values>();
    const auto second = expected.at("second").get<Values>();
    const auto plain = paired_t_test(first, second);
    EXPECT_EQ(plain.degrees_of_freedom, first.size() - 1);
    EXPECT_NEAR(plain.t, expected.at("t").get<double>(), 1e-9 * std::abs(plain.t));
    EXPECT_NEAR(plain.p, expected.at("p").get<double>(), 1e-9 * plain.p);
    const auto corrected = corrected_t_test(first, second, 0.25);
    EXPECT_NEAR(corrected.t, expected.at("corrected_t").get<double>(), 1e-9 * std::abs(corrected.t));
    EXPECT_NEAR(corrected.p, expected.at("corrected_p").get<double>(), 1e-9 * corrected.p);
    EXPECT_GT(corrected.p, plain.p);
    EXPECT_EQ(paired_t_test(second, first).t, -plain.t);
  }
}

TEST(TTest, KnowsFiguresThatDoNotVary) {
  EXPECT_EQ(paired_t_test(Values{1, 2}, Values{1, 2}).p, 1);
  EXPECT_EQ(paired_t_test(Values{2, 3}, Values{1, 2}).p, 0);
  EXPECT_EQ(paired_t_test(Values{1, 2}, Values{2, 3}).t, -INFINITY);
}

TEST(TTest, RefusesWhatItCannotTest) {
  EXPECT_THROW((void)paired_t_test(Values{1}, Values{2}), std::invalid_argument);
  EXPECT_THROW((void)paired_t_test(Values{1, 2}, Values{2}), std::invalid_argument);
  EXPECT_THROW((void)paired_t_test(Values{1, NAN}, Values{2, 3}), std::invalid_argument);
  EXPECT_THROW((void)corrected_t_test(Values{1, 2}, Values{2, 4}, -1), std::invalid_argument);
}

TEST(Holm, IsThatOfStatsmodels) {
  const auto expected = metrics_fixture().at("holm");
  const auto corrected = holm_corrected(expected.at("p").get<Values>());
  EXPECT_THAT(corrected, testing::Pointwise(testing::DoubleNear(1e-12), expected.at("corrected").get<Values>()));
  EXPECT_TRUE(holm_corrected({}).empty());
  EXPECT_THROW((void)holm_corrected(Values{1.5}), std::invalid_argument);
}

TEST(McNemar, IsThatOfStatsmodels) {
  const auto fixture = metrics_fixture();
  for (const auto& expected : fixture.at("mcnemar")) {
    const auto test = mcnemar_test(expected.at("b").get<std::int64_t>(), expected.at("c").get<std::int64_t>());
    EXPECT_EQ(test.chi_square.has_value(), !expected.at("exact").get<bool>()) << expected;
    EXPECT_NEAR(test.p, expected.at("p").get<double>(), 1e-9) << expected;
    if (test.chi_square) {
      EXPECT_NEAR(*test.chi_square, expected.at("chi_square").get<double>(), 1e-9) << expected;
    }
  }
  EXPECT_EQ(mcnemar_test(20, 20).p, 1);
  EXPECT_THROW((void)mcnemar_test(-1, 2), std::invalid_argument);
}

TEST(Spread, HasTheBootstrapIntervalOfSciPy) {
  const auto expected = metrics_fixture().at("bootstrap");
  const auto values = expected.at("values").get<Values>();
  const auto spread = spread_of(values);
  ASSERT_TRUE(spread);
  EXPECT_EQ(spread->count, values.size());
  EXPECT_NEAR(spread->mean, expected.at("mean").get<double>(), 1e-9);
  EXPECT_NEAR(spread->sd, expected.at("sd").get<double>(), 1e-9);
  EXPECT_NEAR(spread->low, expected.at("low").get<double>(), 0.2);  // other random numbers
  EXPECT_NEAR(spread->high, expected.at("high").get<double>(), 0.2);
  EXPECT_EQ(spread_of(values)->low, spread->low);  // the same at every call
}

TEST(Spread, NeedsTwoValues) {
  EXPECT_FALSE(spread_of({}));
  EXPECT_FALSE(spread_of(Values{3}));
  EXPECT_EQ(spread_of(Values{3, 3})->high, 3);
}

TEST(Quantile, LiesBetweenTheRanks) {
  EXPECT_EQ(quantile_of(Values{1, 2, 4}, 0), 1);
  EXPECT_EQ(quantile_of(Values{1, 2, 4}, 0.75), 3);
  EXPECT_EQ(quantile_of(Values{1, 2, 4}, 1), 4);
}

}  // namespace
}  // namespace propriod::train
