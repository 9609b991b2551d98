#include "daemon/sensor_recording.hpp"

#include <spdlog/fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cmath>
#include <exception>
#include <utility>
#include <vector>

#include "daemon/mount.hpp"
#include "daemon/sensor_device.hpp"
#include "daemon/utc.hpp"
#include "drivers/errors.hpp"

namespace propriod::daemon {
namespace {

constexpr double kRingSeconds = 30;        // longer than a disk takes to wake up, or to find itself full
constexpr double kMostReadings = 1 << 18;  // 8 MiB: a replay may be a thousand times as fast as its sensor was
constexpr double kLeastToMeasure = 3;      // seconds: of less, the first burst is too much
constexpr double kMostRateError = 0.2;     // three times what an ADXL345's oscillator is off
constexpr int kMostOfOneSecond = 100;      // recordings of one sensor that begin in the same second

std::size_t ring_capacity(double arrival_rate_hz) {
  return static_cast<std::size_t>(std::ceil(std::min(kRingSeconds * arrival_rate_hz, kMostReadings)));
}

/// "20261123T150405Z" of "2026-11-23T15:04:05.123456Z".
std::string file_stamp(std::string rfc3339) {
  rfc3339.erase(rfc3339.find('.'));
  std::erase_if(rfc3339, [](char c) { return c == '-' || c == ':'; });
  return rfc3339 + 'Z';
}

std::filesystem::path free_name(const std::filesystem::path& folder, const std::string& stem) {
  for (int n = 1; n <= kMostOfOneSecond; ++n) {
    auto csv = folder / (n == 1 ? stem + ".csv" : fmt::format("{}_{}.csv", stem, n));
    if (!std::filesystem::exists(csv) && !std::filesystem::exists(drivers::sidecar_path(csv))) return csv;
  }
  throw drivers::RecordingError((folder / stem).string() + ".csv and 100 more exist; choose another folder");
}

}  // namespace

SensorRecording::SensorRecording(boost::asio::io_context& io, const config::Sensor& sensor,
                                 const RecordOptions& options)
    : io_(io),
      sensor_(sensor),
      options_(options),
      driver_(make_driver(io, sensor)),
      ring_(ring_capacity(driver_.arrival_rate_hz)) {}

bool SensorRecording::advance(bool flush) {
  if (closed_) return false;
  const bool ended = ended_.load(std::memory_order_acquire);  // first: what comes later is in the ring by then
  try {
    for (drivers::Reading reading; ring_.pop(reading);) {
      if (!at_the_end_) take(reading);
    }
    if (flush && writer_) writer_->flush();
    if (ended) close();
  } catch (const std::exception& error) {  // disk full: the other sensors go on
    spdlog::error("recording_failed sensor={} error=\"{}\"", name(), error.what());
    failed_ = true;
    at_the_end_ = losses();
    writer_.reset();
    stop_driver();
  }
  closed_ = ended;
  return !ended;
}

void SensorRecording::take(const drivers::Reading& reading) {
  if (!writer_) begin(reading.sample.time);
  const auto time = reading.sample.time - first_;
  if (options_.duration && time >= *options_.duration) {
    at_the_end_ = losses();
    return stop_driver();
  }
  const auto written_time = std::chrono::round<std::chrono::microseconds>(time);
  if (last_time_ && written_time <= *last_time_) {
    ++unwritable_;
    return;
  }
  last_time_ = written_time;
  const auto now = drivers::BootClock::now();
  if (last_came_ && !reading.after_gap) {
    took_ += now - *last_came_;
    ++came_;
  }
  last_came_ = now;
  if (reading.after_gap && samples_ > 0) ++gaps_;
  writer_->write({.time = time,
                  .accel_mps2 = as_worn(reading.sample.accel_mps2, sensor_.mount),
                  .activity = options_.activity.empty() ? drivers::kNoLabel : std::int16_t{0},
                  .placement = options_.placement.empty() && !sensor_.placement ? drivers::kNoLabel : std::int16_t{0}});
  ++samples_;
}

void SensorRecording::begin(drivers::BootTime first) {
  const auto border = UtcBorder::now();
  first_ = first;
  drivers::Sidecar sidecar{.sensor = name(),
                           .device = device_of(sensor_).to_string(),
                           .subject = options_.subject,
                           .rate_hz = driver().rate_hz(),
                           .start_time = border.text(first),
                           .simulated = driver_.simulated};
  std::vector<std::string> notes;
  if (sensor_.mount != config::Mount{}) notes.push_back("axes as worn: mount " + to_string(sensor_.mount) + " applied");
  if (!border.clock_synced()) notes.emplace_back("start_time may be wrong: the host's clock followed no time source");
  sidecar.notes = fmt::format("{}", fmt::join(notes, "; "));

  std::vector<std::string> activities;
  if (!options_.activity.empty()) activities.push_back(options_.activity);
  std::vector<std::string> placements;
  if (!options_.placement.empty()) {
    placements.push_back(options_.placement);
  } else if (sensor_.placement) {
    placements.push_back(*sensor_.placement);
  }
  file_ = free_name(options_.out, name() + "_" + file_stamp(sidecar.start_time));
  writer_.emplace(file_, std::move(sidecar), std::move(activities), std::move(placements));
}

void SensorRecording::stop_driver() {
  boost::asio::post(io_, [this] { driver().stop(); });
}

void SensorRecording::close() {
  if (!at_the_end_) at_the_end_ = losses();
  if (writer_) writer_->close(*at_the_end_);
}

drivers::RecordingLosses SensorRecording::losses() const noexcept {
  const auto& counters = driver_.driver->counters();
  return {.lost = counters.lost.load() + ring_.refused() + unwritable_,
          .gaps = gaps_,
          .reconnects = counters.reconnects.load()};
}

/// Where the device says no time, its driver knows no more than the configured rate, and spaces samples by it.
void SensorRecording::check_rate() const {
  const double took_s = drivers::seconds(took_);
  if (device_of(sensor_).driver == "replay" || took_s < kLeastToMeasure) return;
  const double measured_hz = static_cast<double>(came_) / took_s;
  if (std::abs(measured_hz / driver_.arrival_rate_hz - 1) < kMostRateError) return;
  spdlog::warn(
      "sensor_problem sensor={} problem=\"{:.3g} samples a second came, and `rate` is {:g}: set it to what is true; "
      "unless the device says when it measured, the times in {} are wrong\"",
      name(), measured_hz, driver_.arrival_rate_hz, file_.string());
}

std::string SensorRecording::status() const {
  return samples_ == 0 ? name() + " waits" : fmt::format("{} {} samples", name(), samples_);
}

void SensorRecording::tell_problems() {
  problem_log_.tell(name(), driver_.driver->counters().connected, driver_.driver->problems());
}

bool SensorRecording::report() {
  if (failed_) return false;  // and said why
  const auto problems = driver_.driver->problems();
  if (samples_ == 0) {
    spdlog::error("nothing_recorded sensor={} device=\"{}\": no sample came{}{}", name(),
                  device_of(sensor_).to_string(), problems.empty() ? "" : ": ", fmt::join(problems, "; "));
    return false;
  }
  problem_log_.tell(name(), true, problems);
  check_rate();
  spdlog::info("recorded sensor={} file={} samples={} lost={} gaps={} reconnects={}", name(), file_.string(), samples_,
               at_the_end_->lost, at_the_end_->gaps, at_the_end_->reconnects);
  return true;
}

}  // namespace propriod::daemon
