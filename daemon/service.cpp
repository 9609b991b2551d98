#include "daemon/service.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <fstream>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/publisher.hpp"
#include "daemon/recognition.hpp"
#include "daemon/sensor_drivers.hpp"
#include "model/errors.hpp"
#include "model/torch_runtime.hpp"

namespace propriod::daemon {
namespace {

using namespace std::chrono_literals;
using TimePoint = Publisher::TimePoint;

constexpr auto kRecogniseGrace = 2s;              // of the five seconds that a stop may take: for what is in the rings,
constexpr auto kStopGrace = 3s;                   // then for what is under way to the broker; and a second for goodbye
constexpr auto kDeliveryGrace = 60s;              // for the last predictions of recordings that have ended
constexpr std::size_t kQueuePredictions = 16384;  // recognition → publisher: 20 seconds of 1,000 sensors
constexpr double kSlowestSensor = 0.9;            // of the model's rate

/// A configuration that can't work, found only once model and recordings were read.
class ConfigurationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::string random_boot_id() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

std::string read_password(const std::filesystem::path& file) {
  if (file.empty()) return {};
  std::ifstream stream(file);
  std::string password;
  if (!std::getline(stream, password) || password.empty()) {
    throw ConfigurationError(file.string() +
                             ": mqtt.password_file has no readable first line; write the password there");
  }
  return password;
}

Publisher::Options publisher_options(const config::Config& config, std::vector<Publisher::Sensor> sensors,
                                     bool to_stdout) {
  Publisher::Options options;
  options.base_topic = "propriod/" + *config.node;
  options.sensors = std::move(sensors);
  options.context = {
      .boot = random_boot_id(), .model_name = config.model->name, .unknown_below = config.model->unknown_below};
  options.to_stdout = to_stdout;
  if (const auto& mqtt = config.mqtt) {
    options.mqtt =
        MqttLink::Options{.host = mqtt->host,
                          .port = mqtt->port,
                          .client_id = mqtt->client_id.empty() ? "propriod-" + *config.node : mqtt->client_id,
                          .user = mqtt->user,
                          .password = read_password(mqtt->password_file),
                          .keep_alive = mqtt->keep_alive,
                          .queue_messages = mqtt->queue_messages,
                          .status_topic = options.base_topic + "/status"};
    options.max_waiting = mqtt->queue_messages;
  }
  return options;
}

/// The running service. The thread that calls `run()` is the I/O thread; the destructor is reached only with all
/// threads joined.
class Service {
 public:
  Service(const config::Config& config, bool to_stdout)
      : recognizer_(model::load_bundle(config.model->directory / config.model->name / "current")),
        predictions_(kQueuePredictions),
        recognition_(make_sensors(config), recognizer_, predictions_,
                     config.mqtt ? config.mqtt->queue_messages / 2 : kQueuePredictions),
        publisher_(publisher_options(config, published_sensors(config), to_stdout), recognizer_.manifest(),
                   predictions_),
        signals_(io_, SIGINT, SIGTERM) {}

  ExitCode run() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) stop();
    });
    for (std::size_t sensor = 0; sensor < drivers_.size(); ++sensor) {
      auto& pipeline = recognition_.pipeline(sensor);
      boost::asio::co_spawn(
          io_, drivers_[sensor]->run({pipeline.ring(), recognition_.bell()}),
          [this, sensor](const std::exception_ptr& error, drivers::DriverEnd) { driver_ended(sensor, error); });
    }
    std::thread recognition([this] { recognise(); });
    std::thread publishing([this] {
      try {
        publisher_.run();
      } catch (const std::exception& error) {
        spdlog::error("publishing_failed error=\"{}\"", error.what());
        failed_ = true;
        boost::asio::post(io_, [this] { stop(); });
      }
      boost::asio::post(io_, [this] { signals_.cancel(); });  // the last work of the I/O thread
    });
    io_.run();
    recognition.join();
    publishing.join();
    return report();
  }

 private:
  std::vector<Recognition::Sensor> make_sensors(const config::Config& config) {
    const auto& input = recognizer_.manifest().input;
    std::vector<Recognition::Sensor> sensors;
    for (const auto& sensor : config.sensors) {
      auto [driver, arrival_rate_hz, simulated] = make_driver(io_, sensor);
      if (driver->rate_hz() < kSlowestSensor * input.rate_hz) {
        throw ConfigurationError(
            fmt::format("{}: sensor {} gives {:g} samples a second and model {} was trained on {:g}; a sensor may be "
                        "at most a tenth "
                        "slower: raise its rate, or serve a model trained with --rate {:g}",
                        config.file.string(), sensor.name, driver->rate_hz(), config.model->name, input.rate_hz,
                        driver->rate_hz()));
      }
      sensors.push_back({std::make_unique<SensorPipeline>(SensorPipeline::Options{.rate_hz = driver->rate_hz(),
                                                                                  .arrival_rate_hz = arrival_rate_hz,
                                                                                  .mount = sensor.mount},
                                                          input),
                         driver->can_wait()});
      drivers_.push_back(std::move(driver));
      names_.push_back(sensor.name);
      simulated_.push_back(simulated);
    }
    return sensors;
  }

  std::vector<Publisher::Sensor> published_sensors(const config::Config& config) {
    std::vector<Publisher::Sensor> sensors;
    for (std::size_t k = 0; k < config.sensors.size(); ++k) {
      sensors.push_back({.name = config.sensors[k].name,
                         .known_placement = config.sensors[k].placement,
                         .simulated = simulated_[k],
                         .watched = {.driver = drivers_[k].get(), .ring = &recognition_.pipeline(k).ring()}});
    }
    return sensors;
  }

  void stop() {
    spdlog::info("stopping");
    stop_deadline_.store((std::chrono::steady_clock::now() + kStopGrace).time_since_epoch().count());
    for (const auto& driver : drivers_) driver->stop();
    recognition_.hurry(std::chrono::steady_clock::now() + kRecogniseGrace);
    if (recognition_ended_) publisher_.finish(std::chrono::steady_clock::now() + kStopGrace);
    signals_.clear();  // a second Ctrl-C ends the program at once
  }

  void driver_ended(std::size_t sensor, const std::exception_ptr& error) {  // on the I/O thread
    if (error) {
      try {
        std::rethrow_exception(error);
      } catch (const std::exception& unexpected) {
        spdlog::error("sensor_failed sensor={} error=\"{}\"", names_[sensor], unexpected.what());
      }
      failed_ = true;
    }
    recognition_.pipeline(sensor).close();
    recognition_.bell().notify();
  }

  void recognise() {
    try {
      recognition_.run();
    } catch (const std::exception& error) {
      spdlog::error("recognition_failed error=\"{}\"", error.what());
      failed_ = true;
      boost::asio::post(io_, [this] { stop(); });
    }
    const auto now = std::chrono::steady_clock::now();
    recognition_ended_ = true;
    publisher_.finish(std::min(now + kDeliveryGrace, TimePoint{TimePoint::duration{stop_deadline_.load()}}));
  }

  ExitCode report() {
    std::uint64_t refused_samples = 0;
    std::uint64_t gaps = 0;
    for (std::size_t sensor = 0; sensor < drivers_.size(); ++sensor) {
      refused_samples += recognition_.pipeline(sensor).ring().refused();
      gaps += recognition_.pipeline(sensor).resampler_counters().gaps;
    }
    spdlog::info(
        "stopped sensors={} predictions={} acknowledged={} undelivered={} dropped={} samples_refused={} gaps={}",
        drivers_.size(), recognition_.recognised(), publisher_.acknowledged(), publisher_.undelivered(),
        publisher_.dropped() + recognition_.refused(), refused_samples, gaps);
    if (publisher_.undelivered() > 0) {
      spdlog::error("{} predictions were not acknowledged in time, and are lost: is the broker reachable?",
                    publisher_.undelivered());
    }
    const bool asked_to_stop = stop_deadline_.load() != TimePoint::max().time_since_epoch().count();
    return failed_ || (publisher_.undelivered() > 0 && !asked_to_stop) ? kFailure : kSuccess;
  }

  boost::asio::io_context io_{1};
  model::Recognizer recognizer_;
  PredictionQueue predictions_;
  std::vector<std::unique_ptr<drivers::Driver>> drivers_;
  std::vector<std::string> names_;
  std::vector<bool> simulated_;
  Recognition recognition_;
  Publisher publisher_;
  boost::asio::signal_set signals_;
  std::atomic<TimePoint::rep> stop_deadline_{TimePoint::max().time_since_epoch().count()};
  std::atomic<bool> recognition_ended_{false};
  std::atomic<bool> failed_{false};
};

}  // namespace

ExitCode run_service(const config::Config& config, bool to_stdout) noexcept {
  try {
    model::set_torch_threads(config.model->threads);
    if (const auto advice = model::blas_advice(config.model->threads); !advice.empty()) spdlog::warn(advice);
    if (!config.mqtt && !to_stdout)
      spdlog::warn("neither mqtt in the configuration nor --stdout: predictions go nowhere");
    std::signal(SIGPIPE, SIG_IGN);  // a reader of standard output that goes away is a value, not our end
    Service service(config, to_stdout);
    spdlog::info("started node={} model={} sensors={}", *config.node, config.model->name, config.sensors.size());
    return service.run();
  } catch (const ConfigurationError& error) {
    spdlog::error(error.what());
    return kUsage;
  } catch (const std::exception& error) {
    spdlog::error(error.what());
    return kFailure;
  }
}

}  // namespace propriod::daemon
