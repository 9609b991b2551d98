#include "train/experiment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace propriod::train {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

ExperimentData data_set(const std::string& name) { return {.name = name, .path = "/data/" + name, .format = "dsads"}; }

ExperimentPlan plan() {
  ExperimentPlan plan;
  plan.data = {data_set("dsads")};
  return plan;
}

/// The value that follows an option; empty when the option is not there.
std::string option(const ExperimentRun& run, const std::string& name) {
  const auto arguments = run.arguments("/out/trained", "/out/p.csv", 2);
  const auto found = std::ranges::find(arguments, name);
  return found == arguments.end() ? "" : *(found + 1);
}

TEST(Experiment, ExpandsToEveryCombination) {
  auto all = plan();
  all.data.push_back(data_set("other"));
  all.methods = {"multitask", "smooth-distill"};
  all.architectures = {"mtl-net", "gru"};
  all.recipes = {"paper", "best"};
  all.seeds = {0, 7};
  all.folds = 3;
  const auto runs = expand(all);
  EXPECT_THAT(runs, SizeIs(2 * 2 * 2 * 2 * 2 * 3));
  std::set<std::string> ids;
  for (const auto& run : runs) ids.insert(run.id());
  EXPECT_EQ(ids.size(), runs.size());
  EXPECT_EQ(runs.front().data.name, "dsads");
  EXPECT_EQ(runs.back().data.name, "other");
  EXPECT_EQ(runs[1].fold, 1);
}

TEST(Experiment, ExpandsDataThatIsNotHere) {
  auto all = plan();
  all.data.push_back({.name = "sleep", .path = {}, .format = "sleep"});
  EXPECT_THAT(expand(all), SizeIs(2)) << "it may have been trained on elsewhere";
}

TEST(Experiment, VariesLambdaOnlyWhereThereIsOne) {
  auto all = plan();
  all.methods = {"multitask", "smooth-distill"};
  all.lambdas = {0.1, 0.5};
  const auto runs = expand(all);
  ASSERT_THAT(runs, SizeIs(3));
  EXPECT_EQ(runs[0].lambda, std::nullopt);
  EXPECT_EQ(runs[2].lambda, 0.5);
}

TEST(Experiment, TurnsATrainingRatioIntoATestFraction) {
  auto all = plan();
  all.training_ratios = {0.1, 0.9};
  const auto runs = expand(all);
  ASSERT_THAT(runs, SizeIs(2));
  EXPECT_EQ(option(runs[0], "--test-fraction"), "0.9");
  EXPECT_EQ(option(runs[1], "--test-fraction"), "0.1");
}

TEST(Experiment, TestsEveryFoldOnce) {
  auto all = plan();
  all.data[0].split = "subject";
  all.data[0].test_folds = 5;
  const auto runs = expand(all);
  ASSERT_THAT(runs, SizeIs(5));
  EXPECT_EQ(option(runs[4], "--test-folds"), "5");
  EXPECT_EQ(option(runs[4], "--test-fold"), "4");
  EXPECT_EQ(option(runs[4], "--test-fraction"), "");

  all.data[0].split = "leave-one-subject-out";
  const auto persons = expand(all);
  EXPECT_EQ(option(persons[4], "--test-folds"), "") << "train counts the people itself";
  EXPECT_EQ(option(persons[4], "--test-fold"), "4");
}

TEST(Experiment, SaysEverythingToTrain) {
  auto all = plan();
  all.data[0].rate_hz = 20.5;
  all.data[0].exclude = {"1637/*", "--odd"};
  all.methods = {"born-again"};
  all.lambdas = {0.001};
  all.epochs = 3;
  all.batch = 128;
  all.folds = 2;
  const auto arguments = expand(all)[1].arguments("/out/trained", "/out/p.csv", 2);
  EXPECT_THAT(arguments,
              ElementsAre("train", "--data", "/data/dsads", "--format", "dsads", "--out", "/out/trained", "--recipe",
                          "paper", "--method", "born-again", "--lambda", "0.001", "--epochs", "3", "--batch", "128",
                          "--rate", "20.5", "--protocol", "honest", "--split", "random", "--test-fraction", "0.2",
                          "--folds", "2", "--fold", "1", "--exclude=1637/*", "--exclude=--odd", "--seed", "0",
                          "--device", "auto", "--threads", "2", "--predictions", "/out/p.csv", "--resume", "--json"));
}

TEST(Experiment, LeavesToTheRecipeWhatTheFileDoesNotSay) {
  const auto run = expand(plan()).at(0);
  const auto arguments = run.arguments("/o/t", "/o/p", 1);
  for (const auto* name : {"--method", "--architecture", "--lambda", "--epochs", "--batch", "--rate", "--folds"}) {
    EXPECT_THAT(arguments, Not(Contains(name)));
  }
}

TEST(Experiment, IdentifiesARunByWhatItsResultDependsOn) {
  const auto run = expand(plan()).at(0);
  EXPECT_THAT(run.id(), StartsWith("dsads-paper-s0-"));
  auto more_threads = plan();
  more_threads.threads = 8;
  more_threads.jobs = 4;
  more_threads.title = "another";
  EXPECT_EQ(expand(more_threads).at(0).id(), run.id());

  auto elsewhere = plan();
  elsewhere.data[0].path = "/elsewhere";
  EXPECT_EQ(expand(elsewhere).at(0).id(), run.id()) << "a moved folder is no other data";
  auto longer = plan();
  longer.epochs = 300;
  EXPECT_NE(expand(longer).at(0).id(), run.id());
  auto fewer = plan();
  fewer.data[0].exclude = {"p1/*"};
  EXPECT_NE(expand(fewer).at(0).id(), run.id());
}

TEST(Experiment, TrainsEveryVariantWithItsOptions) {
  auto all = plan();
  all.variants = {{.name = "as published"},
                  {.name = "cosine", .changes = {{"cosine", 1}, {"warm_up", 0.1}}},
                  {.name = "compact", .architecture = "mtl-net-compact", .changes = {{"calibrate", 0}}}};
  all.seeds = {0, 1};
  const auto runs = expand(all);
  ASSERT_THAT(runs, SizeIs(6));
  EXPECT_THAT(runs[2].id(), StartsWith("dsads-paper+cosine+warm_up-s0-"));
  EXPECT_THAT(runs[2].arguments("/o/t", "/o/p", 1), Contains("--cosine"));
  EXPECT_EQ(option(runs[2], "--warm-up"), "0.1");
  EXPECT_THAT(runs[2].configuration(), HasSubstr(R"("changes":{"cosine":true,"warm_up":0.1})"));
  EXPECT_THAT(runs[4].arguments("/o/t", "/o/p", 1), Contains("--no-calibrate"));
  EXPECT_EQ(option(runs[4], "--architecture"), "mtl-net-compact");
}

TEST(Experiment, KnowsAVariantByItsOptionsAndNotByItsName) {
  const auto plain = expand(plan()).at(0);
  auto named = plan();
  named.variants = {{.name = "as published"}, {.name = "decay", .changes = {{"weight_decay", 0.01}}}};
  EXPECT_EQ(expand(named).at(0).id(), plain.id()) << "results from before there were variants are still good";
  const auto decay = expand(named).at(1).id();
  EXPECT_NE(decay, plain.id());
  named.variants[1].name = "AdamW";
  EXPECT_EQ(expand(named).at(1).id(), decay);
  named.variants[1].changes[0].value = 0.02;
  EXPECT_NE(expand(named).at(1).id(), decay);
}

TEST(Experiment, RefusesMoreRunsThanAnyoneWants) {
  auto all = plan();
  all.seeds.resize(kMostRuns + 1);
  for (std::size_t i = 0; i < all.seeds.size(); ++i) all.seeds[i] = i;
  EXPECT_THROW((void)expand(all), std::runtime_error);
}

}  // namespace
}  // namespace propriod::train
