// The self-check from the command line: the exit code is what scripts go by.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

#include "model/file_descriptor.hpp"
#include "tests/support/temporary_directory.hpp"
#include "train/child_process.hpp"

namespace propriod::train {
namespace {

using testing::HasSubstr;

struct Ended {
  int status;
  std::string said;
};

Ended run(std::vector<std::string> arguments) {
  const tests::TemporaryDirectory folder;
  const model::FileDescriptor output(::open((folder / "said").c_str(), O_WRONLY | O_CREAT, 0600));
  arguments.insert(arguments.begin(), PROPRIOD_PROGRAM);
  ChildProcess process({.arguments = std::move(arguments), .standard_output = output.get()});
  std::optional<int> status;
  while (!(status = process.ended())) std::this_thread::sleep_for(std::chrono::milliseconds{20});
  std::ifstream file(folder / "said");
  return {WEXITSTATUS(*status), {std::istreambuf_iterator<char>(file), {}}};
}

TEST(SelfCheckProgram, ComparesTheCpuWithItself) {
  const auto ended = run({"train", "--self-check", "--device", "cpu", "--threads", "1"});
  EXPECT_EQ(ended.status, 0);
  EXPECT_THAT(ended.said, HasSubstr("self-check passed"));
}

TEST(SelfCheckProgram, FailsWhereNothingCanBeCompared) {
  EXPECT_EQ(run({"train", "--self-check", "--device", "cpu", "--recipe", "best"}).status, 1) << "it has dropout";
  EXPECT_EQ(run({"train", "--self-check", "--device", "cpu", "--bf16"}).status, 1);
}

TEST(SelfCheckProgram, IsTheOnlyWayToTrainWithoutData) { EXPECT_EQ(run({"train", "--device", "cpu"}).status, 2); }

}  // namespace
}  // namespace propriod::train
