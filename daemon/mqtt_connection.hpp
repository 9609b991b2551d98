#pragma once

#include <mqtt/async_client.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/mqtt_link.hpp"
#include "drivers/wakeup.hpp"

namespace propriod::daemon {

/// One attempt to reach the broker and, when it succeeds, that connection until it breaks; never used again after. All
/// that touches Paho is here, and a fresh client each time leaves nothing of a broken session behind.
///
/// The link's thread owns it. Paho's threads call back into the private part, which leaves word under a mutex and rings
/// the owner. They hold Paho's library-wide lock then, so nothing here calls Paho with the mutex held.
class MqttConnection final : private mqtt::iaction_listener {
 public:
  enum class State : std::uint8_t { kConnecting, kConnected, kFailed, kLost };

  /// The broker's answer to one `publish()`. From 0x80 on, the MQTT 5 reason code says why it was refused.
  struct Ack {
    std::uint64_t sequence;
    std::uint8_t reason_code;
  };

  struct Status {
    State state;
    std::string reason;             ///< of kFailed and kLost: what happened, and what to do
    std::uint16_t receive_maximum;  ///< of kConnected: unacknowledged messages the broker bears
  };

  /// Begins to connect. Nothing is thrown: what goes wrong is the status. `owner` must outlive the connection.
  MqttConnection(const MqttLink::Options& options, drivers::Wakeup& owner);

  /// Disconnects cleanly, so that the broker keeps the last will to itself. Waits while Paho looks up the broker's
  /// name: `abandon()` an attempt that has not ended.
  ~MqttConnection() override = default;
  MqttConnection(const MqttConnection&) = delete;
  MqttConnection& operator=(const MqttConnection&) = delete;

  /// Replaces `acks` by what has come since the last call.
  [[nodiscard]] Status harvest(std::vector<Ack>& acks);

  /// Sends with QoS 1; the answer will be an `Ack` with this `sequence`. False when the connection is lost.
  bool publish(std::uint64_t sequence, const std::string& topic, const std::string& payload, bool retained);

  /// Leaves an attempt that has not ended to itself until the process ends, in place of waiting for a name server.
  static void abandon(std::unique_ptr<MqttConnection> connection);

 private:
  void on_success(const mqtt::token& token) override;
  void on_failure(const mqtt::token& token) override;
  void lose(const std::string& reason);
  void acknowledge(std::uint64_t sequence, int reason_code);
  void ring();  // with mutex_ held
  [[nodiscard]] std::string connect_failure() const;

  const bool host_is_address_;

  std::mutex mutex_;
  drivers::Wakeup* owner_;  // null once abandoned
  State state_ = State::kConnecting;
  std::string reason_;
  std::uint16_t receive_maximum_ = 65535;
  std::uint32_t maximum_packet_size_ = std::numeric_limits<std::uint32_t>::max();  // bytes; final once kConnected
  std::vector<Ack> acks_;

  mqtt::token_ptr connect_token_;             // the owner's
  std::optional<mqtt::async_client> client_;  // last: destroyed first, after which nobody calls back
};

}  // namespace propriod::daemon
