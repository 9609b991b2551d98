#include "daemon/sensor_drivers.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "drivers/recording_file.hpp"
#include "drivers/replay_driver.hpp"
#include "drivers/simulated_driver.hpp"

namespace propriod::daemon {
namespace {

double arrival_rate_hz(const drivers::Driver& driver, double speed) { return driver.rate_hz() * std::max(1.0, speed); }

struct Maker {
  boost::asio::io_context& io;

  SensorDriver operator()(const config::ReplaySensor& replay) const {
    auto recording = drivers::read_recording(replay.file);
    const bool simulated = recording.simulated;
    auto driver = std::make_unique<drivers::ReplayDriver>(
        io, std::move(recording),
        drivers::ReplayDriver::Options{.pace = {.speed = replay.speed, .start = {}}, .loop = replay.loop});
    const double arrival = arrival_rate_hz(*driver, replay.speed);
    return {std::move(driver), arrival, simulated};
  }

  SensorDriver operator()(const config::SimulatedSensor& sleeper) const {
    auto driver = std::make_unique<drivers::SimulatedDriver>(
        io,
        drivers::Sleeper::Options{.seed = sleeper.seed,
                                  .placement = drivers::sleeper_placement(sleeper.placement).value(),
                                  .rate_hz = sleeper.rate_hz,
                                  .bout = sleeper.bout},
        drivers::PacedDriver::Pace{.speed = sleeper.speed, .start = {}});
    const double arrival = arrival_rate_hz(*driver, sleeper.speed);
    return {std::move(driver), arrival, /*simulated=*/true};
  }
};

}  // namespace

SensorDriver make_driver(boost::asio::io_context& io, const config::Sensor& sensor) {
  return std::visit(Maker{io}, sensor.driver);
}

}  // namespace propriod::daemon
