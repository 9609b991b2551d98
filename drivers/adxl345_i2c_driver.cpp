#include "drivers/adxl345_i2c_driver.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <system_error>
#include <utility>

#include "drivers/device_access.hpp"
#include "drivers/errors.hpp"

namespace propriod::drivers {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr int kMostFailures = 8;           // in a row
constexpr auto kLeastInterruptWait = 5ms;  // a line that floats, or has failed, would keep the bus busy
constexpr auto kFirstWait = 10ms;          // after the second failure, and
constexpr auto kLongestWait = 100ms;       // after later ones
constexpr auto kCheckInterval = 10s;       // for settings lost without a silence
constexpr auto kRemembered = 10min;        // that the settings were lost

}  // namespace

Adxl345I2cDriver::Adxl345I2cDriver(asio::io_context& io, Options options)
    : Adxl345HostDriver(io, options.device, options.sysfs),
      own_(std::move(options)),
      sampler_(own_.device.rate_hz, own_.range_g, *this) {}

asio::awaitable<void> Adxl345I2cDriver::blocking_session() {
  std::unique_ptr<I2cBus> bus;
  std::string held;
  try {
    bus = own_.open_bus ? own_.open_bus() : std::make_unique<LinuxI2cBus>(own_.device.device, own_.address);
  } catch (const HeldByKernel& error) {
    held = error.what();
  }
  if (bus) co_return co_await read_fifo(std::move(bus));
  const std::filesystem::path iio = iio_device(held);
  spdlog::info("sensor_through_kernel sensor={} device={}", own_.device.name, iio.string());
  co_await read_iio(iio, "to have it read at its best, free it: " + how_to_free());
}

std::string Adxl345I2cDriver::bus_device() const {  // as sysfs calls it: 1-0053
  const auto node = behind_links(own_.device.device).filename().string();
  return fmt::format("{}-{:04x}", node.substr(node.find('-') + 1), own_.address);
}

std::string Adxl345I2cDriver::how_to_free() const {
  std::error_code ignored;
  const auto link = sysfs() / "bus/i2c/devices" / bus_device() / "driver";
  const std::string driver = std::filesystem::read_symlink(link, ignored).filename().string();
  return fmt::format("echo {} | sudo tee /sys/bus/i2c/drivers/{}/unbind", bus_device(),
                     driver.empty() ? "adxl345_i2c" : driver);
}

std::filesystem::path Adxl345I2cDriver::iio_device(const std::string& held) const {
  std::error_code ignored;
  const auto chip = sysfs() / "bus/i2c/devices" / bus_device();
  for (const auto& entry : std::filesystem::directory_iterator(chip, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("iio:device")) return std::filesystem::path{"/dev"} / name;
  }
  throw DeviceError(fmt::format("{}, and offers no samples; free it: {}", held, how_to_free()));
}

void Adxl345I2cDriver::set_up(Adxl345Chip& chip) {
  set_up_ = false;
  chip.set_up();
  sampler_.begin();
  set_up_ = true;
  checked_ = BootClock::now();
}

/// The chip of an earlier session goes on where it was, if it still measures as it was told to.
void Adxl345I2cDriver::take_over(Adxl345Chip& chip) {
  chip.identify();
  if (set_up_ && chip.keeps_settings().value_or(false)) {
    sampler_.resume();
    checked_ = BootClock::now();
  } else {
    set_up(chip);
  }
}

void Adxl345I2cDriver::check_settings(Adxl345Chip& chip, bool silent) {
  const auto kept = chip.keeps_settings();
  if (!kept) return;  // the next poll meets the same failure, and counts it
  checked_ = BootClock::now();
  if (!*kept) {
    if (!settings_lost_) spdlog::warn("sensor_settings_lost sensor={}", own_.device.name);
    settings_lost_ = checked_;
    set_up(chip);
    set_advice(
        "the sensor lost its settings and was set up anew: its supply dips, or another program writes to it; check "
        "power and wiring");
  } else if (silent) {
    set_up_ = false;
    throw DeviceError(
        fmt::format("{}: answers, but makes no samples; switch its power off and on", chip.options().name));
  } else if (settings_lost_ && checked_ - *settings_lost_ > kRemembered) {
    settings_lost_.reset();
    set_advice("");
  }
}

asio::awaitable<void> Adxl345I2cDriver::read_fifo(std::unique_ptr<I2cBus> bus) {
  interrupt_line_.reset();
  if (own_.interrupt) interrupt_line_.emplace(co_await asio::this_coro::executor, *own_.interrupt);
  Adxl345Chip chip(*bus, {.name = fmt::format("{} address 0x{:02x}", own_.device.device.string(), own_.address),
                          .rate_hz = own_.device.rate_hz,
                          .range_g = own_.range_g,
                          .watermark_interrupt = own_.interrupt.has_value()});
  set_range(adxl345::full_scale_mps2(own_.range_g));
  take_over(chip);
  int failures = 0;
  auto wait = kFirstWait;
  while (!stopping()) {
    const Adxl345Sampler::Poll poll = sampler_.poll(chip);
    report_drift(sampler_.drift_ppm());
    if (poll.error == std::errc::bad_message) check_settings(chip, false);
    if (poll.error) {
      if (++failures == kMostFailures) {
        throw DeviceError(fmt::format("{}: {}", chip.options().name, i2c_failure_in_words(poll.error)));
      }
      if (failures == 1) continue;
      co_await wait_until(BootClock::now() + wait);
      wait = std::min<std::chrono::milliseconds>(2 * wait, kLongestWait);
      continue;
    }
    failures = 0;
    wait = kFirstWait;
    if (poll.silent || BootClock::now() - checked_ >= kCheckInterval) check_settings(chip, poll.silent);
    co_await wait_for_samples(poll.next);
  }
  chip.stand_by();
}

asio::awaitable<void> Adxl345I2cDriver::wait_for_samples(BootTime until) {
  if (stopping()) co_return;
  if (interrupt_line_) {
    const BootTime least = std::min(until, BootClock::now() + kLeastInterruptWait);
    co_await interrupt_line_->wait(until);
    if (BootClock::now() < least) co_await wait_until(least);
  } else {
    co_await wait_until(until);
  }
}

void Adxl345I2cDriver::wake() noexcept {
  if (interrupt_line_) interrupt_line_->cancel();
}

}  // namespace propriod::drivers
