#include "drivers/shimmer_driver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include "drivers/errors.hpp"

namespace propriod::drivers {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using shimmer::Event;

constexpr unsigned kBaud = 115'200;  // means nothing on Bluetooth
constexpr double kMostCrystalDriftPpm = 500;
constexpr auto kLongestSilence = 5s;
constexpr auto kBatteryEvery = 60s;
constexpr auto kStopPatience = 1s;
constexpr int kQuietPeriods = 3;
constexpr auto kLeastQuiet = 50ms;  // what a radio that is busy takes

std::string state_in_words(const std::optional<std::uint8_t>& status) {
  if (!status) return "it does not answer either";
  const auto has = [&](unsigned bit) { return (*status >> bit & 1U) != 0; };
  if (has(0)) return "it is docked: take it out of its base";
  if (!has(4)) return "it has stopped streaming, by its button perhaps";
  return "it says that it is streaming";
}

}  // namespace

ShimmerDriver::ShimmerDriver(asio::io_context& io, const Options& options)
    : DeviceDriver(io, options.device),
      request_{.rate_hz = options.device.rate_hz, .accelerometer = options.accelerometer, .range_g = options.range_g},
      clock_({.ticks_per_second = shimmer::kTicksPerSecond, .most_drift_ppm = kMostCrystalDriftPpm}) {}

void ShimmerDriver::interrupt() noexcept {
  if (port_) port_->cancel();
}

asio::awaitable<void> ShimmerDriver::session() {
  const struct Closing {
    std::optional<SerialPort>& port;
    ~Closing() { port.reset(); }
  } closing{port_};
  port_.emplace(co_await asio::this_coro::executor, options().device, kBaud);
  shimmer::Link link(*port_, options().device.string());
  const shimmer::Setup setup = co_await connect(link);
  if (stopping()) co_return;
  set_advice(setup.advice);
  if (setup.battery_v) report_battery(*setup.battery_v);
  calibrator_.emplace(setup.calibration);
  set_range(setup.range_g * kStandardGravityMps2);
  clock_.restart();
  link.decoder().discard();
  link.decoder().begin_stream(setup.layout);
  std::exception_ptr lost;
  try {
    co_await stream(link, setup.device);
  } catch (const DeviceError&) {
    lost = std::current_exception();  // no co_await in a handler
  }
  if (!lost || stopping()) co_await leave(link);
  link.decoder().quiet();  // nothing will come to confirm the last packet
  take_events(link.decoder());
  if (lost && !stopping()) std::rethrow_exception(lost);
}

/// What fails with a device that is no Shimmer differs each time; that it is none should be said at once, and once.
asio::awaitable<shimmer::Setup> ShimmerDriver::connect(shimmer::Link& link) {
  std::exception_ptr failed;
  try {
    co_await link.drain();
    try {
      shimmer::Setup setup = co_await shimmer::set_up(link, request_);
      no_shimmer_.clear();
      co_return setup;
    } catch (const DeviceError&) {
      failed = std::current_exception();  // no co_await in a handler
    }
    co_await link.expect_silence();
  } catch (const shimmer::NoShimmerError& error) {
    if (no_shimmer_.empty()) no_shimmer_ = error.what();
    throw DeviceError(no_shimmer_);
  } catch (const DeviceError&) {
    no_shimmer_.clear();
    throw;
  }
  no_shimmer_.clear();
  std::rethrow_exception(failed);
}

asio::awaitable<void> ShimmerDriver::stream(shimmer::Link& link, shimmer::Device device) {
  const auto period = std::chrono::duration<double>(1 / request_.rate_hz);
  const auto quiet = std::max<std::chrono::nanoseconds>(
      kLeastQuiet, std::chrono::duration_cast<std::chrono::nanoseconds>(kQuietPeriods * period));
  last_sample_ = BootClock::now();
  battery_due_ = last_sample_ + kBatteryEvery;
  has_sample_ = refused_ = stopped_ = false;
  status_.reset();
  status_asked_.reset();
  co_await link.send(shimmer::Code::kStart);
  std::array<std::byte, 1024> buffer;
  while (!stopping()) {
    const std::size_t count = co_await port_->read_some(buffer, quiet);
    if (count == 0) link.decoder().quiet();
    take(link.decoder(), std::span(buffer).first(count));
    co_await look_after(link, device);
  }
}

/// What is due besides reading: the battery, and a device that has fallen silent.
asio::awaitable<void> ShimmerDriver::look_after(shimmer::Link& link, shimmer::Device device) {
  const BootTime now = BootClock::now();
  if (refused_ && !has_sample_) {
    throw DeviceError(link.name() + ": refuses to stream: is it logging, or synchronising with others?");
  }
  const bool answers = !shimmer::is_shimmer2(device.model);
  if (now - last_sample_ < kLongestSilence) {
    if (answers && now >= battery_due_) {
      battery_due_ = now + kBatteryEvery;
      co_await link.send(shimmer::Code::kGetBattery);
    }
    co_return;
  }
  if (answers && !status_asked_) {
    status_asked_ = now;
    status_.reset();
    co_await link.send(shimmer::Code::kGetStatus);
    co_return;
  }
  if (answers && !status_ && now - *status_asked_ < shimmer::Link::kPatience) co_return;
  throw DeviceError(fmt::format("{}: sent no data for {} s; {}", link.name(),
                                std::chrono::duration_cast<std::chrono::seconds>(now - last_sample_).count(),
                                state_in_words(status_)));
}

/// The next start wants to find the device in command mode.
asio::awaitable<void> ShimmerDriver::leave(shimmer::Link& link) {
  port_->resume();
  co_await link.send(shimmer::Code::kStop);
  std::array<std::byte, 1024> buffer;
  const BootTime begin = BootClock::now();
  bool again = true;  // LogAndStream 0.11 sometimes misses a STOP
  for (BootTime now = begin; !stopped_ && now < begin + kStopPatience; now = BootClock::now()) {
    const std::size_t count = co_await port_->read_some(buffer, begin + kStopPatience - now);
    take(link.decoder(), std::span(buffer).first(count));
    if (!stopped_ && again && BootClock::now() - begin > kStopPatience / 2) {
      again = false;
      co_await link.send(shimmer::Code::kStop);
    }
  }
}

void ShimmerDriver::take(shimmer::Decoder& decoder, std::span<const std::byte> bytes) {
  const BootTime arrival = BootClock::now();
  do {
    bytes = bytes.subspan(decoder.feed(bytes, arrival));
    take_events(decoder);
  } while (!bytes.empty());
}

void ShimmerDriver::take_events(shimmer::Decoder& decoder) {
  while (const std::optional<Event> event = decoder.next()) {
    switch (event->kind) {
      case Event::Kind::kSample:
        if (batched_ == batch_.size() || (batched_ > 0 && batch_[0].arrival != event->sample.arrival)) deliver_batch();
        batch_[batched_++] = event->sample;
        break;
      case Event::Kind::kAck:
        stopped_ = stopping();
        break;
      case Event::Kind::kNack:
        refused_ = true;
        break;
      case Event::Kind::kStatus:
        take_status(event->payload);
        break;
      case Event::Kind::kReply:
        if (static_cast<shimmer::Code>(event->code) == shimmer::Code::kStatus) {
          take_status(event->payload);
        } else if (const auto battery_v = shimmer::parse_battery_v(event->payload)) {
          report_battery(*battery_v);
        }
    }
  }
  deliver_batch();
}

void ShimmerDriver::take_status(std::span<const std::byte> payload) noexcept {
  if (!payload.empty()) status_ = std::to_integer<std::uint8_t>(payload[0]);
}

void ShimmerDriver::deliver_batch() noexcept {
  if (batched_ == 0) return;
  const auto batch = std::span(batch_).first(std::exchange(batched_, 0));
  clock_.observe(batch.back().ticks, batch.back().arrival);
  for (const shimmer::Measurement& sample : batch) {
    report_lost(sample.lost);
    if (sample.after_gap) report_gap();
    if (sample.resynchronised) report_resynchronisation();
    deliver(clock_.time_of(sample.ticks), calibrator_->to_mps2(sample.raw));
  }
  report_drift(clock_.drift_ppm());
  last_sample_ = batch.back().arrival;
  has_sample_ = true;
  status_asked_.reset();
}

}  // namespace propriod::drivers
