#include "tests/support/subscriber.hpp"

#include <mqtt/async_client.h>

#include <chrono>
#include <stdexcept>
#include <utility>

namespace propriod::tests {

Subscriber::Subscriber(std::uint16_t port, std::string filter, drivers::Wakeup& bell, int qos)
    : uri_("tcp://127.0.0.1:" + std::to_string(port)), filter_(std::move(filter)), qos_(qos), bell_(bell) {}

Subscriber::~Subscriber() = default;

void Subscriber::connect() {
  constexpr std::chrono::seconds kPatience{20};
  {
    std::unique_lock lock{mutex_};
    if (!disconnected_.wait_for(lock, kPatience, [this] { return !connected_; })) {
      throw std::runtime_error("the broker at " + uri_ + " has not ended");
    }
  }
  client_ = std::make_unique<mqtt::async_client>(uri_, "", mqtt::create_options(MQTTVERSION_5));
  client_->set_message_callback([this](const mqtt::const_message_ptr& message) {
    {
      const std::scoped_lock lock{mutex_};
      messages_.push_back(
          {message->get_topic(), message->to_string(), message->is_retained(), std::chrono::system_clock::now()});
    }
    bell_.notify();
  });
  client_->set_connection_lost_handler([this](const std::string&) {
    const std::scoped_lock lock{mutex_};
    connected_ = false;
    disconnected_.notify_all();
  });
  mqtt::connect_options options;
  options.set_mqtt_version(MQTTVERSION_5);
  options.set_clean_start(true);
  if (!client_->connect(options)->wait_for(kPatience) || !client_->subscribe(filter_, qos_)->wait_for(kPatience)) {
    throw std::runtime_error("no answer from the broker at " + uri_);
  }
  const std::scoped_lock lock{mutex_};
  connected_ = true;
}

std::vector<Subscriber::Received> Subscriber::messages() const {
  const std::scoped_lock lock{mutex_};
  return messages_;
}

std::size_t Subscriber::count() const {
  const std::scoped_lock lock{mutex_};
  return messages_.size();
}

std::string Subscriber::last(std::string_view topic) const {
  const std::scoped_lock lock{mutex_};
  for (auto message = messages_.rbegin(); message != messages_.rend(); ++message) {
    if (message->topic == topic) return message->payload;
  }
  return {};
}

}  // namespace propriod::tests
