#include "daemon/payload.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>

#include "daemon/stable_state.hpp"
#include "daemon/stdout_sink.hpp"
#include "daemon/utc.hpp"

namespace propriod::daemon {
namespace {

using nlohmann::json;
using testing::MatchesRegex;

model::Manifest manifest() {
  model::Manifest result;
  result.version = "20261123T150405.123Z-7";
  result.activities = {"up", "down"};
  result.placements = {"chest", "neck"};
  return result;
}

Prediction prediction() {
  const auto end = drivers::BootClock::now();
  return {.sensor = 0,
          .seq = 42,
          .window_start = end - std::chrono::milliseconds{1980},
          .window_end = end,
          .activity = {0.25F, 0.75F},
          .placement = {0.55F, 0.45F}};
}

constexpr const char* kUtc = "20..-..-..T..:..:..\\.......Z";

TEST(PredictionJson, SaysWhatTheContractSays) {
  const PayloadContext context{.boot = "b00t", .model_name = "sleep", .unknown_below = 0.6};
  const auto said =
      json::parse(prediction_json(prediction(), "bed", {}, /*simulated=*/false, manifest(), context, UtcBorder::now()));
  EXPECT_THAT(said.at("time").get<std::string>(), MatchesRegex(kUtc));
  EXPECT_THAT(said.at("window_start").get<std::string>(), MatchesRegex(kUtc));
  EXPECT_LT(said.at("window_start"), said.at("time"));
  EXPECT_EQ(said.at("sensor"), "bed");
  EXPECT_EQ(said.at("boot"), "b00t");
  EXPECT_EQ(said.at("seq"), 42);
  EXPECT_EQ(said.at("model"), "20261123T150405.123Z-7");
  EXPECT_EQ(said.at("activity"),
            json::parse(R"({"label": "down", "confidence": 0.75, "probabilities": {"up": 0.25, "down": 0.75}})"));
  EXPECT_EQ(said.at("placement").at("label"), "unknown");  // 0.55 < 0.6, and the probabilities still say what it saw
  EXPECT_EQ(said.at("placement").at("probabilities").at("chest"), 0.55);
  EXPECT_FALSE(said.contains("simulated"));
}

TEST(Thresholds, AreTheConfiguredOneOrElseTheModelsOwn) {
  auto calibrated = manifest();
  const auto expect = [&](std::optional<double> configured, double activity, double placement) {
    const auto found = thresholds(configured, calibrated);
    EXPECT_EQ(found.activity, activity);
    EXPECT_EQ(found.placement, placement);
  };
  expect({}, 0.6, 0.6);
  calibrated.calibration.activity_unknown_below = 0.3;
  expect({}, 0.3, 0.6);
  expect(0.0, 0, 0);
  expect(0.9, 0.9, 0.9);
}

TEST(PredictionJson, SaysWhenThePlacementIsKnownOrTheModelSimulated) {
  auto simulated = manifest();
  simulated.data.simulated = true;
  const PayloadContext context{.boot = "b00t", .model_name = "sleep", .unknown_below = 0};
  const auto said = json::parse(
      prediction_json(prediction(), "bed", "neck", /*simulated=*/false, simulated, context, UtcBorder::now()));
  EXPECT_EQ(said.at("placement").at("known"), "neck");
  EXPECT_EQ(said.at("placement").at("label"), "chest");  // threshold 0: the model's own answer
  EXPECT_EQ(said.at("simulated"), true);
  const auto of_sensor =
      json::parse(prediction_json(prediction(), "bed", {}, /*simulated=*/true, manifest(), {}, UtcBorder::now()));
  EXPECT_EQ(of_sensor.at("simulated"), true);
  const auto state = json::parse(state_json({}, "up", {}, manifest(), /*simulated=*/true, UtcBorder::now()));
  EXPECT_EQ(state.at("simulated"), true);
  EXPECT_EQ(state.at("activity"), "up");
  EXPECT_TRUE(state.at("placement").is_null());
}

TEST(StableLabel, ChangesWhenTwoWindowsInARowAgree) {
  StableLabel label;
  const auto at = [](int seconds) { return drivers::BootTime{std::chrono::seconds{seconds}}; };
  EXPECT_FALSE(label.observe(1, at(0)));
  EXPECT_TRUE(label.observe(1, at(1)));
  EXPECT_EQ(label.since(), at(0));
  EXPECT_FALSE(label.observe(2, at(2)));
  EXPECT_FALSE(label.observe(1, at(3)));  // a single odd window
  EXPECT_FALSE(label.observe(2, at(4)));
  EXPECT_FALSE(label.observe({}, at(5)));  // unknown is no agreement
  EXPECT_FALSE(label.observe(2, at(6)));
  EXPECT_TRUE(label.observe(2, at(7)));
  EXPECT_EQ(label.label(), 2U);
  EXPECT_EQ(label.since(), at(6));
}

/// Can a reader of standard output that has stopped reading hold us up?
TEST(StdoutSink, NeverBlocksAndDropsTheOldestLines) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  const int capacity = fcntl(ends[1], F_SETPIPE_SZ, 4096);
  StdoutSink sink(ends[1], 10);
  const std::string line(static_cast<std::size_t>(capacity) / 4 - 1, 'x');
  for (int k = 0; k < 40; ++k) {
    sink.enqueue(std::to_string(k % 10) + line.substr(1));
    (void)sink.poll();
  }
  EXPECT_EQ(sink.waiting(), 10U);
  EXPECT_GT(sink.dropped(), 0U);

  std::string read_back;
  std::vector<char> part(1 << 16);
  for (;;) {
    const auto count = read(ends[0], part.data(), part.size());
    if (count > 0) {
      read_back.append(part.data(), static_cast<std::size_t>(count));
    } else if (sink.poll()) {
      if (read(ends[0], part.data(), 1) <= 0) break;
      read_back.append(part.data(), 1);
    }
  }
  EXPECT_EQ(read_back.size() % (line.size() + 1), 0U);  // whole lines only
  EXPECT_EQ(read_back.size() / (line.size() + 1), 40 - sink.dropped());

  close(ends[0]);
  std::signal(SIGPIPE, SIG_IGN);  // as the service does
  sink.enqueue("nobody reads this");
  EXPECT_TRUE(sink.poll());
  EXPECT_TRUE(sink.closed());
  close(ends[1]);
}

}  // namespace
}  // namespace propriod::daemon
