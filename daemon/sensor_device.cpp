#include "daemon/sensor_device.hpp"

#include <spdlog/fmt/fmt.h>

#include <variant>

namespace propriod::daemon {
namespace {

struct Describe {
  SensorDevice operator()(const config::ReplaySensor& s) const { return {"replay", s.file, {}}; }
  SensorDevice operator()(const config::SimulatedSensor&) const { return {"simulated", {}, {}}; }
  SensorDevice operator()(const config::Adxl345I2cSensor& s) const { return {"adxl345-i2c", s.device, s.address}; }
  SensorDevice operator()(const config::Adxl345IioSensor& s) const { return {"adxl345-iio", s.device, {}}; }
  SensorDevice operator()(const config::Adxl345SerialSensor& s) const { return {"adxl345-serial", s.device, {}}; }
  SensorDevice operator()(const config::ShimmerSensor& s) const { return {"shimmer", s.device, {}}; }
};

}  // namespace

std::string SensorDevice::to_string() const {
  std::string text{driver};
  if (!path.empty()) text.append(" ").append(path.string());
  if (address) text += fmt::format(" 0x{:02x}", *address);
  return text;
}

SensorDevice device_of(const config::Sensor& sensor) { return std::visit(Describe{}, sensor.driver); }

}  // namespace propriod::daemon
