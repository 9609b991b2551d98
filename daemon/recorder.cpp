#include "daemon/recorder.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <exception>
#include <memory>
#include <thread>

#include "daemon/progress_line.hpp"
#include "daemon/sensor_recording.hpp"

namespace propriod::daemon {
namespace {

using namespace std::chrono_literals;
using TimePoint = std::chrono::steady_clock::time_point;

constexpr auto kDrainInterval = 100ms;
constexpr auto kFlushInterval = 500ms;  // a kill loses no more than this and one drain
constexpr auto kTellInterval = 1s;
constexpr auto kConnectGrace = 10s;  // beside the duration: for the last sensor to give its first sample

bool is_ignored(int signal) {
  struct sigaction now {};
  return sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

/// Two threads: the caller's runs the drivers, the other one takes their samples from the rings to the disk, in
/// batches, so that a slow disk delays no driver.
class Recorder {
 public:
  Recorder(const config::Config& config, const RecordOptions& options)
      : duration_(options.duration), signals_(io_, SIGINT, SIGTERM) {
    if (!is_ignored(SIGHUP)) signals_.add(SIGHUP);  // nohup means it
    for (const auto& sensor : config.sensors) {
      if (!options.sensors.empty() && std::ranges::find(options.sensors, sensor.name) == options.sensors.end())
        continue;
      recordings_.push_back(std::make_unique<SensorRecording>(io_, sensor, options));
    }
  }

  ExitCode run() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) stop();
    });
    running_ = recordings_.size();
    for (auto& recording : recordings_) {
      boost::asio::co_spawn(
          io_, recording->driver().run(recording->sink()),
          [this, &recording](const std::exception_ptr& error, drivers::DriverEnd) { driver_ended(*recording, error); });
    }
    std::thread writing([this] { write(); });
    io_.run();
    writing.join();
    return report();
  }

 private:
  void stop() {  // on the io_context's thread
    for (const auto& recording : recordings_) recording->driver().stop();
    signals_.clear();  // a second Ctrl-C ends the program at once
  }

  void driver_ended(SensorRecording& recording, const std::exception_ptr& error) {
    if (error) {
      try {
        std::rethrow_exception(error);
      } catch (const std::exception& unexpected) {
        spdlog::error("sensor_failed sensor={} error=\"{}\"", recording.name(), unexpected.what());
      }
      failed_ = true;
    }
    recording.driver_ended();
    if (--running_ == 0) {
      signals_.cancel();  // the last work of this thread
      all_ended_.notify();
    }
  }

  void write() {
    const TimePoint begin = std::chrono::steady_clock::now();
    TimePoint flush_at = begin + kFlushInterval;
    TimePoint tell_at = begin + kTellInterval;
    TimePoint stop_at = duration_ ? begin + *duration_ + kConnectGrace : TimePoint::max();
    bool working = true;
    while (working) {
      all_ended_.wait_until(std::chrono::steady_clock::now() + kDrainInterval);
      const TimePoint now = std::chrono::steady_clock::now();
      const bool flush = now >= flush_at;
      if (flush) flush_at = now + kFlushInterval;
      if (now >= stop_at) {
        stop_at = TimePoint::max();
        boost::asio::post(io_, [this] { stop(); });
      }
      working = false;
      for (const auto& recording : recordings_) working = recording->advance(flush) || working;
      if (now >= tell_at) {
        tell_at = now + kTellInterval;
        for (const auto& recording : recordings_) recording->tell_problems();
      }
      show_progress(now - begin);
    }
    progress_.clear();
  }

  void show_progress(std::chrono::duration<double> elapsed) {
    if (!progress_.due()) return;
    std::string line = "recording " + duration_text(elapsed);
    for (const auto& recording : recordings_) line += "  " + recording->status();
    progress_.show(line);
  }

  ExitCode report() {
    for (const auto& recording : recordings_) {
      if (!recording->report()) failed_ = true;
    }
    return failed_ ? kFailure : kSuccess;
  }

  const std::optional<std::chrono::seconds> duration_;
  boost::asio::io_context io_{1};
  std::vector<std::unique_ptr<SensorRecording>> recordings_;
  boost::asio::signal_set signals_;
  drivers::Wakeup all_ended_;
  std::size_t running_ = 0;
  bool failed_ = false;
  ProgressLine progress_;
};

}  // namespace

ExitCode record(const config::Config& config, const RecordOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  if (error) {
    spdlog::error("{}: cannot be made: {}; give a folder that you may write to", options.out.string(), error.message());
    return kFailure;
  }
  Recorder recorder(config, options);
  return recorder.run();
}

}  // namespace propriod::daemon
