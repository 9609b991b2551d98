#include "daemon/calibrator.hpp"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

#include "config/calibration_writer.hpp"
#include "config/reader.hpp"
#include "daemon/progress_line.hpp"
#include "daemon/sensor_device.hpp"
#include "daemon/sensor_drivers.hpp"

namespace propriod::daemon {
namespace {

using namespace std::chrono_literals;
using Method = CalibrationDialogue::Method;
using TimePoint = std::chrono::steady_clock::time_point;

constexpr auto kFirstSample = 30s;       // a Shimmer takes a while to answer
constexpr auto kPatiencePerFace = 120s;  // somebody went away
constexpr auto kSphereHold = 1500ms;
constexpr double kRingSeconds = 10;

/// The sensor's own readings on a thread of their own, for as long as this lives.
class Readings {
 public:
  explicit Readings(const config::Sensor& sensor)
      : driver_(make_driver(io_, sensor)),
        ring_(static_cast<std::size_t>(kRingSeconds * driver_.arrival_rate_hz) + 1),
        signals_(io_, SIGINT, SIGTERM) {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      interrupted_ = true;
      driver_.driver->stop();
    });
    boost::asio::co_spawn(io_, driver_.driver->run({ring_, bell_}),
                          [this](const std::exception_ptr&, drivers::DriverEnd) { signals_.cancel(); });
    thread_ = std::thread([this] { io_.run(); });
  }
  Readings(const Readings&) = delete;
  Readings& operator=(const Readings&) = delete;
  ~Readings() {
    boost::asio::post(io_, [this] { driver_.driver->stop(); });
    thread_.join();
  }

  /// The next one; nothing when none came for a tenth of a second.
  std::optional<drivers::Sample> next() {
    drivers::Reading reading;
    if (ring_.pop(reading)) return reading.sample;
    bell_.wait_until(std::chrono::steady_clock::now() + 100ms);
    if (ring_.pop(reading)) return reading.sample;
    return std::nullopt;
  }
  [[nodiscard]] bool interrupted() const noexcept { return interrupted_; }
  [[nodiscard]] std::vector<std::string> problems() const { return driver_.driver->problems(); }

 private:
  boost::asio::io_context io_{1};
  SensorDriver driver_;
  drivers::RingBuffer ring_;
  drivers::Wakeup bell_;
  boost::asio::signal_set signals_;
  std::atomic<bool> interrupted_{false};
  std::thread thread_;
};

void say(const std::string& text) {
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

void complain(const std::string& text) { std::fprintf(stderr, "propriod: %s\n", text.c_str()); }

/// Leads through the positions; false, after saying why, when there is no use in going on.
bool collect(const config::Sensor& sensor, const CalibrateOptions& options, CalibrationDialogue& dialogue) {
  config::Sensor uncalibrated = sensor;
  uncalibrated.calibration = {};
  Readings readings(uncalibrated);
  ProgressLine progress;
  say(dialogue.introduction());
  const TimePoint begin = std::chrono::steady_clock::now();
  TimePoint last_progress = begin;
  bool heard = false;
  while (!dialogue.complete()) {
    const TimePoint now = std::chrono::steady_clock::now();
    if (readings.interrupted()) {
      complain("stopped; nothing was changed");
      return false;
    }
    if (!heard && now - begin > kFirstSample) {
      complain(fmt::format("sensor {} ({}) gives no sample", sensor.name, device_of(sensor).to_string()));
      for (const auto& problem : readings.problems()) complain(problem);
      return false;
    }
    if (options.method == Method::kSphere && now - begin > options.seconds)
      return true;  // the fit says if it is enough
    if (options.method == Method::kFaces && now - last_progress > kPatiencePerFace) {
      complain("no new side for two minutes; nothing was changed");
      return false;
    }
    const auto sample = readings.next();
    if (!sample) continue;
    heard = true;
    const auto& accel = sample->accel_mps2;
    const auto count = dialogue.positions().size();
    if (const auto text = dialogue.hear(sample->time, {accel[0], accel[1], accel[2]}); !text.empty()) {
      progress.clear();
      say(text);
    }
    if (dialogue.positions().size() > count) last_progress = now;
    if (progress.due()) progress.show(dialogue.status());
  }
  return true;
}

std::string in_words(const config::Calibration& calibration) {
  const auto& [offset, scale] = calibration;
  return fmt::format("offset [{:.4f}, {:.4f}, {:.4f}] m/s², scale [{:.5f}, {:.5f}, {:.5f}]", offset[0], offset[1],
                     offset[2], scale[0], scale[1], scale[2]);
}

bool user_agrees(const CalibrateOptions& options) {
  if (options.yes) return true;
  std::printf("Write the new values into %s? [y/N] ", options.config.c_str());
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

ExitCode finish(const config::Sensor& sensor, const CalibrateOptions& options, const CalibrationDialogue& dialogue) {
  const auto& positions = dialogue.positions();
  const auto fit = drivers::fit_calibration(positions);
  const config::Calibration found = config::rounded({.offset_mps2 = fit.offset_mps2, .scale = fit.scale});
  const drivers::Calibration old{.offset_mps2 = sensor.calibration.offset_mps2, .scale = sensor.calibration.scale};
  const drivers::Calibration now{.offset_mps2 = found.offset_mps2, .scale = found.scale};
  say("old: " + in_words(sensor.calibration));
  say("new: " + in_words(found));
  say(fmt::format("away from 1 g in {} positions, on average: old {:.3f}, new {:.3f} m/s²{}", positions.size(),
                  drivers::residual_mps2(old, positions), drivers::residual_mps2(now, positions),
                  positions.size() > drivers::kFaces ? "" : " (six positions are met by six values: no proof)"));
  if (!user_agrees(options)) {
    say("Nothing was changed.");
    return kFailure;
  }
  if (const auto written = config::write_calibration(options.config, sensor.name, found); !written) {
    complain(written.error().to_string());
    return kFailure;
  }
  say(fmt::format("Written; {}.bak is the file as it was. A running service takes it with its next start.",
                  options.config.string()));
  return kSuccess;
}

}  // namespace

ExitCode calibrate(const CalibrateOptions& options) {
  const auto config = config::read_config(options.config);
  if (!config) {
    for (const auto& problem : config.error()) std::fprintf(stderr, "%s\n", problem.to_string().c_str());
    return kUsage;
  }
  const auto sensor = std::ranges::find(config->sensors, options.sensor, &config::Sensor::name);
  if (sensor == config->sensors.end()) {
    complain(fmt::format("{} has no sensor \"{}\"", options.config.string(), options.sensor));
    return kUsage;
  }
  if (std::holds_alternative<config::ReplaySensor>(sensor->driver) ||
      std::holds_alternative<config::SimulatedSensor>(sensor->driver)) {
    complain(fmt::format("sensor {} is no device ({}): there is nothing to calibrate", sensor->name,
                         device_of(*sensor).driver));
    return kUsage;
  }
  if (!options.yes && isatty(STDIN_FILENO) == 0) {
    complain("standard input is no terminal, so nobody can be asked; give --yes to write without asking");
    return kUsage;
  }
  CalibrationDialogue dialogue(options.method, options.method == Method::kFaces ? options.seconds : kSphereHold);
  if (!collect(*sensor, options, dialogue)) return kFailure;
  return finish(*sensor, options, dialogue);
}

}  // namespace propriod::daemon
