#include "daemon/mqtt_link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <csignal>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string_view>

#include "tests/support/child_process.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/support/subscriber.hpp"

namespace propriod::daemon {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::Not;
using tests::ChildProcess;
using tests::Mosquitto;
using tests::Subscriber;

const std::string kStatus = "propriod/test/status";
const std::string kNumbers = "propriod/test/numbers";

// Mosquitto delivers a message before it acknowledges it only without these limits: what the link need not send again
// is then not lost in a queue of the broker that we kill.
const std::string kDeliverAtOnce = "max_inflight_messages 0\nmax_queued_messages 0\n";

/// The payloads of kNumbers in the order of their first arrival.
std::vector<int> numbers(const Subscriber& subscriber) {
  std::vector<int> in_order;
  std::set<int> seen;
  for (const auto& message : subscriber.messages()) {
    if (message.topic != kNumbers) continue;
    const int number = std::stoi(message.payload);
    if (seen.insert(number).second) in_order.push_back(number);
  }
  return in_order;
}

std::vector<int> range(int first, int end) {
  std::vector<int> all;
  for (int number = first; number < end; ++number) all.push_back(number);
  return all;
}

/// Accepts one connection on 127.0.0.1 and says what it is told to, whatever the client says.
class ScriptedBroker {
 public:
  ScriptedBroker() : acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}), socket_(io_) {}
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void accept_connection() { acceptor_.accept(socket_); }
  void answer(std::string_view bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }

  /// With a FIN, as a reset would overtake what was said.
  void hang_up() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp::socket socket_;
};

class MqttLinkTest : public testing::Test {
 protected:
  MqttLinkTest()
      : log_sink_(std::make_shared<spdlog::sinks::ostream_sink_mt>(log_)), previous_(spdlog::default_logger()) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", log_sink_));
  }
  ~MqttLinkTest() override { spdlog::set_default_logger(previous_); }

  static MqttLink::Options options(const Mosquitto& broker) {
    return {.host = "127.0.0.1",
            .port = broker.port(),
            .client_id = "propriod-test",
            .keep_alive = 30s,
            .queue_messages = 100'000,
            .status_topic = kStatus};
  }

  static void enqueue_numbers(MqttLink& link, int first, int end) {
    for (int number = first; number < end; ++number) link.enqueue({kNumbers, std::to_string(number)});
  }

  /// Drives the link as the publisher thread does, until `happened`; false when it takes longer than any machine
  /// should.
  bool drive(MqttLink& link, const std::function<bool()>& happened) {
    const auto deadline = steady_clock::now() + 60s;
    while (steady_clock::now() < deadline) {
      link.poll();
      if (happened()) return true;
      bell_.wait_until(std::min(link.next_deadline(), deadline));
    }
    return false;
  }

  bool drive_until_delivered(MqttLink& link, const Subscriber& subscriber, std::size_t count) {
    return drive(link, [&] { return link.unacknowledged() == 0 && subscriber.count() >= count; });
  }

  drivers::Wakeup bell_;
  std::ostringstream log_;

 private:
  std::shared_ptr<spdlog::sinks::ostream_sink_mt> log_sink_;
  std::shared_ptr<spdlog::logger> previous_;
};

// Does what is enqueued arrive, once and in order?
TEST_F(MqttLinkTest, DeliversInOrder) {
  Mosquitto broker;
  broker.start();
  Subscriber subscriber{broker.port(), kNumbers, bell_};
  subscriber.connect();
  MqttLink link{options(broker), bell_};
  enqueue_numbers(link, 0, 5000);
  ASSERT_TRUE(drive_until_delivered(link, subscriber, 5000));
  EXPECT_EQ(numbers(subscriber), range(0, 5000));
  EXPECT_EQ(subscriber.count(), 5000U);
  EXPECT_EQ(link.counters().acknowledged, 5000U);
  EXPECT_EQ(link.counters().resent, 0U);
  EXPECT_THAT(log_.str(), HasSubstr("mqtt_connected url=mqtt://127.0.0.1:"));
}

// Does a broker that is not there when we start lose anything?
TEST_F(MqttLinkTest, WaitsForABrokerThatIsAbsentAtStart) {
  Mosquitto broker;
  MqttLink link{options(broker), bell_};
  enqueue_numbers(link, 0, 500);
  ASSERT_TRUE(drive(link, [&] { return link.counters().connect_failures == 2; }));
  EXPECT_THAT(log_.str(), HasSubstr("connection refused; is the broker running"));
  EXPECT_EQ(log_.str().find("mqtt_connect_failed"), log_.str().rfind("mqtt_connect_failed")) << "logged once";

  broker.start();
  Subscriber subscriber{broker.port(), kNumbers, bell_};
  subscriber.connect();
  ASSERT_TRUE(drive_until_delivered(link, subscriber, 500));
  EXPECT_EQ(numbers(subscriber), range(0, 500));
}

// Does every number arrive when the broker is killed under load, again and again?
TEST_F(MqttLinkTest, DeliversEveryNumberThroughThreeKillsOfTheBroker) {
  Mosquitto broker{kDeliverAtOnce};
  broker.start();
  Subscriber subscriber{broker.port(), kNumbers, bell_, /*qos=*/0};
  subscriber.connect();
  MqttLink link{options(broker), bell_};
  enqueue_numbers(link, 0, 20'000);
  for (std::uint64_t kills = 1; kills <= 3; ++kills) {
    ASSERT_TRUE(drive(link, [&] { return link.counters().acknowledged >= 5000 * kills; }));
    broker.kill();
    ASSERT_TRUE(drive(link, [&] { return !link.connected(); }));
    broker.start();
    subscriber.connect();
  }
  ASSERT_TRUE(drive(link, [&] { return link.unacknowledged() == 0 && numbers(subscriber).size() >= 20'000; }));
  EXPECT_EQ(numbers(subscriber), range(0, 20'000));
  EXPECT_EQ(link.counters().acknowledged, 20'000U);
  EXPECT_EQ(link.counters().dropped, 0U);
  EXPECT_EQ(link.counters().connects, 4U);
  EXPECT_GE(link.counters().resent, 1U);
}

// When an outage outlasts the queue: is the count of what was dropped the exact count of what is missing?
TEST_F(MqttLinkTest, CountsExactlyWhatAFullQueueDropped) {
  Mosquitto broker{kDeliverAtOnce};
  broker.start();
  Subscriber subscriber{broker.port(), kNumbers, bell_, /*qos=*/0};
  subscriber.connect();
  auto small = options(broker);
  small.queue_messages = 300;
  MqttLink link{small, bell_};
  enqueue_numbers(link, 0, 200);
  ASSERT_TRUE(drive(link, [&] { return link.counters().acknowledged >= 50; }));
  broker.kill();
  ASSERT_TRUE(drive(link, [&] { return !link.connected(); }));
  enqueue_numbers(link, 200, 1000);
  EXPECT_EQ(link.counters().enqueued, 1000U);
  EXPECT_THAT(log_.str(), HasSubstr("mqtt_queue_full limit=300"));

  broker.start();
  subscriber.connect();
  ASSERT_TRUE(drive(link, [&] { return link.unacknowledged() == 0 && numbers(subscriber).back() == 999; }));
  EXPECT_EQ(link.counters().dropped, 1000U - numbers(subscriber).size());
  EXPECT_GE(link.counters().dropped, 500U);
}

// When everything in the queue was sent already: does the message that finds no room give way itself?
TEST_F(MqttLinkTest, NeverDropsWhatMayHaveArrived) {
  Mosquitto broker{kDeliverAtOnce};
  broker.start();
  auto tiny = options(broker);
  tiny.queue_messages = 5;
  MqttLink link{tiny, bell_};
  ASSERT_TRUE(drive(link, [&] { return link.connected() && link.unacknowledged() == 0; }));
  broker.freeze();
  enqueue_numbers(link, 0, 5);
  link.poll();  // sends them
  enqueue_numbers(link, 5, 7);
  EXPECT_EQ(link.counters().dropped, 2U);

  Subscriber subscriber{broker.port(), kNumbers, bell_, /*qos=*/0};
  broker.kill();
  broker.start();
  subscriber.connect();
  ASSERT_TRUE(drive_until_delivered(link, subscriber, 5));
  EXPECT_EQ(numbers(subscriber), range(0, 5));
}

// Do subscribers learn that the process died?
TEST_F(MqttLinkTest, LeavesOfflineAsLastWillOfAKilledProcess) {
  Mosquitto broker;
  broker.start();
  Subscriber subscriber{broker.port(), kStatus, bell_};
  subscriber.connect();
  ChildProcess process{{PROPRIOD_LINK_PROCESS, std::to_string(broker.port()), kStatus}};
  const auto await_status = [&](const std::string& status) {
    const auto deadline = steady_clock::now() + 60s;
    while (subscriber.last(kStatus) != status && steady_clock::now() < deadline) bell_.wait_until(deadline);
    return subscriber.last(kStatus);
  };
  ASSERT_EQ(await_status("online"), "online");
  process.send_signal(SIGKILL);
  EXPECT_EQ(await_status("offline"), "offline");
}

// Does a clean stop say so, and keep the last will from contradicting it?
TEST_F(MqttLinkTest, SaysStoppedOnClose) {
  Mosquitto broker;
  broker.start();
  MqttLink link{options(broker), bell_};
  ASSERT_TRUE(drive(link, [&] { return link.connected() && link.unacknowledged() == 0; }));
  link.close(steady_clock::now() + 20s);
  EXPECT_FALSE(link.connected());
  EXPECT_EQ(link.unacknowledged(), 0U);

  Subscriber late{broker.port(), "propriod/#", bell_};
  late.connect();
  while (late.count() == 0) bell_.wait_until(steady_clock::now() + 1s);
  const auto messages = late.messages();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].payload, "stopped");
  EXPECT_TRUE(messages[0].retained);
}

// Does a link that is merely destroyed leave "online" behind?
TEST_F(MqttLinkTest, SaysStoppedWhenDestroyed) {
  Mosquitto broker;
  broker.start();
  Subscriber subscriber{broker.port(), kStatus, bell_};
  subscriber.connect();
  {
    MqttLink link{options(broker), bell_};
    ASSERT_TRUE(drive(link, [&] { return subscriber.last(kStatus) == "online"; }));
  }
  while (subscriber.count() < 2) bell_.wait_until(steady_clock::now() + 1s);
  EXPECT_EQ(subscriber.last(kStatus), "stopped");
}

// Does a broker that forgot everything know the retained topics again, and only their newest payloads?
TEST_F(MqttLinkTest, SendsRetainedTopicsAgainToARestartedBroker) {
  Mosquitto broker;
  broker.start();
  MqttLink link{options(broker), bell_};
  link.set_retained({"propriod/test/model", "old"});
  link.set_retained({"propriod/test/bed/state", "supine"});
  ASSERT_TRUE(drive(link, [&] { return link.connected() && link.unacknowledged() == 0; }));
  broker.stop();
  ASSERT_TRUE(drive(link, [&] { return !link.connected(); }));
  EXPECT_THAT(log_.str(), HasSubstr("mqtt_lost"));
  link.set_retained({"propriod/test/model", "newer"});
  link.set_retained({"propriod/test/model", "newest"});
  broker.start();
  Subscriber subscriber{broker.port(), "propriod/#", bell_};
  subscriber.connect();
  ASSERT_TRUE(drive_until_delivered(link, subscriber, 3));
  EXPECT_EQ(subscriber.messages().front().payload, "online") << "the others count only while the node is online";
  EXPECT_EQ(subscriber.last("propriod/test/model"), "newest");
  EXPECT_EQ(subscriber.last("propriod/test/bed/state"), "supine");
  EXPECT_EQ(subscriber.count(), 3U);
}

// Is a retained payload that did not change published again?
TEST_F(MqttLinkTest, SendsARetainedTopicOnChangeOnly) {
  Mosquitto broker;
  broker.start();
  Subscriber subscriber{broker.port(), "propriod/test/model", bell_};
  subscriber.connect();
  MqttLink link{options(broker), bell_};
  for (const auto* payload : {"a", "a", "b", "b"}) {
    link.set_retained({"propriod/test/model", payload});
    ASSERT_TRUE(drive(link, [&] { return link.connected() && link.unacknowledged() == 0; }));
  }
  ASSERT_TRUE(drive_until_delivered(link, subscriber, 2));
  EXPECT_EQ(subscriber.count(), 2U);
  EXPECT_EQ(subscriber.last("propriod/test/model"), "b");
}

// Does a stop wait for a broker that is not there?
TEST_F(MqttLinkTest, ClosesAtOnceWithoutABroker) {
  Mosquitto broker;
  MqttLink link{options(broker), bell_};
  enqueue_numbers(link, 0, 10);
  link.poll();  // an attempt has begun
  const auto start = steady_clock::now();
  link.close(start + 5s);
  EXPECT_LT(steady_clock::now(), start + 5s);
  EXPECT_EQ(link.unacknowledged(), 11U) << "ten numbers, and the status that was never told";
}

// Does a stop wait longer than its deadline for a broker that answers nothing?
TEST_F(MqttLinkTest, ClosesByItsDeadlineWithAFrozenBroker) {
  Mosquitto broker;
  broker.start();
  MqttLink link{options(broker), bell_};
  ASSERT_TRUE(drive(link, [&] { return link.connected() && link.unacknowledged() == 0; }));
  broker.freeze();
  const auto start = steady_clock::now();
  link.close(start + 200ms);
  EXPECT_GE(steady_clock::now(), start + 200ms);
  EXPECT_LT(steady_clock::now(), start + 10s);
  EXPECT_FALSE(link.connected());
}

// Is a broker noticed that keeps its connections and answers nothing, and does all arrive once it is back?
TEST_F(MqttLinkTest, NoticesAFrozenBroker) {
  Mosquitto broker{kDeliverAtOnce};
  broker.start();
  Subscriber subscriber{broker.port(), kNumbers, bell_};
  subscriber.connect();
  auto impatient = options(broker);
  impatient.keep_alive = 1s;
  MqttLink link{impatient, bell_};
  ASSERT_TRUE(drive(link, [&] { return link.connected(); }));
  broker.freeze();
  const auto start = steady_clock::now();
  enqueue_numbers(link, 0, 10);
  ASSERT_TRUE(drive(link, [&] { return !link.connected(); }));
  RecordProperty("seconds_until_noticed",
                 std::to_string(std::chrono::duration<double>(steady_clock::now() - start).count()));
  broker.thaw();
  ASSERT_TRUE(drive_until_delivered(link, subscriber, 10));
  EXPECT_EQ(numbers(subscriber), range(0, 10));
}

// Does the log say what to do about a wrong password, without the password?
TEST_F(MqttLinkTest, SaysThatThePasswordIsWrong) {
  const tests::TemporaryDirectory directory;
  std::ofstream{directory / "passwords"}  // propriod: right
      << "propriod:$7$101$X7kjDWzSeZDaBLVb$1d6rJc4/oUUR31QFZSFmQUmP1XkezSFFcTlvQVD20QH6JsJC1qJMAwe7zo4bXzUREMbxmXMMoGWg"
         "PppZVzDvHw==\n";
  Mosquitto broker{"allow_anonymous false\npassword_file " + (directory / "passwords").string() + "\n"};
  broker.start();
  auto wrong = options(broker);
  wrong.user = "propriod";
  wrong.password = "hunter2";
  {
    MqttLink link{wrong, bell_};
    ASSERT_TRUE(drive(link, [&] { return link.counters().connect_failures == 1; }));
  }
  EXPECT_THAT(log_.str(), HasSubstr("check mqtt.user and mqtt.password_file"));
  EXPECT_THAT(log_.str(), Not(HasSubstr("hunter2")));

  wrong.password = "right";
  MqttLink link{wrong, bell_};
  EXPECT_TRUE(drive(link, [&] { return link.connected(); }));
}

// Does a message that the broker's ACL forbids hold up the others, or go round for ever?
TEST_F(MqttLinkTest, CountsWhatTheBrokerRefusesAndGoesOn) {
  const tests::TemporaryDirectory directory;
  std::ofstream{directory / "acl"} << "topic readwrite propriod/#\n";
  Mosquitto broker{"acl_file " + (directory / "acl").string() + "\n"};
  broker.start();
  Subscriber subscriber{broker.port(), kNumbers, bell_};
  subscriber.connect();
  MqttLink link{options(broker), bell_};
  link.enqueue({"forbidden", "x"});
  link.enqueue({"\xff", "not a topic on any broker"});
  enqueue_numbers(link, 0, 3);
  ASSERT_TRUE(drive_until_delivered(link, subscriber, 3));
  EXPECT_EQ(link.counters().refused, 2U);
  EXPECT_EQ(link.counters().acknowledged, 3U);
  EXPECT_EQ(link.counters().connects, 1U);
  EXPECT_THAT(log_.str(), HasSubstr("mqtt_refused topic=forbidden"));
}

// Is a name that does not resolve told apart from a broker that does not run?
TEST_F(MqttLinkTest, SaysThatTheHostNameIsNotFound) {
  MqttLink link{{.host = "no-such-host.invalid", .client_id = "propriod-test", .status_topic = kStatus}, bell_};
  ASSERT_TRUE(drive(link, [&] { return link.counters().connect_failures == 1; }));
  EXPECT_THAT(log_.str(), HasSubstr("host name not found"));
}

// Does a message larger than the broker takes cost us the connection, again and again?
TEST_F(MqttLinkTest, RefusesWhatIsTooLargeForTheBroker) {
  Mosquitto broker{"max_packet_size 1000\n"};
  broker.start();
  Subscriber subscriber{broker.port(), kNumbers, bell_};
  subscriber.connect();
  MqttLink link{options(broker), bell_};
  link.enqueue({kNumbers, std::string(2000, '7')});
  enqueue_numbers(link, 0, 3);
  ASSERT_TRUE(drive_until_delivered(link, subscriber, 3));
  EXPECT_EQ(link.counters().refused, 1U);
  EXPECT_EQ(link.counters().connects, 1U);
  EXPECT_THAT(log_.str(), HasSubstr("reason=\"Packet too large\""));
}

// Does the log say why a broker threw us out? (Mosquitto 2.0 does not say it, so this broker is a script.)
TEST_F(MqttLinkTest, LogsTheReasonThatTheBrokerGave) {
  ScriptedBroker broker;
  MqttLink link{{.host = "127.0.0.1", .port = broker.port(), .client_id = "propriod-test", .status_topic = kStatus},
                bell_};
  link.poll();
  broker.accept_connection();
  broker.answer("\x20\x03\x00\x00\x00"sv);  // CONNACK: success, no properties
  ASSERT_TRUE(drive(link, [&] { return link.connected(); }));
  broker.answer("\xe0\x01\x8e"sv);  // DISCONNECT: session taken over
  broker.hang_up();
  ASSERT_TRUE(drive(link, [&] { return !link.connected(); }));
  EXPECT_THAT(log_.str(), HasSubstr("reason=\"the broker said Session taken over\""));
}

}  // namespace
}  // namespace propriod::daemon
