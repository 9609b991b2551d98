#include "daemon/mqtt_link.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>
#include <utility>

#include "daemon/mqtt_connection.hpp"

namespace propriod::daemon {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kLongestWindow = 100;          // what a crash of the broker can make us send twice
constexpr std::chrono::seconds kAttemptLongest{60};  // Paho reports after 10 … 14 s, unless a name server is slower
constexpr std::chrono::seconds kHasLasted{10};       // a connection after which the broker counts as healthy again
constexpr std::uint8_t kFirstErrorCode = 0x80;       // MQTT 5, 2.4

}  // namespace

MqttLink::MqttLink(Options options, drivers::Wakeup& owner)
    : options_(std::move(options)),
      url_(fmt::format("mqtt://{}:{}", options_.host, options_.port)),
      owner_(owner),
      backoff_({.seed = std::random_device{}()}) {
  set_retained({options_.status_topic, "online"});
}

MqttLink::~MqttLink() { close(steady_clock::now() + std::chrono::seconds{1}); }

void MqttLink::enqueue(Message message) {
  ++counters_.enqueued;
  if (waiting_.size() + resend_.size() + in_flight_.size() >= options_.queue_messages) {
    ++counters_.dropped;
    if (dropped_log_.admit("full", steady_clock::now())) {
      spdlog::warn("mqtt_queue_full limit={} dropped={}", options_.queue_messages, counters_.dropped.load());
    }
    if (waiting_.empty()) return;  // all the others may have arrived already
    waiting_.pop_front();
  }
  waiting_.push_back(std::move(message));
}

void MqttLink::set_retained(Message message) {
  const auto [topic, is_new] = retained_.try_emplace(std::move(message.topic));
  if (!is_new && topic->second.payload == message.payload) return;
  topic->second.payload = std::move(message.payload);
  if (!std::exchange(topic->second.unsent, true)) unsent_retained_.push_back(&*topic);
}

void MqttLink::poll() {
  const auto now = steady_clock::now();
  if (connection_) harvest(now);
  if (!connection_ && !closing_ && now >= retry_at_) {
    connection_ = std::make_unique<MqttConnection>(options_, owner_);
    attempt_ends_ = now + kAttemptLongest;
  }
  if (connected_) fill_window();
}

steady_clock::time_point MqttLink::next_deadline() const noexcept {
  if (connected_ || closing_) return TimePoint::max();
  return connection_ ? attempt_ends_ : retry_at_;
}

std::size_t MqttLink::unacknowledged() const noexcept {
  return unsent_retained_.size() + waiting_.size() + resend_.size() + in_flight_.size();
}

void MqttLink::close(TimePoint deadline) {
  if (closing_) return;
  closing_ = true;
  set_retained({options_.status_topic, "stopped"});
  for (poll(); connected_ && !(unsent_retained_.empty() && in_flight_.empty()); poll()) {
    if (steady_clock::now() >= deadline) break;
    owner_.wait_until(deadline);
  }
  if (connection_ && !connected_) MqttConnection::abandon(std::move(connection_));
  connection_.reset();
  connected_ = false;
  spdlog::info("mqtt_closed url={} unacknowledged={}", url_, unacknowledged());
}

void MqttLink::harvest(TimePoint now) {
  std::vector<MqttConnection::Ack> acks;
  const auto status = connection_->harvest(acks);
  for (const auto& ack : acks) settle(ack.sequence, ack.reason_code, now);
  for (; !in_flight_.empty() && in_flight_.front().settled; ++first_in_flight_) in_flight_.pop_front();

  switch (status.state) {
    case MqttConnection::State::kConnecting:
      if (now < attempt_ends_) break;
      MqttConnection::abandon(std::move(connection_));
      retry_later(now, "time-out: the attempt did not end; is the name server slow?");
      break;
    case MqttConnection::State::kConnected:
      if (!connected_) begin(status.receive_maximum, now);
      break;
    case MqttConnection::State::kFailed:
      connection_.reset();
      retry_later(now, status.reason);
      break;
    case MqttConnection::State::kLost:
      connection_.reset();
      lose(status.reason, now);
      break;
  }
}

void MqttLink::settle(std::uint64_t sequence, std::uint8_t reason_code, TimePoint now) {
  InFlight& sent = in_flight_[sequence - first_in_flight_];
  sent.settled = true;
  if (reason_code >= kFirstErrorCode) {
    if (!sent.retained) ++counters_.refused;
    const auto reason = mqtt::exception::reason_code_str(reason_code);
    if (const auto repeats = refused_log_.admit(reason, now)) {
      spdlog::warn("mqtt_refused topic={} reason=\"{}\" repeats={}", sent.topic(), reason, *repeats);
    }
  } else if (!sent.retained) {
    ++counters_.acknowledged;
  }
}

void MqttLink::begin(std::uint16_t receive_maximum, TimePoint now) {
  connected_ = true;
  connected_since_ = now;
  window_ = std::min<std::size_t>(receive_maximum, kLongestWindow);
  ++counters_.connects;
  connect_failures_log_.reset();
  spdlog::info("mqtt_connected url={} queued={}", url_, waiting_.size() + resend_.size());
}

void MqttLink::lose(const std::string& reason, TimePoint now) {
  for (auto sent = in_flight_.rbegin(); sent != in_flight_.rend(); ++sent) {
    if (!sent->settled && !sent->retained) resend_.push_front(std::move(sent->message));
  }
  in_flight_.clear();
  resend_all_retained();
  if (std::exchange(connected_, false) && now - connected_since_ >= kHasLasted) backoff_.reset();
  retry_at_ = now + backoff_.next();
  spdlog::warn("mqtt_lost url={} reason=\"{}\" queued={}", url_, reason, waiting_.size() + resend_.size());
}

void MqttLink::retry_later(TimePoint now, const std::string& failure) {
  ++counters_.connect_failures;
  retry_at_ = now + backoff_.next();
  if (const auto repeats = connect_failures_log_.admit(failure, now)) {
    spdlog::warn("mqtt_connect_failed url={} reason=\"{}\" repeats={} queued={}", url_, failure, *repeats,
                 waiting_.size() + resend_.size());
  }
}

void MqttLink::resend_all_retained() {
  unsent_retained_.clear();
  const auto status = retained_.find(options_.status_topic);
  unsent_retained_.push_back(&*status);  // first: the other topics count only while the node is online
  for (auto& topic : retained_) {
    topic.second.unsent = true;
    if (&topic != &*status) unsent_retained_.push_back(&topic);
  }
}

void MqttLink::fill_window() {
  while (in_flight_.size() < window_) {
    const std::string* payload = nullptr;
    if (!unsent_retained_.empty()) {
      RetainedTopic& topic = *unsent_retained_.front();
      unsent_retained_.pop_front();
      topic.second.unsent = false;
      in_flight_.push_back({.message = {}, .retained = &topic});
      payload = &topic.second.payload;
    } else {
      if (closing_ || (resend_.empty() && waiting_.empty())) return;
      auto& queue = resend_.empty() ? waiting_ : resend_;
      if (!resend_.empty()) ++counters_.resent;
      in_flight_.push_back({.message = std::move(queue.front()), .retained = nullptr});
      queue.pop_front();
      payload = &in_flight_.back().message.payload;
    }
    const auto sequence = first_in_flight_ + in_flight_.size() - 1;
    const InFlight& next = in_flight_.back();
    if (!connection_->publish(sequence, next.topic(), *payload, next.retained != nullptr)) return;
  }
}

}  // namespace propriod::daemon
