#include "train/experiment_runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include "tests/support/temporary_directory.hpp"
#include "train/child_process.hpp"

namespace propriod::train {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Runs `fake_train.sh`, whose seed says what goes wrong.
class ExperimentRunner : public testing::Test {
 protected:
  std::vector<ExperimentRun> runs(std::vector<std::uint64_t> seeds) {
    ExperimentPlan plan;
    plan.data = {{.name = "d", .path = "/data", .format = "dsads"}};
    plan.seeds = std::move(seeds);
    plan.methods = {"multitask"};
    plan.epochs = 2;
    return expand(plan);
  }

  ExperimentProgress run(const std::vector<ExperimentRun>& all, int jobs = 1, std::vector<int> devices = {}) {
    ExperimentResults results(file_);
    return run_experiment(all,
                          {.program = PROPRIOD_FAKE_TRAIN,
                           .out = out_.path(),
                           .jobs = jobs,
                           .threads = 1,
                           .devices = std::move(devices),
                           .program_version = "1.2.3",
                           .machine = "a machine"},
                          results,
                          {.finished = [this](const auto& result, const auto&) { finished_.push_back(result.run); },
                           .failed =
                               [this](const auto&, const std::string& reason, const std::string& last_lines) {
                                 reasons_.push_back(reason);
                                 last_lines_ = last_lines;
                               },
                           .progress =
                               [this](const auto& progress) {
                                 if (on_progress_) on_progress_(progress);
                               }},
                          stop_);
  }

  tests::TemporaryDirectory out_;
  std::filesystem::path file_ = out_ / "results.jsonl";
  std::vector<std::string> finished_, reasons_;
  std::string last_lines_;
  std::function<void(const ExperimentProgress&)> on_progress_;
  std::atomic<bool> stop_{false};
};

TEST_F(ExperimentRunner, KeepsWhatEveryRunPrinted) {
  const auto all = runs({0, 1});
  const auto progress = run(all, 2);
  EXPECT_EQ(progress.done, 2U);
  EXPECT_EQ(progress.failed, 0U);
  const auto results = read_results(file_);
  ASSERT_THAT(results, SizeIs(2));
  const auto& result = results.at(all[0].id());
  EXPECT_EQ(result.result.at("method"), "multitask");
  EXPECT_EQ(result.configuration.dump(), all[0].configuration());
  EXPECT_EQ(result.program_version, "1.2.3");
  EXPECT_EQ(result.command.front(), "propriod");
  EXPECT_GT(result.seconds, 0);
}

TEST_F(ExperimentRunner, GoesOnWhereItEnded) {
  run(runs({0}));
  finished_.clear();
  const auto all = runs({0, 1});
  const auto progress = run(all);
  EXPECT_EQ(progress.done, 2U);
  EXPECT_THAT(finished_, ElementsAre(all[1].id()));
}

TEST_F(ExperimentRunner, TellsWhyARunFailedAndGoesOn) {
  const auto progress = run(runs({2, 3, 4, 5, 0}));
  EXPECT_EQ(progress.failed, 4U);
  EXPECT_EQ(progress.done, 1U);
  EXPECT_THAT(reasons_, ElementsAre("ended with exit code 1", "was killed by signal 9", "printed no JSON with tasks",
                                    HasSubstr("was stopped after 0 of 2 epochs")));
  EXPECT_THAT(read_results(file_), SizeIs(1)) << "what failed is done again by the next start";
}

TEST_F(ExperimentRunner, ShowsTheLastLinesWithoutControlCharacters) {
  run(runs({2}));
  EXPECT_THAT(last_lines_, HasSubstr("  | first line\n  |  [31mno data here"));
  EXPECT_EQ(last_lines_.find('\033'), std::string::npos);
}

TEST_F(ExperimentRunner, SaysThatAProgramIsMissing) {
  ExperimentResults results(file_);
  std::string said;
  const auto all = runs({0});
  (void)run_experiment(
      all, {.program = "/nowhere/propriod", .out = out_.path(), .devices = {}, .program_version = {}, .machine = {}},
      results,
      {.finished = [](const auto&, const auto&) {},
       .failed = [&](const auto&, const auto& reason, const auto&) { said = reason; },
       .progress = [](const auto&) {}},
      stop_);
  EXPECT_EQ(said, "ended with exit code 127");
}

TEST_F(ExperimentRunner, GivesEachJobItsGpu) {
  const auto all = runs({0, 1});
  run(all, 1, {3, 5});
  EXPECT_EQ(contents(out_ / "runs" / all[0].id() / "trained.device"), "3\n");
  EXPECT_EQ(contents(out_ / "runs" / all[1].id() / "trained.device"), "3\n") << "one job: always the first GPU";
}

TEST_F(ExperimentRunner, KillsWhatRunsWhenItIsStopped) {
  const auto all = runs({6, 0});
  const auto pid_file = out_ / "runs" / all[0].id() / "trained.pid";
  int pid = 0;
  on_progress_ = [&](const auto&) {
    std::ifstream stream(pid_file);
    if (stream >> pid) stop_ = true;  // it runs
  };
  const auto progress = run(all);
  EXPECT_EQ(progress.done, 0U);
  EXPECT_EQ(progress.failed, 0U) << "not a failure: it goes on with the next start";
  ASSERT_GT(pid, 0);
  EXPECT_EQ(::kill(pid, 0), -1) << "the training is gone";
}

TEST_F(ExperimentRunner, SaysHowManyPeopleLeaveOneOutFound) {
  auto all = runs({0});
  all[0].data.split = "leave-one-subject-out";
  all[0].data.test_folds = 8;
  run(all);
  EXPECT_THAT(reasons_, ElementsAre(HasSubstr("test_folds is 8")));
}

TEST_F(ExperimentRunner, CutsOffWhatAKilledProcessLeftOfALine) {
  const auto all = runs({0, 1});
  run(all);
  const auto whole = contents(file_);
  for (const auto bytes : {std::size_t{1}, whole.size() / 4, whole.find('\n'), whole.size() - 1}) {
    std::ofstream(file_) << whole.substr(0, bytes);
    const auto before = read_results(file_).size();
    EXPECT_EQ(before, bytes > whole.find('\n') ? 1U : 0U) << bytes;
    finished_.clear();
    run(all);
    EXPECT_THAT(finished_, SizeIs(2 - before)) << bytes;
    EXPECT_THAT(read_results(file_), SizeIs(2)) << bytes;
  }
}

TEST_F(ExperimentRunner, RefusesAFileThatIsNoListOfResults) {
  std::ofstream(file_) << "{\"run\": \"a\"}\n";
  try {
    ExperimentResults results(file_);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("line 1 is no result of a run; delete that line"));
  }
}

TEST_F(ExperimentRunner, RefusesALineThatNoResultCanHaveWithoutReadingIt) {
  std::ofstream(file_) << '{';
  std::filesystem::resize_file(file_, std::uintmax_t{1} << 40U);  // a hole: takes no room on the disk
  try {
    ExperimentResults results(file_);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("line 1 is no result of a run; delete that line"));
  }
}

TEST_F(ExperimentRunner, LeavesOutDataThatIsNotHere) {
  auto all = runs({0, 1});
  all[1].data.path.clear();
  const auto progress = run(all);
  EXPECT_THAT(finished_, ElementsAre(all[0].id()));
  EXPECT_EQ(progress.runs, 1U);
}

TEST_F(ExperimentRunner, LetsOnlyOneExperimentWrite) {
  const ExperimentResults first(file_);
  EXPECT_THROW(ExperimentResults second(file_), std::runtime_error);
}

TEST_F(ExperimentRunner, EstimatesByTheResultsMostAlike) {
  const auto all = runs({0, 1, 2});
  std::map<std::string, ExperimentResult> results;
  const std::vector<const ExperimentRun*> left{&all[1], &all[2]};
  EXPECT_EQ(estimate(left, results, 1), std::nullopt);
  auto other = nlohmann::ordered_json::parse(all[0].configuration());
  results["a"] = {.run = "a",
                  .configuration = other,
                  .result = {},
                  .command = {},
                  .program_version = {},
                  .machine = {},
                  .finished = {},
                  .seconds = 10};
  other["data"] = "another";
  results["b"] = {.run = "b",
                  .configuration = other,
                  .result = {},
                  .command = {},
                  .program_version = {},
                  .machine = {},
                  .finished = {},
                  .seconds = 1000};
  EXPECT_DOUBLE_EQ(estimate(left, results, 1)->count(), 20);
  EXPECT_DOUBLE_EQ(estimate(left, results, 2)->count(), 10);
}

TEST(ChildProcess, DiesWithItsParent) {
  // A process of ours starts a child and is killed; the child must not go on writing.
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const auto parent = fork();
  if (parent == 0) {
    const ChildProcess child(
        {.arguments = {"sh", "-c", "echo started; exec sleep 600"}, .environment = {}, .standard_output = ends[1]});
    ::close(ends[1]);
    pause();
  }
  ::close(ends[1]);
  char byte = 0;
  ASSERT_EQ(read(ends[0], &byte, 1), 1);  // the child runs
  ::kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  while (read(ends[0], &byte, 1) == 1) {
  }  // ends once nobody has the pipe open: the child is gone
  ::close(ends[0]);
}

}  // namespace
}  // namespace propriod::train
