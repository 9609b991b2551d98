// The life that all devices share, with a device that does as it is told.
#include "drivers/device_driver.hpp"

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "drivers/errors.hpp"
#include "tests/drivers/driver_rig.hpp"

namespace propriod::drivers {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Connects, gives a sample, and is lost after a while; each time the same.
class Told final : public DeviceDriver {
 public:
  Told(asio::io_context& io, const Options& options, std::chrono::milliseconds lives)
      : DeviceDriver(io, options), lives_(lives) {}

  using DeviceDriver::deliver;
  using DeviceDriver::report_lost;

  std::vector<BootTime> begun;  // sessions
  std::function<void(Told&)> then = [](Told& told) { told.deliver(BootClock::now(), {0, 0, 9.8}); };

 private:
  asio::awaitable<void> session() override {
    begun.push_back(BootClock::now());
    then(*this);
    asio::basic_waitable_timer<BootClock> timer(co_await asio::this_coro::executor, lives_);
    co_await timer.async_wait(asio::use_awaitable);
    throw DeviceError("lost");
  }
  void interrupt() noexcept override {}

  const std::chrono::milliseconds lives_;
};

/// The waits between the end of a session and the next, as the driver made them.
std::vector<std::chrono::milliseconds> waits_of(std::chrono::milliseconds lives, std::chrono::milliseconds good,
                                                std::size_t count) {
  DriverRig rig;
  Told driver(
      rig.io,
      {.name = "told", .rate_hz = 50, .backoff = {.first = 20ms, .longest = 500ms, .seed = 1}, .good_session = good},
      lives);
  rig.spawn(driver);
  while (driver.begun.size() <= count) rig.io.run_one();
  driver.stop();
  rig.io.run();
  std::vector<std::chrono::milliseconds> waits;
  for (std::size_t i = 1; i < driver.begun.size(); ++i) {
    waits.push_back(
        std::chrono::duration_cast<std::chrono::milliseconds>(driver.begun[i] - driver.begun[i - 1] - lives));
  }
  return waits;
}

TEST(DeviceDriver, WaitsLongerFromLossToLoss) {
  const auto waits = waits_of(5ms, 60s, 5);
  EXPECT_GE(waits[3], 80ms);  // half of 20 ms doubled three times
  EXPECT_GE(waits[4], 160ms);
}

TEST(DeviceDriver, StartsTheWaitsAnewAfterAGoodSession) {
  for (const auto wait : waits_of(60ms, 50ms, 5)) EXPECT_LT(wait, 60ms);
}

TEST(DeviceDriver, CountsASampleThatIsNoNumberAsLost) {
  DriverRig rig;
  Told driver(rig.io, {.name = "told", .rate_hz = 50, .backoff = {.first = 20ms, .longest = 20ms, .seed = 1}}, 10ms);
  driver.then = [](Told& told) {
    const BootTime now = BootClock::now();
    told.deliver(now, {0, 0, 9.8});
    told.deliver(now + 20ms, {0, std::numeric_limits<double>::quiet_NaN(), 9.8});
    told.deliver(now + 40ms, {0, 1e300, 9.8});  // more than a float holds
    told.deliver(now + 60ms, {0, 0, 9.8});
    told.stop();
  };
  EXPECT_EQ(rig.run(driver), DriverEnd::kStopped);
  const auto readings = rig.read_all();
  ASSERT_EQ(readings.size(), 2U);
  EXPECT_FALSE(readings[0].after_gap);
  EXPECT_TRUE(readings[1].after_gap);
  EXPECT_EQ(driver.counters().samples, 2U);
  EXPECT_EQ(driver.counters().lost, 2U);
  EXPECT_EQ(driver.counters().gaps, 1U);
}

/// What the log says of a device that is gone after each session, of which only the later ones give a sample.
std::string log_of(int sessions_without, int sessions_with) {
  std::ostringstream log;
  const auto previous = spdlog::default_logger();
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_st>(log)));
  DriverRig rig;
  Told driver(rig.io, {.name = "told", .rate_hz = 50, .backoff = {.first = 1ms, .longest = 1ms, .seed = 1}}, 1ms);
  driver.then = [&, session = 0](Told& told) mutable {
    if (++session > sessions_without) told.deliver(BootClock::now(), {0, 0, 9.8});
    if (session > sessions_without + sessions_with) told.stop();
  };
  rig.run(driver);
  spdlog::set_default_logger(previous);
  return log.str();
}

TEST(DeviceDriver, CallsADeviceMissingUntilItWasThereAndLostFromThenOn) {
  using testing::AllOf;
  using testing::HasSubstr;
  using testing::Not;
  EXPECT_THAT(log_of(3, 0), AllOf(HasSubstr("sensor_missing sensor=told"), Not(HasSubstr("sensor_lost"))));
  EXPECT_THAT(log_of(0, 3), AllOf(HasSubstr("sensor_lost sensor=told"), Not(HasSubstr("sensor_missing"))));
}

}  // namespace
}  // namespace propriod::drivers
