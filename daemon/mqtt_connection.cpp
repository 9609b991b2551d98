#include "daemon/mqtt_connection.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <chrono>

namespace propriod::daemon {
namespace {

constexpr int kWindow = 100;  // unacknowledged messages Paho may hold; the link keeps to it
constexpr int kQos = 1;
constexpr std::chrono::seconds kConnectTimeout{10};  // TCP and CONNACK; Paho looks every 3 s
constexpr std::size_t kPublishOverhead = 10;         // bytes: fixed header 5, topic length 2, id 2, no properties 1
constexpr std::uint8_t kFirstErrorCode = 0x80;       // MQTT 5, 2.4

/// Paho joins its threads when its last client goes, which takes a second and would block the owner at every attempt:
/// one idle client, never destroyed, keeps them as long as the process lives.
void keep_paho_running() {
  [[maybe_unused]] static const int created = [] {
    MQTTAsync idle = nullptr;
    return MQTTAsync_create(&idle, "tcp://localhost:1883", "", MQTTCLIENT_PERSISTENCE_NONE, nullptr);
  }();
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_address(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 || is_ipv6(host);
}

mqtt::connect_options connect_options(const MqttLink::Options& options) {
  mqtt::connect_options connect;
  connect.set_mqtt_version(MQTTVERSION_5);
  connect.set_clean_start(true);
  connect.set_keep_alive_interval(options.keep_alive);
  connect.set_connect_timeout(kConnectTimeout);
  if (!options.user.empty()) connect.set_user_name(options.user);
  if (!options.password.empty()) connect.set_password(options.password);
  connect.set_will(mqtt::will_options(options.status_topic, std::string{"offline"}, kQos, /*retained=*/true));
  return connect;
}

std::uint64_t sequence_of(const mqtt::token& token) {
  return reinterpret_cast<std::uintptr_t>(token.get_user_context());
}

}  // namespace

MqttConnection::MqttConnection(const MqttLink::Options& options, drivers::Wakeup& owner)
    : host_is_address_(is_address(options.host)), owner_(&owner) {
  keep_paho_running();
  try {
    const std::string host = is_ipv6(options.host) ? "[" + options.host + "]" : options.host;
    client_.emplace(fmt::format("tcp://{}:{}", host, options.port), options.client_id,
                    mqtt::create_options(MQTTVERSION_5, kWindow));
    // After the broker's own DISCONNECT Paho does not always tell of the lost connection: this is the end of it.
    client_->set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode code) {
      lose(fmt::format("the broker said {}", mqtt::exception::reason_code_str(code)));
    });
    client_->set_connection_lost_handler([this](const std::string&) {
      lose("closed by the broker, perhaps for another client with our client_id, or no answer to a keep-alive");
    });
    connect_token_ = client_->connect(connect_options(options), nullptr, *this);
  } catch (const mqtt::exception& error) {
    const std::scoped_lock lock{mutex_};
    state_ = State::kFailed;
    reason_ = fmt::format("{}; check mqtt.url and mqtt.client_id", error.what());
    ring();
  }
}

MqttConnection::Status MqttConnection::harvest(std::vector<Ack>& acks) {
  acks.clear();
  Status status;
  {
    const std::scoped_lock lock{mutex_};
    acks.swap(acks_);
    status = {state_, reason_, receive_maximum_};
  }
  if (status.state == State::kFailed && status.reason.empty()) status.reason = connect_failure();
  return status;
}

bool MqttConnection::publish(std::uint64_t sequence, const std::string& topic, const std::string& payload,
                             bool retained) {
  // What no attempt could get across is answered as a broker would, in place of losing the connection again and again.
  if (topic.size() + payload.size() + kPublishOverhead > maximum_packet_size_) {
    acknowledge(sequence, mqtt::ReasonCode::PACKET_TOO_LARGE);
    return true;
  }
  try {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): Paho's context is a pointer; it carries a number, nobody follows it.
    auto* const context = reinterpret_cast<void*>(static_cast<std::uintptr_t>(sequence));
    client_->publish(mqtt::make_message(topic, payload, kQos, retained), context, *this);
    return true;
  } catch (const mqtt::exception& error) {
    if (error.get_return_code() == MQTTASYNC_BAD_UTF8_STRING) {
      acknowledge(sequence, mqtt::ReasonCode::TOPIC_NAME_INVALID);
      return true;
    }
    lose(error.what());
    return false;
  }
}

void MqttConnection::abandon(std::unique_ptr<MqttConnection> connection) {
  {
    const std::scoped_lock lock{connection->mutex_};
    connection->owner_ = nullptr;
  }
  static_cast<void>(connection.release());  // Paho may call it at any time yet
}

void MqttConnection::on_success(const mqtt::token& token) {
  if (token.get_type() != mqtt::token::CONNECT) {
    acknowledge(sequence_of(token), token.get_reason_code());
    return;
  }
  const auto response = token.get_connect_response();
  const auto& properties = response.get_properties();
  const std::scoped_lock lock{mutex_};
  state_ = State::kConnected;
  if (properties.contains(mqtt::property::RECEIVE_MAXIMUM)) {
    receive_maximum_ = mqtt::get<std::uint16_t>(properties, mqtt::property::RECEIVE_MAXIMUM);
  }
  if (properties.contains(mqtt::property::MAXIMUM_PACKET_SIZE)) {
    maximum_packet_size_ = mqtt::get<std::uint32_t>(properties, mqtt::property::MAXIMUM_PACKET_SIZE);
  }
  ring();
}

void MqttConnection::on_failure(const mqtt::token& token) {
  if (token.get_type() == mqtt::token::CONNECT) {
    const std::scoped_lock lock{mutex_};
    state_ = State::kFailed;
    ring();
  } else if (token.get_reason_code() >= kFirstErrorCode) {
    acknowledge(sequence_of(token), token.get_reason_code());
  } else {
    lose("closed with messages in flight");  // Paho gave up on the message because it gave up on the connection
  }
}

void MqttConnection::acknowledge(std::uint64_t sequence, int reason_code) {
  const std::scoped_lock lock{mutex_};
  acks_.push_back({sequence, static_cast<std::uint8_t>(reason_code)});
  ring();
}

void MqttConnection::lose(const std::string& reason) {
  const std::scoped_lock lock{mutex_};
  if (state_ == State::kLost) return;
  state_ = State::kLost;
  reason_ = reason;
  ring();
}

void MqttConnection::ring() {
  if (owner_) owner_->notify();
}

std::string MqttConnection::connect_failure() const {
  try {
    connect_token_->try_wait();
  } catch (const mqtt::exception& error) {
    // Paho 1.3 hands on the CONNACK's code as return code, and tells its own failures apart by their text alone.
    switch (const int code = error.get_return_code()) {
      case mqtt::ReasonCode::BAD_USER_NAME_OR_PASSWORD:
      case mqtt::ReasonCode::NOT_AUTHORIZED:
        return fmt::format("the broker refused user or password ({}); check mqtt.user and mqtt.password_file",
                           mqtt::exception::reason_code_str(code));
      case mqtt::ReasonCode::UNSUPPORTED_PROTOCOL_VERSION:
      case 1:  // the same, as brokers older than MQTT 5 say it
        return "the broker does not speak MQTT 5; Propriod needs one that does";
      default:
        if (code >= kFirstErrorCode) return "the broker said " + mqtt::exception::reason_code_str(code);
    }
    if (error.get_message().find("timeout") != std::string::npos) {
      return "time-out: no answer from the broker; is it frozen, or a firewall in the way?";
    }
    if (error.get_message().empty()) {
      return host_is_address_ ? "network unreachable; check the network and mqtt.url"
                              : "host name not found; check mqtt.url and the name server";
    }
  }
  return "connection refused; is the broker running, and does it listen there?";
}

}  // namespace propriod::daemon
