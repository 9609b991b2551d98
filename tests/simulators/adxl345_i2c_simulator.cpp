// A program under which an ADXL345 answers on /dev/i2c-N:
//   adxl345_i2c_simulator [OPTIONS] -- COMMAND...
// runs COMMAND so that it sees the simulated bus, and ends as that does. The sensor is turned slowly.

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "drivers/boot_clock.hpp"
#include "tests/simulators/adxl345_model.hpp"
#include "tests/simulators/adxl345_umockdev.hpp"
#include "tests/simulators/end_signals.hpp"
#include "tests/simulators/fault_script.hpp"
#include "tests/simulators/program.hpp"
#include "tests/simulators/slow_turn.hpp"
#include "tests/simulators/usage_error.hpp"

namespace {

using namespace propriod;
using namespace std::chrono_literals;
using tests::Adxl345Model;
using tests::UsageError;

constexpr const char* kExplanation = R"(Runs a program that sees a simulated ADXL345 on an I2C bus.

  adxl345_i2c_simulator -- propriod sensors
  adxl345_i2c_simulator --address 0x53 --address 0x1d --faults faults.txt -- propriod run --config propriod.yaml

What comes behind -- is the program and its arguments. It ends with the program's exit code (128 + N when signal N
ended that), and passes SIGINT, SIGTERM and SIGHUP on.
)";

struct Chip {
  Chip(std::uint8_t the_address, Adxl345Model::Options options) : address(the_address), model(std::move(options)) {}

  std::uint8_t address;
  Adxl345Model model;
};

std::uint8_t parse_address(const std::string& text) {
  constexpr unsigned kLowest = 0x03;  // the others are reserved
  constexpr unsigned kHighest = 0x77;
  unsigned address = 0;
  char rest = 0;
  const bool is_number = std::sscanf(text.c_str(), "%5x%c", &address, &rest) == 1;
  if (!is_number || address < kLowest || address > kHighest) {
    throw UsageError("--address: " + text + " is no address on an I2C bus; allowed are 0x03 to 0x77, as in 0x53");
  }
  return static_cast<std::uint8_t>(address);
}

std::list<Chip> make_chips(const std::vector<std::string>& addresses, double rate_error) {
  std::list<Chip> chips;
  for (const auto& text : addresses) {
    const std::uint8_t address = parse_address(text);
    if (std::ranges::find(chips, address, &Chip::address) != chips.end()) {
      throw UsageError("--address: " + text + " twice; each chip needs its own");
    }
    chips.emplace_back(address,
                       Adxl345Model::Options{.rate_error = rate_error,
                                             .now = [] { return drivers::BootClock::now().time_since_epoch(); },
                                             .signal = tests::SlowTurn{}});
  }
  return chips;
}

/// `blocked`: the signals that are blocked in it.
pid_t start(std::vector<std::string> command, const sigset_t& blocked) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (auto& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &blocked);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t child = 0;
  const int error = posix_spawnp(&child, arguments[0], nullptr, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) throw UsageError(command[0] + ": " + std::strerror(error));
  return child;
}

/// Until the child ends: faults as their times come, and signals. Returns its status.
int attend(pid_t child, std::list<Chip>& chips, const std::vector<tests::Fault>& script, const tests::EndSignals& end) {
  const auto start = drivers::BootClock::now();
  auto fault = script.begin();
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    for (; fault != script.end() && start + fault->at <= drivers::BootClock::now(); ++fault) {
      for (auto& chip : chips) chip.model.fault(fault->name, fault->argument);
    }
    // Those that come from the terminal, by Ctrl-C, the child has got itself.
    if (const auto signal = end.wait_for(10ms); signal && signal->si_code <= 0) kill(child, signal->si_signo);
  }
  return status;
}

void report(Chip& chip) {
  const auto made = static_cast<unsigned long long>(chip.model.samples_made());
  const auto waiting = static_cast<unsigned long long>(chip.model.samples_in_fifo());
  if (made == 0) {
    std::fprintf(stderr, "0x%02x: no samples; nobody told the chip to measure\n", chip.address);
  } else {
    std::fprintf(stderr, "0x%02x: %llu samples measured, of which %llu still wait in the FIFO\n", chip.address, made,
                 waiting);
  }
}

}  // namespace

int main(int argc, char** argv) try {
  // CLI11 would look into the program's arguments too.
  char** const dashes = std::find_if(argv, argv + argc, [](const char* text) { return std::strcmp(text, "--") == 0; });
  char** const behind = std::min(dashes + 1, argv + argc);
  const std::vector<std::string> command(behind, argv + argc);

  CLI::App app{kExplanation, "adxl345_i2c_simulator"};
  tests::Adxl345Umockdev::Bus bus;
  std::vector<std::string> addresses{"0x53"};
  std::filesystem::path faults;
  double rate_error = 0;
  app.add_option("--bus", bus.number, "N of /dev/i2c-N")->check(CLI::Range(0, 255))->capture_default_str();
  app.add_option("--address", addresses, "of a chip; repeat for more")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false)
      ->default_str("0x53")
      ->type_name("HEX");
  app.add_option("--rate-error", rate_error, "of the chips' oscillators: 0.02 is 2 % fast")
      ->check(CLI::Range(-0.5, 0.5))
      ->capture_default_str();
  app.add_option("--faults", faults, "a script of faults, which come to every chip")->check(CLI::ExistingFile);
  const auto refuse = [](const std::string& program) {
    throw CLI::ValidationError(program, "a program comes behind --: adxl345_i2c_simulator -- " + program);
  };
  app.add_option_function<std::string>("PROGRAM", refuse, "what to run, with its arguments; behind --")->type_name("");
  app.footer(tests::fault_help(Adxl345Model::kFaults));

  return tests::run_program(app, static_cast<int>(dashes - argv), argv, [&] {
    if (command.empty()) throw UsageError("PROGRAM is required, behind --: adxl345_i2c_simulator -- PROGRAM");
    auto chips = make_chips(addresses, rate_error);
    for (auto& chip : chips) bus.chips[chip.address] = &chip.model;
    const auto script =
        faults.empty() ? std::vector<tests::Fault>{} : tests::read_fault_script(faults, Adxl345Model::kFaults);
    const tests::EndSignals end;
    const tests::Adxl345Umockdev server{bus};
    setenv("LD_PRELOAD", "libumockdev-preload.so.0", 1);
    const int status = attend(start(command, end.before()), chips, script, end);
    for (auto& chip : chips) report(chip);
    if (!WIFSIGNALED(status)) return WEXITSTATUS(status);
    std::fprintf(stderr, "%s was ended by signal %d (%s)\n", command[0].c_str(), WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    return 128 + WTERMSIG(status);
  });
} catch (const std::exception& error) {
  std::fprintf(stderr, "adxl345_i2c_simulator: %s\n", error.what());
  return propriod::tests::kFailure;
}
