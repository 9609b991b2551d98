// A training that SIGKILL ends at random moments, again and again, and that is resumed: is the bundle the one of a
// training that nobody disturbed, byte for byte?
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "tests/support/temporary_directory.hpp"
#include "train/child_process.hpp"

namespace propriod::train {
namespace {

class ResumeProgram : public testing::Test {
 protected:
  [[nodiscard]] ChildOptions command(const std::string& name, int epochs) const {
    return {.arguments = {PROPRIOD_PROGRAM, "train", "--data", PROPRIOD_TEST_DATA "/watch", "--format", "propriod",
                          "--split", "subject", "--recipe", "best", "--epochs", std::to_string(epochs), "--threads",
                          "1", "--out", folder_ / name, "--checkpoint-every", "0", "--resume"}};
  }

  static int status_of(ChildProcess& child) {
    std::optional<int> status;
    while (!(status = child.ended())) std::this_thread::sleep_for(std::chrono::milliseconds{5});
    return *status;
  }

  [[nodiscard]] std::string file(const std::string& name, const std::string& of_bundle) const {
    std::ifstream stream(folder_ / name / "current" / of_bundle, std::ios::binary);
    EXPECT_TRUE(stream.is_open()) << name << "/current/" << of_bundle;
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  /// What `metrics.json` says, but for times, speeds and what depends on the interruption itself.
  [[nodiscard]] nlohmann::json metrics(const std::string& name) const {
    auto json = nlohmann::json::parse(file(name, "metrics.json"));
    for (const auto* key : {"train_seconds", "windows_per_second", "peak_memory_bytes", "energy_joules",
                            "energy_source", "resumed_after"}) {
      EXPECT_EQ(json.erase(key), 1U) << key;
    }
    return json;
  }

  void survive(int kills, int epochs) {
    const auto started = std::chrono::steady_clock::now();
    {
      ChildProcess undisturbed(command("undisturbed", epochs));
      ASSERT_EQ(status_of(undisturbed), 0);
    }
    const auto whole = std::chrono::steady_clock::now() - started;
    std::mt19937 random(5);
    int killed = 0;
    for (int k = 0; k < kills; ++k) {
      ChildProcess child(command("killed", epochs));
      std::this_thread::sleep_for(whole * std::uniform_real_distribution(0.1, 0.6)(random));
      if (!child.ended()) ++killed;  // and then its destructor kills it
    }
    ChildProcess last(command("killed", epochs));
    ASSERT_EQ(status_of(last), 0);
    EXPECT_GT(killed, 0);
    EXPECT_EQ(file("undisturbed", "weights.safetensors"), file("killed", "weights.safetensors"));
    EXPECT_EQ(metrics("undisturbed"), metrics("killed"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "killed" / ".unfinished-training"));
  }

  tests::TemporaryDirectory folder_;
};

TEST_F(ResumeProgram, GivesTheSameBundleAfterSomeKills) { survive(/*kills=*/2, /*epochs=*/2); }

TEST_F(ResumeProgram, LongGivesTheSameBundleAfterTenKills) { survive(/*kills=*/10, /*epochs=*/12); }

}  // namespace
}  // namespace propriod::train
