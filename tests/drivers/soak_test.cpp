// All devices side by side in real time, with a fault every now and then: is every sample accounted for?
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "drivers/adxl345_i2c_driver.hpp"
#include "drivers/adxl345_serial_driver.hpp"
#include "drivers/shimmer_driver.hpp"
#include "tests/simulators/adxl345_model.hpp"
#include "tests/simulators/adxl345_serial_simulator.hpp"
#include "tests/simulators/pty_host.hpp"
#include "tests/simulators/shimmer_simulator.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::drivers {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;

struct Kind {
  std::string name;
  std::string argument;
};

/// The faults of `kinds`, in turn, one every `every`. None in the first 6 s: what is lost before the first sample
/// leaves no trace, and a Shimmer2 takes its time. None in the last 8 s: whoever was cut off has to be back before all
/// are counted.
std::vector<tests::Fault> faults(const std::vector<Kind>& kinds, nanoseconds every, nanoseconds time) {
  std::vector<tests::Fault> script;
  for (nanoseconds at = std::max<nanoseconds>(every, 6s); at + 8s < time; at += every) {
    const Kind& kind = kinds[script.size() % kinds.size()];
    script.push_back({.at = at, .name = kind.name, .argument = kind.argument});
  }
  return script;
}

// In turn: a device that was cut off answers a question a second, so no loss of many bytes follows its return.
const std::vector<Kind> kShimmerFaults{{"drop", "3"},    {"flip", "2"},    {"insert", "00a1ff"},
                                       {"stall", "0.6"}, {"lose", "7"},    {"drop", "25"},
                                       {"status", "20"}, {"hang-up", "1"}, {"flip", "9"}};
const std::vector<Kind> kSerialFaults{{"drop", "3"},   {"flip", "2"},    {"insert", "3137"}, {"stall", "0.6"},
                                      {"drop", "250"}, {"hang-up", "1"}, {"flip", "1"}};
const std::vector<Kind> kBusFaults{{"nack", "0.2"}, {"late-failure", "1"}, {"garble", "2"}, {"stuck-bus", "0.3"}};

/// A driver and the device it is connected to.
struct Member {
  std::string name;
  std::unique_ptr<tests::SerialDevice> device;
  std::unique_ptr<tests::PtyHost> host;
  std::unique_ptr<tests::Adxl345Model> chip;
  std::vector<tests::Fault> chip_faults;
  std::unique_ptr<DeviceDriver> driver;
  /// What nobody can account for yet: without CRC a Shimmer's last packet waits for the next one to confirm it; of
  /// lines of text the first is taken for half of one.
  std::uint64_t open = 0;
  std::unique_ptr<RingBuffer> ring = std::make_unique<RingBuffer>(1024);
  std::unique_ptr<Wakeup> reader = std::make_unique<Wakeup>();

  [[nodiscard]] std::uint64_t sent() const {
    return chip ? chip->samples_made() - chip->samples_in_fifo() : device->samples_sent();
  }
  [[nodiscard]] std::uint64_t accounted() const { return driver->counters().samples + driver->counters().lost; }
};

class Soak : public testing::Test {
 protected:
  DeviceDriver::Options options(const std::string& name, double rate_hz) const {
    return {.name = name,
            .device = temporary_ / name,
            .rate_hz = rate_hz,
            .backoff = {.first = 200ms, .longest = 200ms, .seed = 1}};
  }

  void add_shimmer(const std::string& name, const shimmer::Device& device, nanoseconds every, nanoseconds time) {
    tests::ShimmerSimulator::Options simulated;
    simulated.device = device;
    add_serial(name, std::make_unique<tests::ShimmerSimulator>(simulated), faults(kShimmerFaults, every, time));
    members_.back().driver =
        std::make_unique<ShimmerDriver>(io_, ShimmerDriver::Options{.device = options(name, 51.2)});
    members_.back().open = device.has_crc() ? 0 : 1;
  }

  void add_adxl345(const std::string& name, tests::Adxl345SerialSimulator::Format format, nanoseconds every,
                   nanoseconds time) {
    tests::Adxl345SerialSimulator::Options simulated;
    simulated.format = format;
    add_serial(name, std::make_unique<tests::Adxl345SerialSimulator>(simulated), faults(kSerialFaults, every, time));
    Adxl345SerialDriver::Options configured;
    configured.device = options(name, 50);
    if (format == tests::Adxl345SerialSimulator::Format::kCobs) configured.format = Adxl345SerialDriver::Format::kCobs;
    members_.back().driver = std::make_unique<Adxl345SerialDriver>(io_, configured);
    members_.back().open = format == tests::Adxl345SerialSimulator::Format::kCobs ? 0 : 1;
  }

  void add_chip(const std::string& name, nanoseconds every, nanoseconds time) {
    Member member;
    member.name = name;
    tests::Adxl345Model::Options simulated;
    simulated.now = [] { return BootClock::now().time_since_epoch(); };
    simulated.signal = [](std::uint64_t number) {
      return adxl345::Counts{static_cast<std::int16_t>(number % 200), 0, 256};
    };
    member.chip = std::make_unique<tests::Adxl345Model>(simulated);
    member.chip_faults = faults(kBusFaults, every, time);
    Adxl345I2cDriver::Options configured;
    configured.device = options(name, 50);
    configured.open_bus = [chip = member.chip.get()] { return std::make_unique<tests::Adxl345ModelBus>(*chip); };
    member.driver = std::make_unique<Adxl345I2cDriver>(io_, configured);
    members_.push_back(std::move(member));
  }

  void expect_every_sample_accounted_for(nanoseconds time, nanoseconds every);

 private:
  void add_serial(const std::string& name, std::unique_ptr<tests::SerialDevice> device,
                  std::vector<tests::Fault> script) {
    Member member;
    member.name = name;
    member.device = std::move(device);
    member.host = std::make_unique<tests::PtyHost>(*member.device, temporary_ / name, std::move(script));
    members_.push_back(std::move(member));
  }

  tests::TemporaryDirectory temporary_;
  asio::io_context io_{1};
  std::vector<Member> members_;
};

void Soak::expect_every_sample_accounted_for(nanoseconds time, nanoseconds every) {
  using shimmer::FirmwareId;
  using shimmer::Model;
  using Format = tests::Adxl345SerialSimulator::Format;
  const auto log_and_stream = [](Model model, std::uint16_t major, std::uint8_t minor) {
    return shimmer::Device{
        .model = model,
        .firmware = {.id = FirmwareId::kLogAndStream, .version = {.major = major, .minor = minor, .release = 30}}};
  };
  add_shimmer("shimmer3", log_and_stream(Model::kShimmer3, 0, 16), every, time);
  add_shimmer("shimmer3-without-crc", log_and_stream(Model::kShimmer3, 0, 11), every, time);
  add_shimmer("shimmer3r", log_and_stream(Model::kShimmer3r, 1, 0), every, time);
  add_shimmer("shimmer2r",
              {.model = Model::kShimmer2r,
               .firmware = {.id = FirmwareId::kBtStream, .version = {.major = 1, .minor = 0, .release = 0}}},
              every, time);
  add_adxl345("csv-time", Format::kCsvTime, every, time);
  add_adxl345("cobs", Format::kCobs, every, time);
  add_chip("i2c", every, time);

  for (Member& member : members_) {
    asio::co_spawn(io_, member.driver->run(SampleSink(*member.ring, *member.reader)),
                   [](const std::exception_ptr& thrown, DriverEnd) {
                     if (thrown) std::rethrow_exception(thrown);
                   });
  }
  const BootTime start = BootClock::now();
  while (BootClock::now() - start < time) {
    io_.run_for(50ms);
    for (Member& member : members_) {
      while (!member.chip_faults.empty() && member.chip_faults.front().at <= BootClock::now() - start) {
        ASSERT_TRUE(member.chip->fault(member.chip_faults.front().name, member.chip_faults.front().argument));
        member.chip_faults.erase(member.chip_faults.begin());
      }
    }
  }
  // Between two samples nothing is under way: then the counts must agree.
  for (const Member& member : members_) {
    const BootTime deadline = BootClock::now() + 3s;
    bool agree = false;
    while (!agree && BootClock::now() < deadline) {
      io_.run_for(1ms);
      agree = member.accounted() + member.open == member.sent();
    }
    const auto& counters = member.driver->counters();
    std::printf(
        "%-22s sent %6llu, delivered %6llu, lost %5llu, gaps %3llu, resynchronisations %3llu, reconnects %2llu\n",
        member.name.c_str(), static_cast<unsigned long long>(member.sent()),
        static_cast<unsigned long long>(counters.samples), static_cast<unsigned long long>(counters.lost),
        static_cast<unsigned long long>(counters.gaps), static_cast<unsigned long long>(counters.resynchronisations),
        static_cast<unsigned long long>(counters.reconnects));
    EXPECT_TRUE(agree) << member.name;
  }
  for (Member& member : members_) member.driver->stop();
  io_.run();
}

TEST_F(Soak, AccountsForEverySampleWithAFaultEverySecond) { expect_every_sample_accounted_for(22s, 1s); }

TEST_F(Soak, LongRunAccountsForEverySampleWithAFaultEveryTenSeconds) { expect_every_sample_accounted_for(600s, 10s); }

}  // namespace
}  // namespace propriod::drivers
