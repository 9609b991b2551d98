#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "drivers/shimmer_calibration.hpp"
#include "drivers/shimmer_layout.hpp"
#include "drivers/shimmer_link.hpp"

namespace propriod::drivers::shimmer {

struct Request {
  double rate_hz = 51.2;
  Accelerometer accelerometer = Accelerometer::kLowNoise;
  std::optional<double> range_g{};  ///< of the wide-range one, or of a Shimmer2; as the device is set without
};

/// A device that is ready to be started.
struct Setup {
  Device device;
  PacketLayout layout;
  CalibrationBlock calibration;
  double range_g = 0;
  std::optional<double> battery_v;
  std::string advice;  ///< what a user should know; empty when all is as it should be
};

/// Finds out what the device is, sets it up as requested, reads back what it was set to, and switches the CRC on where
/// there is one. Throws DeviceError when the device is none of ours, or is not as it was told to be.
boost::asio::awaitable<Setup> set_up(Link& link, Request request);

}  // namespace propriod::drivers::shimmer
