// What does a simulated ADXL345 cost in the driver, the model's own cost not counted, and does the driver lose anything
// while other processes load every core?  adxl345_cost [--rate 50] [--seconds 20] [--load 2]
// The processor time of the whole process is taken, less what is spent behind the bus.

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
#include <vector>

#include "drivers/adxl345_i2c_driver.hpp"
#include "tests/drivers/driver_rig.hpp"
#include "tests/simulators/adxl345_model.hpp"

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

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures what an ADXL345 on I2C costs in the driver"};
  double rate_hz = 50;
  int seconds = 20;
  int load = 0;
  app.add_option("--rate", rate_hz, "Hz")->capture_default_str();
  app.add_option("--seconds", seconds)->capture_default_str();
  app.add_option("--load", load, "busy processes beside it")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  std::vector<pid_t> others;
  for (int i = 0; i < load; ++i) others.push_back(busy_process());
  tests::Adxl345Model model{{.rate_error = 0.01,
                             .now = [] { return drivers::BootClock::now().time_since_epoch(); },
                             .signal =
                                 [](std::uint64_t number) {
                                   return drivers::adxl345::Counts{static_cast<std::int16_t>(number % 100), 0, 256};
                                 }}};
  std::chrono::nanoseconds in_the_bus{0};
  drivers::DriverRig rig{1 << 20};
  drivers::Adxl345I2cDriver driver{rig.io,
                                   {.device = {.name = "bench", .device = "/dev/null", .rate_hz = rate_hz},
                                    .open_bus = [&] { return std::make_unique<TimedBus>(model, in_the_bus); }}};
  const auto before = cpu(CLOCK_PROCESS_CPUTIME_ID);
  rig.spawn(driver);
  rig.io.run_for(std::chrono::seconds{seconds});
  driver.stop();
  rig.io.restart();
  rig.io.run();
  const std::chrono::duration<double> spent = cpu(CLOCK_PROCESS_CPUTIME_ID) - before - in_the_bus;
  for (const pid_t other : others) kill(other, SIGKILL);
  while (wait(nullptr) > 0) {
  }
  const auto& counters = driver.counters();
  std::printf("rate_hz=%g seconds=%d load=%d samples=%llu lost=%llu gaps=%llu core_percent=%.4f\n", rate_hz, seconds,
              load, static_cast<unsigned long long>(counters.samples), static_cast<unsigned long long>(counters.lost),
              static_cast<unsigned long long>(counters.gaps), 100 * spent.count() / seconds);
  return 0;
}
