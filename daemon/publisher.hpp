#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/health.hpp"
#include "daemon/mqtt_link.hpp"
#include "daemon/payload.hpp"
#include "daemon/problem_log.hpp"
#include "daemon/recognition.hpp"
#include "daemon/stable_state.hpp"
#include "daemon/stdout_sink.hpp"

namespace propriod::daemon {

/// The publisher thread's work: turns predictions into messages and gets them out, to the broker and to standard
/// output. It alone calls the MQTT link, because Paho's publish takes a library-wide lock.
class Publisher {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Sensor {
    std::string name;
    std::optional<std::string> known_placement;
    bool simulated = false;  ///< nobody wears it
    HealthMonitor::Sensor watched;
  };
  struct Options {
    std::string base_topic;  ///< propriod/<node>
    std::vector<Sensor> sensors;
    PayloadContext context;
    std::optional<MqttLink::Options> mqtt;
    bool to_stdout = false;
    std::size_t max_waiting = 65536;  ///< lines waiting for standard output
  };

  /// `in` and `manifest` outlive this.
  Publisher(Options options, const model::Manifest& manifest, PredictionQueue& in);

  /// The publisher thread: works until `finish()` was called and everything is delivered, or its deadline has passed.
  void run();

  /// Any thread: no more predictions will come; deliver what there is until `deadline`. May be called again; an earlier
  /// deadline counts.
  void finish(TimePoint deadline) noexcept;

  /// After `run()`: predictions that were not delivered.
  [[nodiscard]] std::uint64_t undelivered() const noexcept { return undelivered_; }
  /// After `run()`: predictions dropped because a queue was full.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
  /// After `run()`: acknowledged by the broker.
  [[nodiscard]] std::uint64_t acknowledged() const noexcept {
    return link_ ? link_->counters().acknowledged.load() : 0;
  }

 private:
  struct SensorState {
    StableLabel activity, placement;
  };

  void publish(const Prediction& prediction);
  void tell_health(std::size_t sensor, const Health& health);
  void publish_state(const Prediction& prediction, const UtcBorder& border);
  [[nodiscard]] std::size_t waiting() const noexcept;
  [[nodiscard]] TimePoint next_wake(bool output_blocked) const noexcept;
  void close();

  Options options_;
  const model::Manifest& manifest_;
  PredictionQueue& in_;
  std::vector<std::string> prediction_topics_;  // per sensor
  std::vector<std::string> state_topics_;
  std::vector<std::string> health_topics_;
  std::vector<SensorState> states_;
  HealthMonitor health_;
  std::vector<ProblemLog> problem_logs_;  // by sensor
  std::optional<MqttLink> link_;
  std::optional<StdoutSink> stdout_;
  std::atomic<TimePoint::rep> deadline_{TimePoint::max().time_since_epoch().count()};
  std::atomic<bool> finishing_{false};
  std::uint64_t undelivered_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace propriod::daemon
