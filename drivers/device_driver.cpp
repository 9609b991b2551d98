#include "drivers/device_driver.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <cmath>
#include <exception>
#include <system_error>
#include <utility>

#include "drivers/errors.hpp"

namespace propriod::drivers {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto kPresencePoll = 200ms;  // how late a plugged-in cable is seen

bool is_there(const std::filesystem::path& device) {
  std::error_code ignored;
  return std::filesystem::exists(device, ignored);
}

}  // namespace

DeviceDriver::DeviceDriver(asio::io_context& io, Options options)
    : options_(std::move(options)), backoff_(options_.backoff), timer_(io), signal_check_(options_.range_mps2) {
  counters_.connected.store(false, std::memory_order_relaxed);
}

asio::awaitable<DriverEnd> DeviceDriver::run(SampleSink sink) {
  sink_ = sink;
  while (!stopping()) {
    std::string why;
    in_session_ = true;
    try {
      co_await session();
    } catch (const std::exception& error) {
      why = error.what();
    }
    in_session_ = false;
    if (stopping()) break;
    lost(why);
    co_await wait_for(backoff_.next());
  }
  counters_.connected.store(false, std::memory_order_relaxed);
  co_return DriverEnd::kStopped;
}

void DeviceDriver::stop() noexcept {
  if (stopping_.exchange(true, std::memory_order_acq_rel)) return;
  timer_.cancel();
  if (in_session_) interrupt();
}

/// Waits, but no longer than until a device that is missing now has been plugged in.
asio::awaitable<void> DeviceDriver::wait_for(std::chrono::milliseconds longest) {
  const BootTime until = BootClock::now() + longest;
  bool was_there = is_there(options_.device);
  while (!stopping() && BootClock::now() < until) {
    timer_.expires_at(std::min<BootTime>(until, BootClock::now() + kPresencePoll));
    boost::system::error_code cancelled;  // by stop(), which the loop's condition sees
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    const bool there = is_there(options_.device);
    if (there && !was_there) {
      backoff_.reset();  // it may take some attempts until udev is done with it, or it has booted
      break;
    }
    was_there = there;
  }
}

void DeviceDriver::lost(const std::string& why) {
  if (connected_since_ && BootClock::now() - *connected_since_ >= options_.good_session) backoff_.reset();
  if (std::exchange(connected_since_, std::nullopt)) report_gap();
  counters_.connected.store(false, std::memory_order_relaxed);
  const std::scoped_lock lock{words_};
  if (failure_ != why) {  // not at every attempt
    spdlog::warn("{} sensor={} error=\"{}\"", ever_connected_ ? "sensor_lost" : "sensor_missing", options_.name, why);
  }
  failure_ = why;
  advice_.clear();
}

void DeviceDriver::found() {
  connected_since_ = BootClock::now();
  if (std::exchange(ever_connected_, true)) count(counters_.reconnects);
  const std::scoped_lock lock{words_};
  failure_.clear();  // first: who sees that it is connected must not see why it was not
  counters_.connected.store(true, std::memory_order_relaxed);
  spdlog::info("sensor_found sensor={} device={}", options_.name, options_.device.string());
}

void DeviceDriver::deliver(BootTime time, const PreciseAcceleration& reading_mps2) noexcept {
  if (!connected_since_) found();
  const PreciseAcceleration accel_mps2 = options_.calibration.apply(reading_mps2);
  if (!std::ranges::all_of(accel_mps2, [](double axis) { return std::isfinite(static_cast<float>(axis)); })) {
    return report_lost(1);
  }
  signal_check_.observe(time, reading_mps2, accel_mps2);
  if (std::exchange(gap_pending_, false)) sink_->mark_gap();
  sink_->push({.time = time,
               .accel_mps2 = {static_cast<float>(accel_mps2[0]), static_cast<float>(accel_mps2[1]),
                              static_cast<float>(accel_mps2[2])}});
  count(counters_.samples);
}

void DeviceDriver::report_lost(std::uint64_t samples) noexcept {
  if (samples == 0) return;
  count(counters_.lost, samples);
  report_gap();
}

void DeviceDriver::report_gap() noexcept {
  if (!std::exchange(gap_pending_, true)) count(counters_.gaps);
}

void DeviceDriver::set_advice(std::string advice) {
  const std::scoped_lock lock{words_};
  advice_ = std::move(advice);
}

std::vector<std::string> DeviceDriver::problems() const {
  std::vector<std::string> problems = signal_check_.in_words();
  const std::scoped_lock lock{words_};
  if (!advice_.empty()) problems.insert(problems.begin(), advice_);
  if (!failure_.empty()) problems.insert(problems.begin(), failure_);
  return problems;
}

}  // namespace propriod::drivers
