#include "drivers/paced_driver.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>

namespace propriod::drivers {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kBatch = 512;                 // samples in a row before the others on the thread get their turn
constexpr std::chrono::milliseconds kRoomPoll{1};   // at speed 0: nobody tells the writer when the ring has room again
constexpr std::chrono::hours kHorizon{100 * 8766};  // 100 years: nanoseconds in 64 bits end after 292

}  // namespace

asio::awaitable<DriverEnd> PacedDriver::run(SampleSink sink) {
  const BootTime start = pace_.start.value_or(BootClock::now());
  std::optional<PacedSample> next = produce_in_range();
  while (next && !stopping_) {
    const BootTime now = BootClock::now();
    const std::size_t most = can_wait() ? std::min(kBatch, sink.room()) : kBatch;
    std::size_t handed = 0;
    for (; next && handed < most && due(start, next->offset) <= now; ++handed) {
      if (next->after_gap) sink.mark_gap();
      sink.push({.time = start + next->offset, .accel_mps2 = next->accel_mps2});
      next = produce_in_range();
    }
    counters_.samples.fetch_add(handed, std::memory_order_relaxed);

    if (handed == kBatch) {
      co_await asio::post(timer_.get_executor(), asio::use_awaitable);
    } else if (next) {
      timer_.expires_at(can_wait() ? now + kRoomPoll : std::chrono::ceil<Tick>(due(start, next->offset)));
      boost::system::error_code cancelled;  // by stop(), which the loop's condition sees
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
  }
  co_return next ? DriverEnd::kStopped : DriverEnd::kFinished;
}

void PacedDriver::stop() noexcept {
  stopping_ = true;
  timer_.cancel();
}

std::optional<PacedDriver::PacedSample> PacedDriver::produce_in_range() noexcept {
  std::optional<PacedSample> sample = produce();
  if (sample && sample->offset > kHorizon) sample.reset();
  return sample;
}

BootTime PacedDriver::due(BootTime start, std::chrono::nanoseconds offset) const noexcept {
  if (can_wait()) return start;
  const double paced_ns = static_cast<double>(offset.count()) / pace_.speed;
  const auto furthest_ns = static_cast<double>(std::chrono::nanoseconds{kHorizon}.count());
  return start + std::chrono::nanoseconds{static_cast<std::int64_t>(std::min(paced_ns, furthest_ns))};
}

}  // namespace propriod::drivers
