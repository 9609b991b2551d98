#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/log_limiter.hpp"
#include "drivers/backoff.hpp"
#include "drivers/wakeup.hpp"

namespace propriod::daemon {

class MqttConnection;

struct Message {
  std::string topic;
  std::string payload;
};

/// Everything the service publishes, on its way to the broker: QoS 1 in order, kept while the broker is away, sent
/// again when a connection broke before the broker acknowledged. Subscribers may so see a message twice, never a hole.
///
/// A state machine without a thread. One thread, its owner, calls everything here but `counters()`, and waits on the
/// wakeup between two `poll()`s; Paho's threads only ring it. Nothing is thrown for whatever the broker does.
///
/// MQTT 5, clean start. Reconnects by itself after 0.25 … 5 s (`Backoff`), plus up to 1 s in which Paho does not look
/// at its sockets. A broker that froze, or a cable that was cut, is noticed after two keep-alives plus at most 10 s.
class MqttLink {
 public:
  struct Options {
    std::string host;  ///< name, IPv4 or IPv6 address
    std::uint16_t port = 1883;
    std::string client_id;  ///< two clients with one id throw each other out
    std::string user{};     ///< empty: none
    std::string password{};
    std::chrono::seconds keep_alive{30};
    std::size_t queue_messages = 65536;  ///< bounds what waits and what is in flight together
    std::string status_topic;            ///< retained: "online", "stopped" after `close()`, "offline" as last will
  };

  /// Of the messages given to `enqueue()`, unless said otherwise.
  struct Counters {
    std::atomic<std::uint64_t> enqueued{0};
    std::atomic<std::uint64_t> acknowledged{0};
    std::atomic<std::uint64_t> dropped{0};  ///< never sent: the queue was full
    std::atomic<std::uint64_t> resent{0};
    std::atomic<std::uint64_t> refused{0};  ///< turned down by the broker; not sent again
    std::atomic<std::uint64_t> connects{0};
    std::atomic<std::uint64_t> connect_failures{0};
  };

  /// Connects in the first `poll()`. `owner` must outlive the link.
  MqttLink(Options options, drivers::Wakeup& owner);

  /// Closes with a second's grace when `close()` was not called.
  ~MqttLink();
  MqttLink(const MqttLink&) = delete;
  MqttLink& operator=(const MqttLink&) = delete;

  /// Takes a message that must arrive, in order. In a full queue the oldest that was never sent gives way to it, and is
  /// counted: a message that was sent may have arrived, so dropping it would make the count a guess.
  void enqueue(Message message);

  /// Remembers the newest payload of a topic and has the broker keep it: sent when it changed, ahead of the queue, and
  /// again on every connection, because a broker that crashed has forgotten it. An empty payload clears the topic.
  void set_retained(Message message);

  /// Does whatever is due: connects, notices lost connections, takes in acknowledgements, sends what fits in flight.
  /// Call it after `enqueue()` or `set_retained()`, when the wakeup rang, and at `next_deadline()`. Waits for nothing;
  /// but after an attempt that a name server held up for a minute, the next one waits for that name server too.
  void poll();

  /// When `poll()` wants to be called although nobody rang; the end of time when only a ring can bring work.
  [[nodiscard]] std::chrono::steady_clock::time_point next_deadline() const noexcept;

  /// Messages of both kinds that the broker has not acknowledged yet.
  [[nodiscard]] std::size_t unacknowledged() const noexcept;

  [[nodiscard]] bool connected() const noexcept { return connected_; }

  /// Any thread.
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

  /// Has what is in flight acknowledged, says "stopped" and disconnects; what still waits in the queue stays unsent.
  /// Returns at `deadline` at the latest, at once when there is no connection. Idempotent; nothing is sent afterwards.
  void close(std::chrono::steady_clock::time_point deadline);

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct RetainedValue {
    std::string payload;
    bool unsent;  // it stands in unsent_retained_
  };
  using RetainedTopic = std::map<std::string, RetainedValue, std::less<>>::value_type;

  struct InFlight {
    Message message;                // of the queue; empty for a retained one
    const RetainedTopic* retained;  // or null
    bool settled = false;           // acknowledged or refused, behind one that is not
    [[nodiscard]] const std::string& topic() const { return retained ? retained->first : message.topic; }
  };

  void harvest(TimePoint now);
  void settle(std::uint64_t sequence, std::uint8_t reason_code, TimePoint now);
  void begin(std::uint16_t receive_maximum, TimePoint now);
  void lose(const std::string& reason, TimePoint now);
  void retry_later(TimePoint now, const std::string& failure);
  void resend_all_retained();
  void fill_window();

  const Options options_;
  const std::string url_;  // for the log
  drivers::Wakeup& owner_;
  Counters counters_;

  std::map<std::string, RetainedValue, std::less<>> retained_;
  std::deque<RetainedTopic*> unsent_retained_;  // in the order of their change
  std::deque<Message> waiting_;                 // never sent
  std::deque<Message> resend_;                  // sent on a connection that broke; they come before waiting_
  std::deque<InFlight> in_flight_;
  std::uint64_t first_in_flight_ = 0;  // the sequence number of in_flight_.front()
  std::size_t window_ = 0;             // how many may be in flight

  std::unique_ptr<MqttConnection> connection_;  // null while backing off
  bool connected_ = false;
  bool closing_ = false;
  drivers::Backoff backoff_;
  TimePoint retry_at_{};      // while connection_ is null
  TimePoint attempt_ends_{};  // while connecting
  TimePoint connected_since_{};

  LogLimiter connect_failures_log_;
  LogLimiter refused_log_;
  LogLimiter dropped_log_;
};

}  // namespace propriod::daemon
