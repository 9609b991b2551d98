#include "daemon/publisher.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace propriod::daemon {
namespace {

using namespace std::chrono_literals;

constexpr auto kOutputRetry = 5ms;       // a full pipe rings no bell
constexpr auto kGoodbye = 1s;            // to say "stopped" and disconnect, once everything is out or given up
constexpr std::size_t kTakeAtOnce = 64;  // predictions between two looks at the broker

std::vector<HealthMonitor::Sensor> watched(const std::vector<Publisher::Sensor>& sensors) {
  std::vector<HealthMonitor::Sensor> all;
  for (const auto& sensor : sensors) all.push_back(sensor.watched);
  return all;
}

}  // namespace

Publisher::Publisher(Options options, const model::Manifest& manifest, PredictionQueue& in)
    : options_(std::move(options)),
      manifest_(manifest),
      in_(in),
      states_(options_.sensors.size()),
      health_(watched(options_.sensors)),
      problem_logs_(options_.sensors.size()) {
  for (const auto& sensor : options_.sensors) {
    prediction_topics_.push_back(options_.base_topic + "/" + sensor.name + "/prediction");
    state_topics_.push_back(options_.base_topic + "/" + sensor.name + "/state");
    health_topics_.push_back(options_.base_topic + "/" + sensor.name + "/health");
  }
  if (options_.mqtt) {
    link_.emplace(*options_.mqtt, in_.reader);
    link_->set_retained({options_.base_topic + "/model", model_json(manifest_, options_.context.model_name)});
  }
  if (options_.to_stdout) stdout_.emplace(1, options_.max_waiting);
}

void Publisher::run() {
  Prediction prediction;
  for (;;) {
    const bool finishing = finishing_.load(std::memory_order_acquire);  // first: then an empty queue stays empty
    std::size_t taken = 0;
    while (taken < kTakeAtOnce && in_.predictions.try_pop(prediction)) {
      publish(prediction);
      ++taken;
    }
    health_.check(std::chrono::steady_clock::now(),
                  [this](std::size_t sensor, const Health& health) { tell_health(sensor, health); });
    if (link_) link_->poll();
    const bool output_blocked = stdout_ && !stdout_->poll();
    if (stdout_ && stdout_->closed()) {
      spdlog::warn("stdout_closed: standard output takes no more predictions: its reader is gone, or its disk is full");
      dropped_ += stdout_->dropped();
      stdout_.reset();
      if (!link_) throw std::runtime_error("standard output is closed and there is no `mqtt`: nobody is left to tell");
    }
    in_.backlog.store(waiting(), std::memory_order_relaxed);
    if (taken == kTakeAtOnce) continue;

    const TimePoint deadline{TimePoint::duration{deadline_.load(std::memory_order_acquire)}};
    if (finishing && (waiting() == 0 || std::chrono::steady_clock::now() >= deadline)) break;
    in_.reader.wait_until(next_wake(output_blocked));
  }
  close();
}

void Publisher::finish(TimePoint deadline) noexcept {
  auto current = deadline_.load(std::memory_order_relaxed);
  const auto wanted = deadline.time_since_epoch().count();
  while (wanted < current && !deadline_.compare_exchange_weak(current, wanted, std::memory_order_release)) {
  }
  finishing_.store(true, std::memory_order_release);
  in_.reader.notify();
}

void Publisher::publish(const Prediction& prediction) {
  const auto border = UtcBorder::now();
  const auto& sensor = options_.sensors[prediction.sensor];
  auto json = prediction_json(prediction, sensor.name, sensor.known_placement, sensor.simulated, manifest_,
                              options_.context, border);
  if (stdout_) stdout_->enqueue(json);
  if (link_) {
    link_->enqueue({prediction_topics_[prediction.sensor], std::move(json)});
    publish_state(prediction, border);
  }
}

void Publisher::publish_state(const Prediction& prediction, const UtcBorder& border) {
  auto& state = states_[prediction.sensor];
  const auto unknown_below = thresholds(options_.context.unknown_below, manifest_);
  const auto known = [](std::span<const float> probabilities, double threshold) -> std::optional<std::size_t> {
    const auto said = verdict(probabilities, threshold);
    return said.unknown ? std::nullopt : std::optional(said.label);
  };
  const bool activity_changed =
      state.activity.observe(known(prediction.activity, unknown_below.activity), prediction.window_start);
  const bool placement_changed =
      state.placement.observe(known(prediction.placement, unknown_below.placement), prediction.window_start);
  if (!activity_changed && !placement_changed) return;
  const auto label = [](const StableLabel& stable, const std::vector<std::string>& labels) {
    return stable.label() ? std::optional(labels[*stable.label()]) : std::nullopt;
  };
  const auto& [name, known_placement, simulated, watched] = options_.sensors[prediction.sensor];
  link_->set_retained({state_topics_[prediction.sensor],
                       state_json(std::max(state.activity.since(), state.placement.since()),
                                  label(state.activity, manifest_.activities),
                                  known_placement ? known_placement : label(state.placement, manifest_.placements),
                                  manifest_, simulated, border)});
}

void Publisher::tell_health(std::size_t sensor, const Health& health) {
  problem_logs_[sensor].tell(options_.sensors[sensor].name, health.connected, health.problems);
  if (!link_) return;
  link_->set_retained(
      {health_topics_[sensor], health_json(health, options_.sensors[sensor].simulated, UtcBorder::now())});
}

std::size_t Publisher::waiting() const noexcept {
  std::size_t for_broker = 0;
  if (link_) {
    const auto& counters = link_->counters();
    for_broker = counters.enqueued - counters.acknowledged - counters.dropped - counters.refused;
  }
  return std::max(for_broker, stdout_ ? stdout_->waiting() : 0);
}

Publisher::TimePoint Publisher::next_wake(bool output_blocked) const noexcept {
  TimePoint wake{TimePoint::duration{deadline_.load(std::memory_order_acquire)}};
  wake = std::min(wake, health_.next_check());
  if (link_) wake = std::min(wake, link_->next_deadline());
  if (output_blocked) wake = std::min(wake, std::chrono::steady_clock::now() + kOutputRetry);
  // A deadline at the end of time would overflow inside the semaphore's clock arithmetic.
  return std::min(wake, std::chrono::steady_clock::now() + 1h);
}

void Publisher::close() {
  // How the devices were left.
  health_.look_at_all(std::chrono::steady_clock::now(),
                      [this](std::size_t sensor, const Health& health) { tell_health(sensor, health); });
  if (link_) link_->close(std::chrono::steady_clock::now() + kGoodbye);
  undelivered_ = waiting() + in_.predictions.size();
  if (link_) dropped_ += link_->counters().dropped;
  if (stdout_) dropped_ += stdout_->dropped();
}

}  // namespace propriod::daemon
