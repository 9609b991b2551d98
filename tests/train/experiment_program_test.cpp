// Does the program itself do an experiment, from the file to the report, and go on after a SIGKILL?
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "tests/support/temporary_directory.hpp"
#include "train/child_process.hpp"
#include "train/experiment_results.hpp"

namespace propriod::train {
namespace {

using testing::SizeIs;

int status_of(ChildProcess& child) {
  std::optional<int> status;
  while (!(status = child.ended())) std::this_thread::sleep_for(std::chrono::milliseconds{20});
  return *status;
}

TEST(ExperimentProgram, GoesOnAfterItWasKilledAndReports) {
  const tests::TemporaryDirectory folder;
  std::ofstream(folder / "e.yaml") << "title: Test\ndata: [{name: watch, path: " PROPRIOD_TEST_DATA
                                      "/watch, format: propriod, split: subject}]\n"
                                      "methods: [multitask, smooth-distill]\nepochs: 1\nthreads: 1\n";
  const ChildOptions options{.arguments = {PROPRIOD_PROGRAM, "experiment", folder / "e.yaml", "--out", folder / "out"}};
  {
    ChildProcess killed(options);
    while (!std::filesystem::exists(folder / "out" / "runs") && !killed.ended()) {
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
  }
  ChildProcess second(options);
  EXPECT_EQ(status_of(second), 0);
  EXPECT_THAT(read_results(folder / "out" / "results.jsonl"), SizeIs(2));
  EXPECT_TRUE(std::filesystem::exists(folder / "out" / "report.html"));
}

}  // namespace
}  // namespace propriod::train
