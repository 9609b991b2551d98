// How late are predictions, how many sensors does one process bear, and what does it cost? Starts a broker of its own
// and `propriod run` with so many sensors in real time, and listens to what a subscriber gets.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "tests/support/child_process.hpp"
#include "tests/support/mosquitto.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct Options {
  fs::path models;
  std::string name;
  std::string driver = "replay";
  fs::path recordings = PROPRIOD_TEST_DATA "/watch";
  int sensors = 20;
  int seconds = 60;
  std::string cpus;
};

fs::path write_configuration(const Options& options, const fs::path& directory, std::uint16_t port) {
  const auto file = directory / "propriod.yaml";
  std::ofstream yaml(file);
  yaml << "node: load\nmodel: {directory: " << fs::absolute(options.models) << ", name: " << options.name << "}\n"
       << "mqtt: {url: 'mqtt://127.0.0.1:" << port << "'}\nsensors:\n";
  std::vector<fs::path> recordings;
  if (options.driver == "replay") {
    for (const auto& entry : fs::directory_iterator(options.recordings)) {
      if (entry.path().extension() == ".gz") recordings.push_back(fs::absolute(entry.path()));
    }
    std::ranges::sort(recordings);
  }
  for (int k = 0; k < options.sensors; ++k) {
    yaml << "  - {name: s" << k << ", driver: " << options.driver;
    if (options.driver == "replay") {
      yaml << ", file: " << recordings[static_cast<std::size_t>(k) % recordings.size()] << ", loop: true}\n";
    } else {
      yaml << ", seed: " << k << "}\n";
    }
  }
  return file;
}

/// Seconds of processor time that a process has used, user and system.
double cpu_seconds(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int k = 0; k < 11; ++k) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

long resident_kib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  }
  return 0;
}

/// RFC 3339 with microseconds, as our messages have it.
std::chrono::system_clock::time_point parse_utc(const std::string& text) {
  std::tm tm{};
  strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &tm);
  return std::chrono::system_clock::from_time_t(timegm(&tm)) + std::chrono::microseconds{std::stol(text.substr(20, 6))};
}

/// `received`: a line a prediction, the UTC seconds of its arrival and the message.
void report(const fs::path& received) {
  std::vector<double> latencies_ms;
  std::map<std::string, std::set<std::uint64_t>> seqs;
  std::size_t duplicates = 0;
  std::ifstream lines(received);
  double arrived_s = 0;
  for (std::string json; lines >> arrived_s && std::getline(lines, json);) {
    const auto said = nlohmann::json::parse(json);
    if (!seqs[said.at("sensor")].insert(said.at("seq").get<std::uint64_t>()).second) {
      ++duplicates;
      continue;
    }
    const std::chrono::duration<double> measured = parse_utc(said.at("time")).time_since_epoch();
    latencies_ms.push_back(1e3 * (arrived_s - measured.count()));
  }
  std::size_t holes = 0;
  for (const auto& [sensor, seq] : seqs) holes += *seq.rbegin() - seq.size();
  std::ranges::sort(latencies_ms);
  const auto quantile = [&](double share) {
    return latencies_ms[static_cast<std::size_t>(share * static_cast<double>(latencies_ms.size() - 1))];
  };
  if (latencies_ms.empty()) throw std::runtime_error("no prediction arrived");
  std::printf("predictions       %zu from %zu sensors, %zu missing by seq, %zu duplicates\n", latencies_ms.size(),
              seqs.size(), holes, duplicates);
  std::printf("latency           p50 %.1f ms, p99 %.1f ms, largest %.1f ms (a window's last sample → subscriber)\n",
              quantile(0.5), quantile(0.99), latencies_ms.back());
}

void measure(const Options& options) {
  tests::TemporaryDirectory directory;
  tests::Mosquitto broker("max_inflight_messages 0\nmax_queued_messages 0");
  broker.start();
  // Not Paho: its receiving thread sleeps up to 100 ms after a pause, and that would count as ours.
  const auto received = directory / "received";
  tests::ChildProcess subscriber({"/bin/sh", "-c",
                                  "exec mosquitto_sub -h 127.0.0.1 -p " + std::to_string(broker.port()) +
                                      " -t 'propriod/load/+/prediction' -F '%U %p' >" + received.string()});

  std::vector<std::string> command;
  if (!options.cpus.empty()) command = {"taskset", "-c", options.cpus};
  command.insert(command.end(),
                 {PROPRIOD_PROGRAM, "run", "--config", write_configuration(options, directory.path(), broker.port())});
  tests::ChildProcess service(command);
  service.await_output("started");
  std::this_thread::sleep_for(10s);  // past what only the start costs
  const auto cpu_before = cpu_seconds(service.pid());
  const auto resident_before = resident_kib(service.pid());
  std::this_thread::sleep_for(std::chrono::seconds{options.seconds});
  const auto cpu = cpu_seconds(service.pid()) - cpu_before;
  const auto resident_after = resident_kib(service.pid());
  service.send_signal(SIGTERM);
  const auto summary = service.await_output("stopped ");
  service.wait();
  std::this_thread::sleep_for(1s);  // the last messages are still on their way to us

  std::printf("%d %s sensors in real time for %d s, processor %s\n", options.sensors, options.driver.c_str(),
              options.seconds, options.cpus.empty() ? "any" : options.cpus.c_str());
  report(received);
  std::printf("processor         %.1f %% of one core\n", 100 * cpu / (options.seconds));
  std::printf("resident          %ld MiB after 10 s, %ld MiB at the end\n", resident_before / 1024,
              resident_after / 1024);
  std::printf("service's summary %s", summary.substr(summary.find("stopped sensors")).c_str());
}

}  // namespace
}  // namespace propriod::bench

int main(int argc, char** argv) {
  propriod::bench::Options options;
  CLI::App app{"Measures latency, loss, processor share and memory of `propriod run` under a load of sensors"};
  app.add_option("--models", options.models, "folder of models")->required();
  app.add_option("--name", options.name, "model to serve")->required();
  app.add_option("--driver", options.driver, "what the sensors are")->check(CLI::IsMember({"replay", "simulated"}));
  app.add_option("--sensors", options.sensors, "how many")->capture_default_str();
  app.add_option("--seconds", options.seconds, "how long, after 10 s of warming up")->capture_default_str();
  app.add_option("--cpus", options.cpus, "processors of the service, as for taskset -c");
  CLI11_PARSE(app, argc, argv);
  try {
    propriod::bench::measure(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
