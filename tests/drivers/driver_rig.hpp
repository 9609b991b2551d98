#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <exception>
#include <optional>
#include <vector>

#include "drivers/driver.hpp"

namespace propriod::drivers {

/// Everything a driver needs around it, on the test's own thread.
class DriverRig {
 public:
  explicit DriverRig(std::size_t capacity = 1024) : ring(capacity) {}

  void spawn(Driver& driver) {
    boost::asio::co_spawn(io, driver.run(SampleSink(ring, reader)), [this](std::exception_ptr thrown, DriverEnd how) {
      if (thrown) std::rethrow_exception(thrown);
      end = how;
    });
  }

  /// Spawns the driver and works until it has ended.
  DriverEnd run(Driver& driver) {
    spawn(driver);
    io.run();
    return end.value();
  }

  std::vector<Reading> read_all() {
    std::vector<Reading> readings;
    for (Reading reading; ring.pop(reading);) readings.push_back(reading);
    return readings;
  }

  boost::asio::io_context io{1};
  RingBuffer ring;
  Wakeup reader;
  std::optional<DriverEnd> end;  ///< once the driver has ended
};

}  // namespace propriod::drivers
