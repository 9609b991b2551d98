// The program as its users run it: does what was trained get served, whole, whatever happens to the broker or to us?
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "model/model_store.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/support/subscriber.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::daemon {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using tests::ChildProcess;
using tests::Mosquitto;
using tests::Subscriber;

constexpr auto kPatience = 60s;

int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status); }

/// Recordings of three people, and a model trained on them for one epoch: bad, but whole.
class Workshop {
 public:
  Workshop() {
    fs::create_directory(recordings());
    for (const auto* person : {"s01", "s02", "s03"}) {
      for (const auto* rest : {"_left_pendulum", "_right_abduction"}) {
        for (const auto* extension : {".csv.gz", ".yaml"}) {
          const auto file = std::string(person) + rest + extension;
          fs::copy_file(fs::path(PROPRIOD_TEST_DATA) / "watch" / file, recordings() / file);
        }
      }
    }
    ChildProcess training(train_arguments(1));
    if (const int status = exit_code(training.wait()); status != 0) {
      throw std::runtime_error("training ended with " + std::to_string(status));
    }
  }

  [[nodiscard]] fs::path path() const { return directory_.path(); }
  [[nodiscard]] fs::path recordings() const { return directory_.path() / "recordings"; }
  [[nodiscard]] fs::path models() const { return directory_.path() / "models"; }

  [[nodiscard]] std::vector<std::string> train_arguments(int epochs) const {
    return {PROPRIOD_PROGRAM, "train",    "--data",   recordings(),
            "--format",       "propriod", "--out",    models() / "watch",
            "--split",        "subject",  "--epochs", std::to_string(epochs),
            "--threads",      "1"};
  }

  /// A configuration that replays all recordings; the sensors are called after them.
  [[nodiscard]] fs::path configuration(std::uint16_t port, double speed, bool loop = false) const {
    const auto file = path() / "propriod.yaml";
    std::ofstream yaml(file);
    yaml << "node: test\nmodel: {directory: " << models() << ", name: watch, unknown_below: 0}\n"
         << "mqtt: {url: 'mqtt://127.0.0.1:" << port << "'}\nsensors:\n";
    for (const auto& entry : fs::directory_iterator(recordings())) {
      if (entry.path().extension() != ".gz") continue;
      yaml << "  - {name: " << entry.path().stem().stem().string() << ", driver: replay, file: " << entry.path()
           << ", speed: " << speed << ", loop: " << (loop ? "true" : "false") << "}\n";
    }
    return file;
  }

 private:
  tests::TemporaryDirectory directory_;
};

using Predictions = std::map<std::string, std::map<std::uint64_t, json>>;  // by sensor and `seq`

class Service : public testing::Test {
 protected:
  static void SetUpTestSuite() { workshop_ = new Workshop; }
  static void TearDownTestSuite() {
    delete workshop_;
    workshop_ = nullptr;
  }

  void SetUp() override {
    broker_.start();
    subscriber_.connect();
  }

  [[nodiscard]] ChildProcess run(const fs::path& configuration) const {
    return ChildProcess({PROPRIOD_PROGRAM, "run", "--config", configuration});
  }

  /// All predictions so far by sensor and `seq`, duplicates folded.
  [[nodiscard]] Predictions predictions() const { return predictions(subscriber_); }
  [[nodiscard]] static Predictions predictions(const Subscriber& subscriber) {
    Predictions result;
    for (const auto& message : subscriber.messages()) {
      if (!message.topic.ends_with("/prediction")) continue;
      auto said = json::parse(message.payload);
      result[said.at("sensor")].emplace(said.at("seq").get<std::uint64_t>(), std::move(said));
    }
    return result;
  }

  template <typename Condition>
  void await(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "waited in vain";
      bell_.wait_until(std::chrono::steady_clock::now() + 200ms);
    }
  }

  void expect_nothing_lost(std::chrono::seconds outage);

  static Workshop* workshop_;
  Mosquitto broker_;
  drivers::Wakeup bell_;
  Subscriber subscriber_{broker_.port(), "propriod/test/#", bell_};
};

Workshop* Service::workshop_ = nullptr;

void expect_no_hole(const Predictions::mapped_type& by_seq) {
  EXPECT_EQ(by_seq.begin()->first, 1U);
  EXPECT_EQ(by_seq.rbegin()->first, by_seq.size());
}

/// One task of a message beside what `evaluate` says of the same window.
void expect_same(const json& served, const json& probabilities, const std::vector<std::string>& labels) {
  const auto expected = probabilities.get<std::vector<double>>();
  ASSERT_EQ(expected.size(), labels.size());
  for (std::size_t k = 0; k < labels.size(); ++k) {
    EXPECT_NEAR(served.at("probabilities").at(labels[k]).get<double>(), expected[k], 1e-5);
  }
  const auto best = std::ranges::max_element(expected) - expected.begin();
  EXPECT_EQ(served.at("label"), labels[static_cast<std::size_t>(best)]);
}

/// Is what is trained what is served? `evaluate` and `run` look at the same recordings.
TEST_F(Service, GivesTheSameProbabilitiesAsEvaluate) {
  const auto file = workshop_->path() / "evaluated.jsonl";
  ChildProcess evaluation({PROPRIOD_PROGRAM, "evaluate", "--model", workshop_->models() / "watch" / "current", "--data",
                           workshop_->recordings(), "--format", "propriod", "--probabilities", file});
  ASSERT_EQ(exit_code(evaluation.wait()), 0);
  auto service = run(workshop_->configuration(broker_.port(), /*speed=*/0));
  ASSERT_EQ(exit_code(service.wait()), 0);

  std::map<std::string, std::vector<json>> evaluated;
  std::ifstream lines(file);
  std::size_t windows = 0;
  for (std::string line; std::getline(lines, line); ++windows) {
    auto said = json::parse(line);
    auto sensor = said.at("recording").get<std::string>();
    evaluated[sensor.substr(0, sensor.find('.'))].push_back(std::move(said));
  }
  ASSERT_GT(windows, 100U);
  await([&] {
    std::size_t received = 0;
    for (const auto& [sensor, by_seq] : predictions()) received += by_seq.size();
    return received >= windows;
  });
  const auto served = predictions();
  ASSERT_EQ(served.size(), evaluated.size());
  const auto manifest = model::load_bundle(workshop_->models() / "watch" / "current").manifest;
  for (const auto& [sensor, by_seq] : served) {
    expect_no_hole(by_seq);
    ASSERT_EQ(by_seq.size(), evaluated[sensor].size()) << sensor;
    for (const auto& [seq, said] : by_seq) {
      const auto& expected = evaluated[sensor][seq - 1];
      expect_same(said.at("activity"), expected.at("activity_probabilities"), manifest.activities);
      expect_same(said.at("placement"), expected.at("placement_probabilities"), manifest.placements);
    }
  }
  EXPECT_EQ(subscriber_.last("propriod/test/status"), "stopped");
}

/// Runs six looping replays at 20 times real time, 100 predictions a second, takes the broker away for `outage` and
/// brings it back: does that cost a single prediction?
void Service::expect_nothing_lost(std::chrono::seconds outage) {
  Mosquitto broker("max_inflight_messages 0\nmax_queued_messages 0");
  broker.start();
  Subscriber subscriber(broker.port(), "propriod/test/#", bell_, /*qos=*/0);
  subscriber.connect();
  auto service = run(workshop_->configuration(broker.port(), /*speed=*/20, /*loop=*/true));
  await([&] { return predictions(subscriber).size() == 6; });
  broker.stop();
  service.await_output("mqtt_connect_failed");
  std::this_thread::sleep_for(outage);  // the outage itself; nothing is waited for
  service.send_signal(SIGSTOP);         // or it would be back before the subscriber, who would miss what came first
  broker.start();
  subscriber.connect();
  service.send_signal(SIGCONT);
  const auto missed = subscriber.count();
  await([&] { return subscriber.count() > missed + 100 * static_cast<std::size_t>(outage.count()) + 100; });
  service.send_signal(SIGTERM);
  const auto summary = service.await_output("stopped sensors=6");
  EXPECT_THAT(summary, HasSubstr("undelivered=0 dropped=0 samples_refused=0"));
  ASSERT_EQ(exit_code(service.wait()), 0);
  await([&] { return subscriber.last("propriod/test/status") == "stopped"; });
  std::size_t received = 0;
  for (const auto& [sensor, by_seq] : predictions(subscriber)) {
    expect_no_hole(by_seq);
    received += by_seq.size();
  }
  EXPECT_THAT(summary, HasSubstr("predictions=" + std::to_string(received) + " "));
}

TEST_F(Service, LosesNothingWhenTheBrokerGoesAndComesBack) { expect_nothing_lost(0s); }

TEST_F(Service, LongOutageOfTheBrokerLosesNothing) { expect_nothing_lost(20s); }

TEST_F(Service, EndsOnSigtermWithEverythingDelivered) {
  auto service = run(workshop_->configuration(broker_.port(), /*speed=*/50, /*loop=*/true));
  await([&] { return predictions().size() == 6; });
  EXPECT_EQ(subscriber_.last("propriod/test/status"), "online");
  const auto asked = std::chrono::steady_clock::now();
  service.send_signal(SIGTERM);
  const int status = service.wait();
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 5s);
  EXPECT_EQ(exit_code(status), 0);
  await([&] { return subscriber_.last("propriod/test/status") == "stopped"; });
  for (const auto& [sensor, by_seq] : predictions()) expect_no_hole(by_seq);
  const auto model = json::parse(subscriber_.last("propriod/test/model"));
  EXPECT_EQ(model.at("name"), "watch");
  EXPECT_EQ(model.at("activities"), (json{"abduction", "pendulum"}));
}

TEST_F(Service, EndsOnSigtermWithoutABroker) {
  broker_.stop();
  auto service = run(workshop_->configuration(broker_.port(), /*speed=*/1));
  service.await_output("mqtt_connect_failed");
  const auto asked = std::chrono::steady_clock::now();
  service.send_signal(SIGTERM);
  EXPECT_EQ(exit_code(service.wait()), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 5s);
}

TEST_F(Service, SaysOfflineWhenItIsKilled) {
  auto service = run(workshop_->configuration(broker_.port(), /*speed=*/1));
  await([&] { return subscriber_.last("propriod/test/status") == "online"; });
  service.send_signal(SIGKILL);
  await([&] { return subscriber_.last("propriod/test/status") == "offline"; });
}

/// Can a training that is killed leave a model behind that is not whole?
TEST_F(Service, AKilledTrainingLeavesNoBrokenBundle) {
  const model::ModelStore store(workshop_->models() / "watch");
  const auto before = store.versions().size();
  for (int round = 0; round < 6; ++round) {
    ChildProcess training(workshop_->train_arguments(/*epochs=*/2));
    training.await_output("to train");
    usleep(static_cast<useconds_t>(round) *
           150'000);  // somewhere between the first step and the end: any moment will do
    training.send_signal(SIGKILL);
    training.wait();
    for (const auto& version : store.versions()) {
      EXPECT_NO_THROW((void)model::load_bundle(workshop_->models() / "watch" / version));
    }
  }
  ChildProcess training(workshop_->train_arguments(/*epochs=*/1));
  EXPECT_EQ(exit_code(training.wait()), 0);
  EXPECT_GT(store.versions().size(), before);
}

TEST_F(Service, CtrlCEndsATrainingAndKeepsTheBestSoFar) {
  const model::ModelStore store(workshop_->models() / "watch");
  const auto before = store.versions().size();
  ChildProcess training(workshop_->train_arguments(/*epochs=*/100'000));
  training.await_output("first epoch");
  training.send_signal(SIGINT);
  training.await_output("wrote");
  EXPECT_EQ(exit_code(training.wait()), 0);
  ASSERT_EQ(store.versions().size(), before + 1);
  const auto kept = model::load_bundle(workshop_->models() / "watch" / store.versions().back());
  EXPECT_LT(kept.manifest.training.epochs_run, 100'000);
}

TEST_F(Service, RefusesAModelWithOneFlippedByteInOneLine) {
  const auto broken = workshop_->path() / "broken" / "watch";
  fs::create_directories(broken);
  fs::copy(workshop_->models() / "watch", broken, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  std::fstream weights(broken / "current" / "weights.safetensors", std::ios::in | std::ios::out | std::ios::binary);
  weights.seekp(1'000'000);
  weights.put('\x55');
  weights.close();
  const auto file = workshop_->path() / "broken.yaml";
  std::ofstream(file) << "node: test\nmodel: {directory: " << broken.parent_path()
                      << ", name: watch}\nsensors: [{name: a, driver: simulated}]\n";
  auto service = run(file);
  service.await_output("SHA-256");
  EXPECT_EQ(exit_code(service.wait()), 1);
}

TEST_F(Service, RefusesASensorThatIsTooSlowForTheModel) {
  const auto file = workshop_->path() / "slow.yaml";
  std::ofstream(file) << "node: test\nmodel: {directory: " << workshop_->models()
                      << ", name: watch}\nsensors: [{name: slow, driver: simulated, rate: 20}]\n";
  auto service = run(file);
  service.await_output("sensor slow gives 20 samples a second");
  EXPECT_EQ(exit_code(service.wait()), 2);
}

}  // namespace
}  // namespace propriod::daemon
