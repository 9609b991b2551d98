#include "daemon/sensor_drivers.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <random>
#include <string_view>
#include <utility>
#include <variant>

#include "drivers/adxl345_i2c_driver.hpp"
#include "drivers/adxl345_iio_driver.hpp"
#include "drivers/adxl345_serial_driver.hpp"
#include "drivers/device_driver.hpp"
#include "drivers/recording_file.hpp"
#include "drivers/replay_driver.hpp"
#include "drivers/shimmer_driver.hpp"
#include "drivers/simulated_driver.hpp"

namespace propriod::daemon {
namespace {

double arrival_rate_hz(const drivers::Driver& driver, double speed) { return driver.rate_hz() * std::max(1.0, speed); }

drivers::Adxl345SerialDriver::Format format_of(std::string_view text) {
  using Format = drivers::Adxl345SerialDriver::Format;
  return text == "cobs" ? Format::kCobs : Format::kCsv;
}

drivers::Adxl345SerialDriver::Unit unit_of(std::string_view text) {
  using Unit = drivers::Adxl345SerialDriver::Unit;
  if (text == "raw") return Unit::kRaw;
  if (text == "mg") return Unit::kMg;
  return text == "g" ? Unit::kG : Unit::kMps2;
}

drivers::Adxl345SerialDriver::TimeUnit time_unit_of(std::string_view text) {
  using TimeUnit = drivers::Adxl345SerialDriver::TimeUnit;
  if (text == "s") return TimeUnit::kS;
  return text == "us" ? TimeUnit::kUs : TimeUnit::kMs;
}

struct Maker {
  boost::asio::io_context& io;
  const config::Sensor& sensor;

  [[nodiscard]] drivers::DeviceDriver::Options device_options(const std::filesystem::path& device, double rate_hz,
                                                              std::optional<int> range_g) const {
    drivers::DeviceDriver::Options options;
    options.name = sensor.name;
    options.device = device;
    options.rate_hz = rate_hz;
    if (range_g) options.range_mps2 = *range_g * drivers::kStandardGravityMps2;
    options.calibration = {.offset_mps2 = sensor.calibration.offset_mps2, .scale = sensor.calibration.scale};
    options.backoff.seed = std::random_device{}();  // the sensors of one hub do not all come back in the same moment
    return options;
  }

  SensorDriver operator()(const config::Adxl345I2cSensor& chip) const {
    return device(std::make_unique<drivers::Adxl345I2cDriver>(
        io, drivers::Adxl345I2cDriver::Options{.device = device_options(chip.device, chip.rate_hz, chip.range_g),
                                               .address = chip.address,
                                               .range_g = chip.range_g,
                                               .interrupt = chip.interrupt}));
  }

  SensorDriver operator()(const config::Adxl345IioSensor& chip) const {
    return device(std::make_unique<drivers::Adxl345IioDriver>(
        io, drivers::Adxl345IioDriver::Options{.device = device_options(chip.device, chip.rate_hz, std::nullopt)}));
  }

  SensorDriver operator()(const config::Adxl345SerialSensor& port) const {
    return device(std::make_unique<drivers::Adxl345SerialDriver>(
        io, drivers::Adxl345SerialDriver::Options{.device = device_options(port.device, port.rate_hz, port.range_g),
                                                  .baud = port.baud,
                                                  .format = format_of(port.format),
                                                  .unit = unit_of(port.unit),
                                                  .time_unit = time_unit_of(port.time_unit)}));
  }

  SensorDriver operator()(const config::ShimmerSensor& port) const {
    using drivers::shimmer::Accelerometer;
    return device(std::make_unique<drivers::ShimmerDriver>(
        io,
        drivers::ShimmerDriver::Options{
            .device = device_options(port.device, port.rate_hz, std::nullopt),
            .accelerometer = port.accelerometer == "wide-range" ? Accelerometer::kWideRange : Accelerometer::kLowNoise,
            .range_g = port.range_g}));
  }

  static SensorDriver device(std::unique_ptr<drivers::Driver> driver) {
    const double rate_hz = driver->rate_hz();
    return {std::move(driver), rate_hz, /*simulated=*/false};
  }

  SensorDriver operator()(const config::ReplaySensor& replay) const {
    drivers::ReadCounts counts;
    auto recording = drivers::read_recording(replay.file, &counts);
    if (const auto unusable = counts.malformed + counts.not_ascending + counts.too_long; unusable > 0) {
      spdlog::warn("recording_damaged sensor={} file={} lines={} malformed={} not_ascending={} too_long={}",
                   sensor.name, replay.file.string(), counts.lines, counts.malformed, counts.not_ascending,
                   counts.too_long);
    }
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
  return std::visit(Maker{io, sensor}, sensor.driver);
}

}  // namespace propriod::daemon
