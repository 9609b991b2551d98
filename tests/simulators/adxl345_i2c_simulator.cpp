// A program under which an ADXL345 answers on /dev/i2c-N:
//   adxl345_i2c_simulator [--bus 7] [--address 0x53]... [--rate-error 0.02] [--faults FILE] -- COMMAND...
// runs COMMAND so that it sees the simulated bus, and ends with its exit code. The sensor lies still, and tilts slowly.

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "drivers/boot_clock.hpp"
#include "tests/simulators/adxl345_model.hpp"
#include "tests/simulators/adxl345_umockdev.hpp"
#include "tests/simulators/fault_script.hpp"

namespace {

using namespace propriod;
using namespace std::chrono_literals;

drivers::adxl345::Counts tilting(std::uint64_t number) {
  const double angle = static_cast<double>(number) / 5000;
  return {static_cast<std::int16_t>(std::lround(256 * std::sin(angle))), static_cast<std::int16_t>(number % 3),
          static_cast<std::int16_t>(std::lround(256 * std::cos(angle)))};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Runs COMMAND with a simulated ADXL345 on an I2C bus"};
  tests::Adxl345Umockdev::Bus bus;
  std::vector<std::string> addresses;
  std::vector<std::string> command;
  std::string faults;
  double rate_error = 0;
  app.add_option("--bus", bus.number, "N of /dev/i2c-N");
  app.add_option("--address", addresses, "of a chip; repeat for more")->expected(1)->take_all();
  app.add_option("--rate-error", rate_error, "of the chips' oscillators: 0.02 is 2 % fast");
  app.add_option("--faults", faults, "script; its faults come to every chip")->check(CLI::ExistingFile);
  app.add_option("command", command, "what to run")->required();
  CLI11_PARSE(app, argc, argv);

  std::list<tests::Adxl345Model> chips;
  if (addresses.empty()) addresses = {"0x53"};
  for (const auto& address : addresses) {
    chips.emplace_back(tests::Adxl345Model::Options{.rate_error = rate_error,
                                                    .now = [] { return drivers::BootClock::now().time_since_epoch(); },
                                                    .signal = tilting});
    bus.chips[static_cast<std::uint8_t>(std::stoul(address, nullptr, 16))] = &chips.back();
  }
  std::ifstream file{faults};
  const auto script = tests::parse_fault_script(std::string{std::istreambuf_iterator<char>(file), {}});
  const tests::Adxl345Umockdev server{bus};

  setenv("LD_PRELOAD", "libumockdev-preload.so.0", 1);
  std::vector<char*> arguments;
  for (auto& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  if (posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0) {
    std::perror(arguments[0]);
    return EXIT_FAILURE;
  }
  std::signal(SIGINT, SIG_IGN);  // the terminal tells the child too
  const auto start = drivers::BootClock::now();
  auto fault = script.begin();
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    for (; fault != script.end() && start + fault->at <= drivers::BootClock::now(); ++fault) {
      for (auto& chip : chips) {
        if (!chip.fault(fault->name, fault->argument)) {
          std::fprintf(stderr, "%s: unknown fault %s\n", faults.c_str(), fault->name.c_str());
        }
      }
    }
    std::this_thread::sleep_for(10ms);
  }
  for (auto& chip : chips) {
    std::fprintf(stderr, "samples_made=%llu\n", static_cast<unsigned long long>(chip.samples_made()));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
