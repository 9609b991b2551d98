#include "daemon/experiment_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/support/temporary_directory.hpp"

namespace propriod::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class ExperimentFile : public testing::Test {
 protected:
  std::vector<std::string> problems(std::string_view text, const DataPaths& paths = {}) {
    std::vector<std::string> said;
    const auto read = parse_experiment(text, folder_ / "e.yaml", paths);
    if (read) return said;
    for (const auto& problem : read.error()) {
      said.push_back(problem.to_string().substr((folder_ / "e.yaml:").string().size()));
    }
    return said;
  }

  tests::TemporaryDirectory temporary_;
  const std::filesystem::path folder_ = temporary_.path();
};

TEST_F(ExperimentFile, ReadsEveryKey) {
  std::filesystem::create_directory(folder_ / "w");
  const auto read = parse_experiment(R"(
title: A title
notes: Some notes
data:
  - {name: w, path: w, format: wisdm2019, rate: 20.5, protocol: published, split: subject, test_folds: 5,
     only: ["*/watch"], exclude: ["1637/*"], chosen_on: ["160?"]}
methods: [multitask, smooth-distill]
architectures: [mtl-net, gru]
recipes: [paper, best]
seeds: [0, 9007199254740992]
folds: 5
lambdas: [0, 0.5]
epochs: 15
batch: 64
device: cuda
devices: [0, 1]
jobs: 2
threads: 4
report: [table5, table8]
)",
                                     folder_ / "e.yaml", {});
  ASSERT_TRUE(read) << read.error().front().to_string();
  const auto& plan = read->plan;
  EXPECT_THAT(read->absent, IsEmpty());
  ASSERT_THAT(plan.data, SizeIs(1));
  const auto& data = plan.data[0];
  EXPECT_EQ(data.path, folder_ / "w");
  EXPECT_EQ(data.rate_hz, 20.5);
  EXPECT_EQ(data.protocol, "published");
  EXPECT_EQ(data.test_folds, 5);
  EXPECT_THAT(data.only, ElementsAre("*/watch"));
  EXPECT_THAT(data.chosen_on, ElementsAre("160?"));
  EXPECT_THAT(plan.recipes, ElementsAre("paper", "best"));
  EXPECT_THAT(plan.seeds, ElementsAre(0U, 9007199254740992U));
  EXPECT_THAT(plan.lambdas, ElementsAre(0, 0.5));
  EXPECT_EQ(plan.epochs, 15);
  EXPECT_EQ(plan.batch, 64);
  EXPECT_THAT(plan.devices, ElementsAre(0, 1));
  EXPECT_EQ(plan.threads, 4);
  EXPECT_THAT(plan.report, ElementsAre("table5", "table8"));
}

TEST_F(ExperimentFile, TellsAllMistakesWithTheirPlace) {
  EXPECT_THAT(
      problems("title: t\ndata:\n  - {name: a, format: dsads, splitt: random}\nmethods: [multitaks]\nepochs: 0\n"),
      ElementsAre(HasSubstr("3:30: data[0].splitt: unknown key, did you mean split?"),
                  HasSubstr("4:11: methods[0]: found 'multitaks'; allowed: singletask, multitask"),
                  "5:9: epochs: found '0'; allowed: a whole number from 1 to 100000"));
  EXPECT_THAT(problems("{}"), ElementsAre(HasSubstr("title: missing"), HasSubstr("data: missing")));
}

TEST_F(ExperimentFile, RefusesWhatContradictsItself) {
  EXPECT_THAT(problems("title: t\ndata: [{name: a, format: dsads}, {name: a, format: dsads}]\n"),
              ElementsAre(HasSubstr("another data set has this name")));
  EXPECT_THAT(problems("title: t\ndata: [{name: a, format: dsads, split: leave-one-subject-out}]\n"),
              ElementsAre(HasSubstr("needs the number of people here")));
  EXPECT_THAT(problems("title: t\ndata: [{name: a, format: dsads, test_folds: 5}]\ntraining_ratios: [0.1]\n"),
              ElementsAre(HasSubstr("training_ratios and a data set with test_folds")));
  EXPECT_THAT(problems("title: t\ndata: [{name: a, format: dsads}]\nseeds: [1, 2, 1]\n"),
              ElementsAre(HasSubstr("3:15: seeds[2]: is in the list twice")));
  EXPECT_THAT(problems("title: t\ndata: [{name: a, format: dsads}]\n", {{"b", "/"}}),
              ElementsAre(HasSubstr("has no data set b, which --data names")));
}

TEST_F(ExperimentFile, ReadsVariants) {
  const auto read = parse_experiment(
      "title: t\ndata: [{name: a, format: dsads}]\nvariants:\n  - {name: as published}\n"
      "  - {name: all of it, warm_up: 0.1, architecture: mtl-net-compact, cosine: true, calibrate: false}\n",
      folder_ / "e.yaml", {});
  ASSERT_TRUE(read) << read.error().front().to_string();
  const auto& variants = read->plan.variants;
  ASSERT_THAT(variants, SizeIs(2));
  EXPECT_EQ(variants[0].name, "as published");
  EXPECT_THAT(variants[0].changes, IsEmpty());
  EXPECT_EQ(variants[1].architecture, "mtl-net-compact");
  using Change = train::RecipeChange;
  EXPECT_THAT(variants[1].changes, ElementsAre(Change{"calibrate", 0}, Change{"cosine", 1}, Change{"warm_up", 0.1}));
}

TEST_F(ExperimentFile, ChecksVariantsAsTheCommandLineDoes) {
  const std::string head = "title: t\ndata: [{name: a, format: dsads}]\n";
  EXPECT_THAT(problems(head + "variants:\n  - {name: a, cosinus: true}\n  - {name: b, warm_up: 0.95, cosine: 1}\n"),
              ElementsAre(HasSubstr("4:15: variants[0].cosinus: unknown key, did you mean cosine?; allowed: name, "),
                          "5:24: variants[1].warm_up: found '0.95'; allowed: a number from 0 to 0.9",
                          "5:38: variants[1].cosine: found '1'; allowed: true or false"));
  EXPECT_THAT(problems(head + "variants: []\n"),
              ElementsAre(HasSubstr("3:11: variants: found 0 variants; allowed: 1")));
  EXPECT_THAT(problems(head + "variants: [{cosine: true}]\n"), ElementsAre(HasSubstr("variants[0].name: missing")));
  EXPECT_THAT(problems(head + "variants: [{name: a}, {name: a, cosine: true}]\n"),
              ElementsAre(HasSubstr("3:23: variants[1]: another variant has this name")));
  EXPECT_THAT(problems(head + "variants: [{name: a}, {name: b}]\n"),
              ElementsAre(HasSubstr("3:23: variants[1]: says the same as a")));
  EXPECT_THAT(problems(head + "lambdas: [0.1]\nvariants: [{name: a, lambda: 0.5}]\n"),
              ElementsAre(HasSubstr("has lambdas, and variant a has one")));
  EXPECT_THAT(problems(head + "architectures: [gru]\nvariants: [{name: a, architecture: lstm}]\n"),
              ElementsAre(HasSubstr("has architectures, and variant a has one")));
}

TEST_F(ExperimentFile, SaysWhatDataIsNotHere) {
  unsetenv("PROPRIOD_TEST_NOWHERE");
  setenv("PROPRIOD_TEST_HERE", folder_.c_str(), 1);
  const auto read = parse_experiment(R"(
title: t
data:
  - {name: a, format: dsads}
  - {name: b, format: dsads, path: "${PROPRIOD_TEST_NOWHERE}/dsads"}
  - {name: c, format: dsads, path: nothing-here}
  - {name: d, format: dsads, path: "${PROPRIOD_TEST_HERE}/."}
  - {name: e, format: dsads}
)",
                                     folder_ / "e.yaml", {{"e", folder_}});
  ASSERT_TRUE(read);
  EXPECT_THAT(read->absent, ElementsAre(Pair("a", "data set a is not here: say where it is with --data a=PATH"),
                                        Pair("b", HasSubstr("${PROPRIOD_TEST_NOWHERE} is not set")),
                                        Pair("c", HasSubstr("there is nothing at"))));
  EXPECT_TRUE(read->plan.data[0].path.empty());
  EXPECT_EQ(read->plan.data[3].path, folder_ / "");
  EXPECT_EQ(read->plan.data[4].path, folder_);
}

TEST_F(ExperimentFile, ReadsEveryShippedExperiment) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PROPRIOD_EXPERIMENTS)) {
    const auto read = read_experiment(entry.path(), {});
    ASSERT_TRUE(read) << read.error().front().to_string();
    ++files;
    if (entry.path().filename() == "quick.yaml") {
      EXPECT_THAT(train::expand(read->plan), SizeIs(4));
    }
  }
  EXPECT_EQ(files, 10);
}

}  // namespace
}  // namespace propriod::daemon
