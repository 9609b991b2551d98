// What does one simulated sensor cost in its driver, the simulator's own cost not counted, and does the driver lose
// anything while other processes load every core?
//   driver_cost [--driver i2c|csv|cobs|shimmer] [--rate 50] [--seconds 20] [--load 2]
// Of I2C the processor time of the whole process is taken, less what is spent behind the bus; of a serial line that of
// the driver's thread, system calls included, because the simulator has another.

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "drivers/adxl345_i2c_driver.hpp"
#include "drivers/adxl345_serial_driver.hpp"
#include "drivers/shimmer_driver.hpp"
#include "tests/drivers/driver_rig.hpp"
#include "tests/simulators/adxl345_model.hpp"
#include "tests/simulators/adxl345_serial_simulator.hpp"
#include "tests/simulators/pty_host.hpp"
#include "tests/simulators/shimmer_simulator.hpp"
#include "tests/support/temporary_directory.hpp"

namespace {

using namespace propriod;
using namespace std::chrono_literals;

std::chrono::nanoseconds cpu(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

/// Takes the time on the CPU that is spent behind the seam.
class TimedBus final : public drivers::I2cBus {
 public:
  TimedBus(tests::Adxl345Model& model, std::chrono::nanoseconds& spent) : bus_(model), spent_(spent) {}
  using I2cBus::read;
  Completed read(std::span<const Burst> bursts) noexcept override {
    const auto start = cpu(CLOCK_THREAD_CPUTIME_ID);
    const Completed completed = bus_.read(bursts);
    spent_ += cpu(CLOCK_THREAD_CPUTIME_ID) - start;
    return completed;
  }
  std::error_code write(std::uint8_t address, std::uint8_t value) noexcept override {
    return bus_.write(address, value);
  }

 private:
  tests::Adxl345ModelBus bus_;
  std::chrono::nanoseconds& spent_;
};

pid_t busy_process() {
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (volatile std::uint64_t i = 0;;) i = i + 1;
  }
  return child;
}

struct Options {
  std::string driver = "i2c";
  double rate_hz = 50;
  int seconds = 20;
};

void report(const Options& options, const drivers::Driver& driver, std::chrono::duration<double> spent) {
  const auto& counters = driver.counters();
  std::printf("driver=%s rate_hz=%g seconds=%d samples=%llu lost=%llu gaps=%llu core_percent=%.4f\n",
              options.driver.c_str(), options.rate_hz, options.seconds,
              static_cast<unsigned long long>(counters.samples), static_cast<unsigned long long>(counters.lost),
              static_cast<unsigned long long>(counters.gaps), 100 * spent.count() / options.seconds);
}

void run(drivers::DriverRig& rig, drivers::Driver& driver, int seconds) {
  rig.spawn(driver);
  rig.io.run_for(std::chrono::seconds{seconds});
  driver.stop();
  rig.io.restart();
  rig.io.run();
}

void measure_i2c(const Options& options) {
  tests::Adxl345Model model{{.rate_error = 0.01,
                             .now = [] { return drivers::BootClock::now().time_since_epoch(); },
                             .signal =
                                 [](std::uint64_t number) {
                                   return drivers::adxl345::Counts{static_cast<std::int16_t>(number % 100), 0, 256};
                                 }}};
  std::chrono::nanoseconds in_the_bus{0};
  drivers::DriverRig rig{1 << 20};
  drivers::Adxl345I2cDriver driver{rig.io,
                                   {.device = {.name = "bench", .device = "/dev/null", .rate_hz = options.rate_hz},
                                    .open_bus = [&] { return std::make_unique<TimedBus>(model, in_the_bus); }}};
  const auto before = cpu(CLOCK_PROCESS_CPUTIME_ID);
  run(rig, driver, options.seconds);
  report(options, driver, cpu(CLOCK_PROCESS_CPUTIME_ID) - before - in_the_bus);
}

void measure_serial(const Options& options) {
  const tests::TemporaryDirectory folder;
  const drivers::DeviceDriver::Options device{.name = "bench", .device = folder / "port", .rate_hz = options.rate_hz};
  drivers::DriverRig rig{1 << 20};
  std::unique_ptr<tests::SerialDevice> simulated;
  std::unique_ptr<drivers::Driver> driver;
  if (options.driver == "shimmer") {
    simulated = std::make_unique<tests::ShimmerSimulator>(tests::ShimmerSimulator::Options{});
    driver = std::make_unique<drivers::ShimmerDriver>(rig.io, drivers::ShimmerDriver::Options{.device = device});
  } else {
    const bool cobs = options.driver == "cobs";
    using Simulator = tests::Adxl345SerialSimulator;
    using Driver = drivers::Adxl345SerialDriver;
    Simulator::Options simulator;
    simulator.format = cobs ? Simulator::Format::kCobs : Simulator::Format::kCsv;
    simulator.rate_hz = options.rate_hz;
    simulated = std::make_unique<Simulator>(simulator);
    driver = std::make_unique<Driver>(
        rig.io, Driver::Options{.device = device, .format = cobs ? Driver::Format::kCobs : Driver::Format::kCsv});
  }
  const tests::PtyHost host(*simulated, device.device);
  const auto before = cpu(CLOCK_THREAD_CPUTIME_ID);
  run(rig, *driver, options.seconds);
  report(options, *driver, cpu(CLOCK_THREAD_CPUTIME_ID) - before);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures what one sensor costs in its driver"};
  Options options;
  int load = 0;
  app.add_option("--driver", options.driver)
      ->check(CLI::IsMember({"i2c", "csv", "cobs", "shimmer"}))
      ->capture_default_str();
  app.add_option("--rate", options.rate_hz, "Hz")->capture_default_str();
  app.add_option("--seconds", options.seconds)->capture_default_str();
  app.add_option("--load", load, "busy processes beside it")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  std::vector<pid_t> others;
  for (int i = 0; i < load; ++i) others.push_back(busy_process());
  if (options.driver == "i2c") {
    measure_i2c(options);
  } else {
    measure_serial(options);
  }
  for (const pid_t other : others) kill(other, SIGKILL);
  while (wait(nullptr) > 0) {
  }
  return 0;
}
