#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "config/config.hpp"
#include "daemon/problem_log.hpp"
#include "daemon/recorder.hpp"
#include "daemon/sensor_drivers.hpp"
#include "drivers/driver.hpp"
#include "drivers/recording_file.hpp"

namespace propriod::daemon {

/// One sensor's way from its driver to its file, which is made with the first sample. The driver belongs to the
/// io_context's thread; what follows `driver_ended` to one that writes, and `report` to whoever joined both.
class SensorRecording {
 public:
  /// Throws RecordingError for a replay that cannot be played.
  SensorRecording(boost::asio::io_context& io, const config::Sensor& sensor, const RecordOptions& options);

  [[nodiscard]] drivers::Driver& driver() noexcept { return *driver_.driver; }
  [[nodiscard]] drivers::SampleSink sink() noexcept { return {ring_, unheard_}; }
  [[nodiscard]] const std::string& name() const noexcept { return sensor_.name; }

  /// No more samples will come.
  void driver_ended() noexcept { ended_.store(true, std::memory_order_release); }

  /// Writes what has come, and with `flush` sees it out of this process. False once the recording is closed. A
  /// recording that is long enough, or cannot be written, stops its driver.
  bool advance(bool flush);

  /// For a terminal: "chest 1250 samples".
  [[nodiscard]] std::string status() const;

  /// Logs what is newly wrong with the sensor.
  void tell_problems();

  /// Logs what became of it. False when there is no recording, or not all of it.
  [[nodiscard]] bool report();

 private:
  void take(const drivers::Reading& reading);
  void begin(drivers::BootTime first);
  void stop_driver();
  void close();
  void check_rate() const;
  [[nodiscard]] drivers::RecordingLosses losses() const noexcept;

  boost::asio::io_context& io_;
  const config::Sensor sensor_;
  const RecordOptions options_;
  SensorDriver driver_;
  drivers::RingBuffer ring_;
  drivers::Wakeup unheard_;  // nobody waits for it: the writing thread comes by itself
  std::atomic<bool> ended_{false};

  // The writing thread's.
  std::optional<drivers::RecordingWriter> writer_;
  std::filesystem::path file_;
  drivers::BootTime first_;
  std::optional<std::chrono::microseconds> last_time_;
  std::uint64_t samples_ = 0;
  ProblemLog problem_log_;
  // How fast samples came, gaps left out, whatever times they say: a rate that is configured wrong shows.
  std::optional<drivers::BootTime> last_came_;
  drivers::BootClock::duration took_{};
  std::uint64_t came_ = 0;
  std::uint64_t gaps_ = 0;
  std::uint64_t unwritable_ = 0;                        // not a microsecond after the one before
  std::optional<drivers::RecordingLosses> at_the_end_;  // once it is long enough or its driver has ended
  bool failed_ = false;
  bool closed_ = false;
};

}  // namespace propriod::daemon
