#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/wakeup.hpp"

namespace mqtt {
class async_client;
}

namespace propriod::tests {

/// Collects what a broker on 127.0.0.1 delivers for a topic filter, and rings a bell at every message. The test's
/// thread calls it; messages come on Paho's.
class Subscriber {
 public:
  struct Received {
    std::string topic;
    std::string payload;
    bool retained;  ///< the broker kept it: it was published before we subscribed
    std::chrono::system_clock::time_point arrived;
  };

  /// `bell` must outlive it. With QoS 1 a broker that ends takes along what Paho had not read yet: our unread
  /// acknowledgements reset the connection. With QoS 0 we send none, and nothing delivered is lost.
  Subscriber(std::uint16_t port, std::string filter, drivers::Wakeup& bell, int qos = 1);
  ~Subscriber();

  /// Returns when the subscription stands; to be called (again) whenever the broker was started. What was collected
  /// stays. Throws when the broker does not let it in.
  void connect();

  [[nodiscard]] std::vector<Received> messages() const;
  [[nodiscard]] std::size_t count() const;

  /// The newest payload of a topic; empty when there was none.
  [[nodiscard]] std::string last(std::string_view topic) const;

 private:
  const std::string uri_;
  const std::string filter_;
  const int qos_;
  drivers::Wakeup& bell_;
  mutable std::mutex mutex_;
  std::vector<Received> messages_;
  bool connected_ = false;
  std::condition_variable disconnected_;
  std::unique_ptr<mqtt::async_client> client_;  // last: nobody calls back once it is gone
};

}  // namespace propriod::tests
