// The audit of labels from the command line, on the recordings that come with the sources.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "model/file_descriptor.hpp"
#include "tests/support/temporary_directory.hpp"
#include "train/child_process.hpp"

namespace propriod::train {
namespace {

using nlohmann::json;

TEST(AuditProgram, RanksEveryRecordingAndFindsPlantedLabels) {
  const tests::TemporaryDirectory folder;
  const model::FileDescriptor output(::open((folder / "audit.json").c_str(), O_WRONLY | O_CREAT, 0600));
  ChildProcess audit(
      {.arguments = {PROPRIOD_PROGRAM, "audit", "--data", PROPRIOD_TEST_DATA "/watch", "--format", "propriod",
                     "--recipe", "best", "--epochs", "4", "--folds", "2", "--threads", "1", "--plant", "0.1", "--json"},
       .standard_output = output.get()});
  std::optional<int> status;
  while (!(status = audit.ended())) std::this_thread::sleep_for(std::chrono::milliseconds{20});
  ASSERT_EQ(*status, 0);
  const auto said = json::parse(std::ifstream(folder / "audit.json"));
  for (const auto* task : {"activity", "placement"}) {
    const auto& entries = said.at(task);
    EXPECT_EQ(entries.size(), 140U) << task;  // recordings in tests/data/watch
    for (std::size_t i = 1; i < entries.size(); ++i) {
      EXPECT_GE(entries[i - 1].at("score").get<double>(), entries[i].at("score").get<double>());
    }
    const auto& planted = said.at("planted").at(task);
    EXPECT_EQ(planted.at("planted"), 7) << task;
    EXPECT_EQ(planted.at("looked_at"), 14) << task;
    // By chance a tenth would be found; after so short a training the easier task finds nearly all.
    EXPECT_GE(planted.at("found").get<int>(), 3) << task;
  }
}

}  // namespace
}  // namespace propriod::train
