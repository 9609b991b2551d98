#include "train/split.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <set>
#include <string>
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

using ::testing::AllOf;

std::set<std::int32_t> people_of(const std::vector<std::size_t>& part, const std::vector<std::int32_t>& subjects) {
  std::set<std::int32_t> people;
  for (const auto window : part) people.insert(subjects[window]);
  return people;
}

TEST(MakeSplit, SplitsAsBeforeThereWereFolds) {
  const auto subjects = windows_of_people(20);
  EXPECT_TRUE(equal(make_split(subjects, {.kind = "subject", .test_fraction = 0.3, .test_folds = {}, .seed = 4}),
                    split_by_subject(subjects, 0.3, 4)));
  EXPECT_TRUE(equal(make_split(subjects, {.kind = "random", .test_fraction = 0.3, .test_folds = {}, .seed = 4}),
                    split_random(subjects.size(), 0.3, 4)));
  // As drawn by the program before folds came.
  const Split drawn = split_by_subject(std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 0.3, 42);
  EXPECT_THAT(drawn.test, ElementsAre(1, 7, 9));
  EXPECT_THAT(drawn.validation, ElementsAre(0));
  EXPECT_EQ(drawn.test_folds, 0);
}

TEST(MakeSplit, TestsEveryWindowOrPersonOnceOverItsTestFolds) {
  const auto subjects = windows_of_people(13);
  for (const auto* kind : {"random", "subject"}) {
    std::vector<int> tested(subjects.size());
    std::vector<std::size_t> people_tested;
    for (int fold = 0; fold < 5; ++fold) {
      const Split split = make_split(subjects, {.kind = kind, .test_folds = 5, .test_fold = fold, .seed = 9});
      expect_every_window_in_one_part(split, subjects.size());
      EXPECT_EQ(split.test_folds, 5);
      for (const auto window : split.test) ++tested[window];
      people_tested.push_back(people_of(split.test, subjects).size());
    }
    EXPECT_THAT(tested, Each(1)) << kind;
    if (kind == std::string("subject")) {
      EXPECT_THAT(people_tested, Each(AllOf(::testing::Ge(2U), ::testing::Le(3U))));
    }
  }
}

TEST(MakeSplit, LeavesOutOnePersonAfterTheOtherInTheirOrder) {
  const auto subjects = windows_of_people(6);
  for (int fold = 0; fold < 6; ++fold) {
    const Split split =
        make_split(subjects, {.kind = "leave-one-subject-out", .test_folds = {}, .test_fold = fold, .seed = 3});
    expect_every_window_in_one_part(split, subjects.size());
    EXPECT_THAT(people_of(split.test, subjects), ElementsAre(3 * fold - 4));
    EXPECT_EQ(people_of(split.validation, subjects).size(), 1U);
    EXPECT_EQ(split.test_folds, 6);
  }
}

TEST(MakeSplit, ValidatesEverythingButTheTestOnceOverItsFolds) {
  const auto subjects = windows_of_people(14);
  for (const auto* kind : {"random", "subject", "leave-one-subject-out"}) {
    std::vector<int> validated(subjects.size());
    std::set<std::vector<std::size_t>> tests;
    for (int fold = 0; fold < 5; ++fold) {
      const Split split = make_split(subjects, {.kind = kind, .test_folds = {}, .folds = 5, .fold = fold, .seed = 2});
      expect_every_window_in_one_part(split, subjects.size());
      for (const auto window : split.validation) ++validated[window];
      tests.insert(split.test);
      if (kind != std::string("random")) {
        for (const auto person : people_of(split.train, subjects)) {
          EXPECT_FALSE(people_of(split.validation, subjects).contains(person));
        }
      }
    }
    ASSERT_EQ(tests.size(), 1U) << "the test part does not depend on the fold";
    std::vector<int> expected(subjects.size(), 1);
    for (const auto window : *tests.begin()) expected[window] = 0;
    EXPECT_EQ(validated, expected) << kind;
  }
}

TEST(MakeSplit, IsTheSameOnEveryMachine) {
  const std::vector<std::int32_t> subjects{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  const Split split =
      make_split(subjects, {.kind = "subject", .test_folds = 5, .test_fold = 1, .folds = 4, .fold = 2, .seed = 42});
  EXPECT_THAT(split.test, ElementsAre(0, 9));
  EXPECT_THAT(split.validation, ElementsAre(2, 4));
}

TEST(MakeSplit, LeavesSomethingInEveryPartHoweverFewThereAre) {
  for (std::int32_t people = 3; people < 9; ++people) {
    std::vector<std::int32_t> subjects(static_cast<std::size_t>(people));
    std::iota(subjects.begin(), subjects.end(), 0);
    for (int test_folds = 2; test_folds <= people; ++test_folds) {
      for (int test_fold = 0; test_fold < test_folds; ++test_fold) {
        for (int folds = 1; folds <= people; ++folds) {
          try {
            expect_every_window_in_one_part(
                make_split(subjects,
                           {.kind = "subject", .test_folds = test_folds, .test_fold = test_fold, .folds = folds}),
                subjects.size());
          } catch (const DataSetError&) {
            EXPECT_TRUE(folds > people - people / test_folds - 1 || people == 3);
          }
        }
      }
    }
  }
}

TEST(MakeSplit, SaysWhatIsWrongWithARequest) {
  const auto subjects = windows_of_people(6);
  const auto refuses = [&](const SplitRequest& request, const char* complaint) {
    EXPECT_THAT([&] { (void)make_split(subjects, request); }, ThrowsMessage<DataSetError>(HasSubstr(complaint)));
  };
  refuses({.kind = "people", .test_folds = {}}, "known are random, subject, leave-one-subject-out");
  refuses({.kind = "subject", .test_folds = 1}, "at least 2");
  refuses({.kind = "subject", .test_folds = 3, .test_fold = 3}, "test fold is 3, of 3; the first is 0, the last 2");
  refuses({.kind = "subject", .test_folds = 3, .test_fold = -1}, "test fold is -1");
  refuses({.kind = "subject", .test_folds = 7}, "6 people cannot be dealt into 7 test folds");
  refuses({.kind = "random", .test_folds = {}, .test_fold = 1}, "give the test folds");
  refuses({.kind = "leave-one-subject-out", .test_folds = 6}, "leave their number out");
  refuses({.kind = "leave-one-subject-out", .test_folds = {}, .test_fold = 6}, "test fold is 6, of 6");
  refuses({.kind = "subject", .test_folds = {}, .folds = 6}, "5 people cannot be dealt into 6 validation folds");
  refuses({.kind = "random", .test_folds = {}, .folds = 0}, "at least 1");
  refuses({.kind = "random", .test_folds = {}, .folds = 5, .fold = 5}, "fold is 5, of 5");
}

}  // namespace
}  // namespace propriod::train
