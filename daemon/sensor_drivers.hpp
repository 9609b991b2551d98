#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "config/config.hpp"
#include "drivers/driver.hpp"

namespace propriod::daemon {

/// A configured sensor's driver, and how fast its samples will come.
struct SensorDriver {
  std::unique_ptr<drivers::Driver> driver;
  double arrival_rate_hz;  ///< the nominal rate, times the speed of a replay
  bool simulated;          ///< nobody wears it: whatever comes of it says so
};

/// The one place that knows which configuration makes which driver. Throws RecordingError for a recording that can't be
/// played.
[[nodiscard]] SensorDriver make_driver(boost::asio::io_context& io, const config::Sensor& sensor);

}  // namespace propriod::daemon
