#include "daemon/health.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

namespace propriod::daemon {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr HealthMonitor::TimePoint kStart{1000s};

class FakeDriver final : public drivers::Driver {
 public:
  boost::asio::awaitable<drivers::DriverEnd> run(drivers::SampleSink) override {
    co_return drivers::DriverEnd::kStopped;
  }
  void stop() noexcept override {}
  [[nodiscard]] double rate_hz() const noexcept override { return 50; }
  [[nodiscard]] std::vector<std::string> problems() const override { return words; }
  drivers::DriverCounters& seen() { return counters_; }

  std::vector<std::string> words;
};

class HealthMonitored : public testing::Test {
 protected:
  std::optional<Health> check(HealthMonitor::TimePoint now) {
    std::optional<Health> told;
    monitor_.check(now, [&](std::size_t, const Health& health) { told = health; });
    return told;
  }

  FakeDriver driver_;
  drivers::RingBuffer ring_{4};
  HealthMonitor monitor_{{{&driver_, &ring_}}};
};

TEST_F(HealthMonitored, IsToldAtOnceAndThenEveryHalfMinute) {
  ASSERT_TRUE(check(kStart));
  int told = 0;
  for (auto now = kStart + 1s; now <= kStart + 60s; now += 1s) told += check(now) ? 1 : 0;
  EXPECT_EQ(told, 2);
}

TEST_F(HealthMonitored, IsToldWhenADeviceComesOrGoes) {
  ASSERT_TRUE(check(kStart));
  driver_.seen().connected = false;
  EXPECT_FALSE(check(kStart + 500ms));  // it is looked at once a second
  EXPECT_FALSE(check(kStart + 1s).value().connected);
  EXPECT_FALSE(check(kStart + 2s));
  driver_.seen().connected = true;
  EXPECT_TRUE(check(kStart + 3s).value().connected);
}

TEST_F(HealthMonitored, IsToldWhenProblemsChange) {
  ASSERT_TRUE(check(kStart));
  driver_.words = {"axis y sticks"};
  EXPECT_EQ(check(kStart + 1s).value().problems, driver_.words);
  EXPECT_FALSE(check(kStart + 2s));
  driver_.words.clear();
  EXPECT_TRUE(check(kStart + 3s).value().problems.empty());
}

TEST_F(HealthMonitored, MeasuresTheRate) {
  EXPECT_FALSE(check(kStart).value().rate_hz);
  std::optional<Health> last;
  for (int second = 1; second <= 30; ++second) {
    driver_.seen().samples += 49;
    if (const auto told = check(kStart + std::chrono::seconds{second})) last = told;
  }
  ASSERT_TRUE(last);
  EXPECT_DOUBLE_EQ(last->rate_hz.value(), 49);
}

TEST_F(HealthMonitored, CountsWhatWasLostOnTheWay) {
  auto& seen = driver_.seen();
  seen.samples = 100;
  seen.lost = 7;
  seen.gaps = 2;
  seen.resynchronisations = 3;
  seen.reconnects = 1;
  seen.drift_ppm = -12.345;
  for (int i = 0; i < 6; ++i) ring_.push({});
  const auto said = json::parse(health_json(check(kStart).value(), /*simulated=*/false, UtcBorder::now()));
  EXPECT_EQ(said.at("connected"), true);
  EXPECT_TRUE(said.at("rate").is_null());
  EXPECT_EQ(said.at("samples"), 100);
  EXPECT_EQ(said.at("lost"), 7);
  EXPECT_EQ(said.at("refused"), 2);
  EXPECT_EQ(said.at("gaps"), 2);
  EXPECT_EQ(said.at("resynchronisations"), 3);
  EXPECT_EQ(said.at("reconnects"), 1);
  EXPECT_DOUBLE_EQ(said.at("drift_ppm").get<double>(), -12.3);
  EXPECT_TRUE(said.at("battery_v").is_null());
  EXPECT_EQ(said.at("problems"), json::array());
  EXPECT_FALSE(said.contains("simulated"));
}

}  // namespace
}  // namespace propriod::daemon
