#include "train/sampler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "train/schedule.hpp"

namespace propriod::train {
namespace {

/// 90 windows of activity 0, 10 of activity 1; all at placement 0.
WindowSet uneven() {
  WindowSet set;
  for (int n = 0; n < 100; ++n) {
    set.activity.push_back(n < 90 ? 0 : 1);
    set.placement.push_back(0);
  }
  return set;
}

std::vector<std::size_t> some_rows() { return {3, 5, 7, 20, 60, 91, 95}; }

TEST(Sampler, GivesEveryRowOnceInAnOrderOfItsOwnEachEpoch) {
  const Sampler sampler(uneven(), some_rows(), /*balanced=*/false, /*seed=*/1);
  std::set<std::vector<std::int64_t>> orders;
  for (int phase = 1; phase <= 2; ++phase) {
    for (int epoch = 1; epoch <= 3; ++epoch) {
      auto order = sampler.epoch(phase, epoch);
      EXPECT_EQ(order, sampler.epoch(phase, epoch));
      orders.insert(order);
      std::sort(order.begin(), order.end());
      EXPECT_EQ(order, (std::vector<std::int64_t>{3, 5, 7, 20, 60, 91, 95}));
    }
  }
  EXPECT_EQ(orders.size(), 6U);
  EXPECT_NE(Sampler(uneven(), some_rows(), false, 2).epoch(1, 1), sampler.epoch(1, 1));
}

TEST(Sampler, BalancedDrawsEveryPairOfClassesEquallyOften) {
  std::vector<std::size_t> all(100);
  for (std::size_t n = 0; n < all.size(); ++n) all[n] = n;
  const Sampler sampler(uneven(), all, /*balanced=*/true, 1);
  std::int64_t rare = 0;
  for (int epoch = 1; epoch <= 20; ++epoch) {
    const auto order = sampler.epoch(1, epoch);
    ASSERT_EQ(order.size(), 100U);
    rare += std::ranges::count_if(order, [](auto row) { return row >= 90; });
  }
  EXPECT_NEAR(static_cast<double>(rare), 1000, 120);  // of 2,000 draws; over five standard deviations
}

TEST(EpochSeed, IsAnotherForEveryEpochPhaseAndSeed) {
  std::set<std::uint64_t> seeds;
  for (std::uint64_t seed : {0ULL, 1ULL, 1ULL << 32U}) {
    for (int phase = 1; phase <= 2; ++phase) {
      for (int epoch = 1; epoch <= 50; ++epoch) seeds.insert(epoch_seed(seed, phase, epoch));
    }
  }
  EXPECT_EQ(seeds.size(), 300U);
}

TEST(Schedule, IsConstantUnlessAskedOtherwise) {
  const Schedule schedule{.learning_rate = 0.01};
  EXPECT_EQ(schedule.at(0, 100), 0.01);
  EXPECT_EQ(schedule.at(99, 100), 0.01);
}

TEST(Schedule, RisesThenFallsAlongHalfACosine) {
  const Schedule schedule{.learning_rate = 0.01, .cosine = true, .warm_up = 0.2};
  EXPECT_DOUBLE_EQ(schedule.at(0, 100), 0.01 / 25);
  EXPECT_DOUBLE_EQ(schedule.at(10, 100), 0.01 * (1 + 1.0 / 25) / 2);
  EXPECT_DOUBLE_EQ(schedule.at(20, 100), 0.01);
  EXPECT_DOUBLE_EQ(schedule.at(60, 100), 0.005);
  EXPECT_LT(schedule.at(99, 100), 0.01 / 1000);
  EXPECT_GT(schedule.at(99, 100), 0);
}

}  // namespace
}  // namespace propriod::train
