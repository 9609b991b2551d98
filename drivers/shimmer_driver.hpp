#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "drivers/device_clock.hpp"
#include "drivers/device_driver.hpp"
#include "drivers/serial_port.hpp"
#include "drivers/shimmer_calibration.hpp"
#include "drivers/shimmer_decoder.hpp"
#include "drivers/shimmer_link.hpp"
#include "drivers/shimmer_setup.hpp"

namespace propriod::drivers {

/// A Shimmer2, 2r, 3 or 3R with LogAndStream, BtStream or BoilerPlate firmware, on `/dev/rfcomm*` or any other serial
/// line. It is set up anew at every connection, and left in command mode.
///
/// Without CRC (firmware before LogAndStream 0.13.7) a sample is handed on when the next one begins or after three
/// silent periods, so that it is at least a period late; its time is right all the same.
class ShimmerDriver : public DeviceDriver {
 public:
  struct Options {
    DeviceDriver::Options device{};  ///< its `rate_hz` is what the Shimmer is asked for; it takes the nearest it can
    shimmer::Accelerometer accelerometer = shimmer::Accelerometer::kLowNoise;
    std::optional<double> range_g{};  ///< of the wide-range one, or of a Shimmer2; as the device is set without
  };

  ShimmerDriver(boost::asio::io_context& io, const Options& options);

 private:
  boost::asio::awaitable<void> session() override;
  void interrupt() noexcept override;

  boost::asio::awaitable<shimmer::Setup> connect(shimmer::Link& link);
  boost::asio::awaitable<void> stream(shimmer::Link& link, shimmer::Device device);
  boost::asio::awaitable<void> look_after(shimmer::Link& link, shimmer::Device device);
  boost::asio::awaitable<void> leave(shimmer::Link& link);
  void take(shimmer::Decoder& decoder, std::span<const std::byte> bytes);
  void take_events(shimmer::Decoder& decoder);
  void take_status(std::span<const std::byte> payload) noexcept;
  void deliver_batch() noexcept;

  const shimmer::Request request_;
  DeviceClock clock_;
  std::optional<SerialPort> port_;  // of the session under way
  std::optional<shimmer::Calibrator> calibrator_;
  std::array<shimmer::Measurement, 64> batch_{};  // that arrived together
  std::size_t batched_ = 0;
  BootTime last_sample_{};  // its arrival, or the start
  bool has_sample_ = false;
  bool refused_ = false;
  bool stopped_ = false;  // the device says
  std::optional<std::uint8_t> status_;
  std::optional<BootTime> status_asked_;
  BootTime battery_due_{};
  // Why it is none, as first said: with other bytes at each attempt it would be news each time.
  std::string no_shimmer_;
};

}  // namespace propriod::drivers
