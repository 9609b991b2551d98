#include "daemon/sensor_drivers.hpp"

#include <algorithm>
#include <chrono>
#include <variant>

#include "drivers/recording_file.hpp"
#include "drivers/replay_driver.hpp"
#include "drivers/simulated_driver.hpp"

namespace propriod::daemon {
namespace {

struct Maker {
  boost::asio::io_context& io;

  std::unique_ptr<drivers::Driver> operator()(const config::ReplaySensor& replay) const {
    return std::make_unique<drivers::ReplayDriver>(
        io, drivers::read_recording(replay.file),
        drivers::ReplayDriver::Options{.pace = {.speed = replay.speed, .start = {}}, .loop = replay.loop});
  }

  std::unique_ptr<drivers::Driver> operator()(const config::SimulatedSensor& simulated) const {
    return std::make_unique<drivers::SimulatedDriver>(
        io,
        drivers::Sleeper::Options{.seed = simulated.seed,
                                  .placement = drivers::sleeper_placement(simulated.placement).value(),
                                  .rate_hz = simulated.rate_hz,
                                  .bout = simulated.bout},
        drivers::PacedDriver::Pace{.speed = simulated.speed, .start = {}});
  }
};

}  // namespace

SensorDriver make_driver(boost::asio::io_context& io, const config::Sensor& sensor) {
  auto driver = std::visit(Maker{io}, sensor.driver);
  const double speed = std::visit([](const auto& options) { return options.speed; }, sensor.driver);
  const double arrival_rate_hz = driver->rate_hz() * std::max(1.0, speed);
  return {std::move(driver), arrival_rate_hz};
}

}  // namespace propriod::daemon
