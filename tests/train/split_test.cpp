#include "train/split.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <set>
#include <vector>

#include "train/errors.hpp"

namespace propriod::train {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

void expect_every_window_in_one_part(const Split& split, std::size_t windows) {
  std::vector<std::size_t> all;
  for (const auto* part : {&split.train, &split.validation, &split.test}) {
    EXPECT_TRUE(std::is_sorted(part->begin(), part->end()));
    EXPECT_FALSE(part->empty());
    all.insert(all.end(), part->begin(), part->end());
  }
  std::sort(all.begin(), all.end());
  std::vector<std::size_t> expected(windows);
  std::iota(expected.begin(), expected.end(), std::size_t{0});
  EXPECT_EQ(all, expected);
}

/// `people` people who wear the sensor for different times, mixed, numbered with holes and from below zero.
std::vector<std::int32_t> windows_of_people(std::int32_t people) {
  std::vector<std::int32_t> subjects;
  for (std::int32_t round = 0; round < 20; ++round) {
    for (std::int32_t person = 0; person < people; ++person) {
      if (round <= person) subjects.push_back(3 * person - 4);
    }
  }
  return subjects;
}

bool equal(const Split& a, const Split& b) {
  return a.train == b.train && a.validation == b.validation && a.test == b.test;
}

TEST(SplitRandom, PutsEveryWindowIntoOnePartOfTheWantedSize) {
  const Split split = split_random(1000, 0.2, 0);
  expect_every_window_in_one_part(split, 1000);
  EXPECT_EQ(split.test.size(), 200U);
  EXPECT_EQ(split.validation.size(), 160U);
  EXPECT_EQ(split.train.size(), 640U);
}

TEST(SplitRandom, LeavesNoPartEmptyHoweverFewWindowsThereAre) {
  for (std::size_t windows = 3; windows < 40; ++windows) {
    for (const double fraction : {0.001, 0.2, 0.5, 0.999}) {
      expect_every_window_in_one_part(split_random(windows, fraction, windows), windows);
    }
  }
}

TEST(SplitRandom, IsTheSameForASeedOnEveryMachine) {
  EXPECT_TRUE(equal(split_random(500, 0.3, 7), split_random(500, 0.3, 7)));
  EXPECT_FALSE(equal(split_random(500, 0.3, 7), split_random(500, 0.3, 8)));
  const Split split = split_random(10, 0.3, 42);
  EXPECT_THAT(split.test, ElementsAre(1, 7, 9));
  EXPECT_THAT(split.validation, ElementsAre(0));
}

TEST(SplitRandom, FavoursNoWindow) {
  constexpr int kSeeds = 20'000;
  std::array<int, 7> times_in_test{};
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    for (const auto window : split_random(times_in_test.size(), 0.15, seed).test) ++times_in_test[window];
  }
  // Binomial: mean 2857, standard deviation 49.5; five of them.
  EXPECT_THAT(times_in_test, Each(::testing::AllOf(::testing::Gt(2610), ::testing::Lt(3105))));
}

TEST(SplitBySubject, PutsNobodyOnTwoSides) {
  for (std::int32_t people = 3; people < 30; ++people) {
    const auto subjects = windows_of_people(people);
    const Split split = split_by_subject(subjects, 0.2, 1);
    expect_every_window_in_one_part(split, subjects.size());
    std::size_t parts_of_people = 0;
    for (const auto* part : {&split.train, &split.validation, &split.test}) {
      std::set<std::int32_t> here;
      for (const auto window : *part) here.insert(subjects[window]);
      parts_of_people += here.size();
    }
    EXPECT_EQ(parts_of_people, static_cast<std::size_t>(people));
  }
}

TEST(SplitBySubject, CountsPeopleNotWindows) {
  const auto subjects = windows_of_people(20);
  const Split split = split_by_subject(subjects, 0.25, 3);
  const auto people_in = [&](const std::vector<std::size_t>& part) {
    std::set<std::int32_t> people;
    for (const auto window : part) people.insert(subjects[window]);
    return people.size();
  };
  EXPECT_EQ(people_in(split.test), 5U);
  EXPECT_EQ(people_in(split.validation), 3U);
  EXPECT_EQ(people_in(split.train), 12U);
}

TEST(SplitBySubject, IsTheSameForASeed) {
  const auto subjects = windows_of_people(20);
  EXPECT_TRUE(equal(split_by_subject(subjects, 0.2, 5), split_by_subject(subjects, 0.2, 5)));
  EXPECT_FALSE(equal(split_by_subject(subjects, 0.2, 5), split_by_subject(subjects, 0.2, 6)));
}

TEST(SplitBySubject, SaysThatTwoPeopleAreTooFew) {
  EXPECT_THAT(
      [] {
        (void)split_by_subject(std::vector<std::int32_t>{4, 4, 9, 9, 9}, 0.2, 0);
      },
      ThrowsMessage<DataSetError>(HasSubstr("2 people cannot be split")));
}

TEST(SplitRandom, SaysThatTwoWindowsAreTooFew) {
  EXPECT_THAT([] { (void)split_random(2, 0.2, 0); },
              ThrowsMessage<DataSetError>(HasSubstr("2 windows cannot be split")));
}

TEST(SplitRandom, RefusesFractionsThatLeaveAPartEmpty) {
  for (const double fraction : {0.0, 1.0, -0.1, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THAT([&] { (void)split_random(100, fraction, 0); },
                ThrowsMessage<DataSetError>(HasSubstr("must lie between 0 and 1")));
  }
}

}  // namespace
}  // namespace propriod::train
