#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <optional>

#include "drivers/paced_driver.hpp"
#include "drivers/sleeper.hpp"

namespace propriod::drivers {

/// The simulated sleeper as an endless sensor, with an ideal clock: sample k is measured at exactly k periods after the
/// start.
class SimulatedDriver final : public PacedDriver {
 public:
  SimulatedDriver(boost::asio::io_context& io, const Sleeper::Options& sleeper, const Pace& pace)
      : PacedDriver(io, pace), rate_hz_(sleeper.rate_hz), sleeper_(sleeper) {}

  [[nodiscard]] double rate_hz() const noexcept override { return rate_hz_; }

 private:
  std::optional<PacedSample> produce() noexcept override;

  const double rate_hz_;
  Sleeper sleeper_;
  std::uint64_t samples_ = 0;
};

}  // namespace propriod::drivers
