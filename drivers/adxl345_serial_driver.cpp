#include "drivers/adxl345_serial_driver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <cmath>
#include <exception>
#include <string>
#include <utility>

#include "drivers/adxl345_registers.hpp"
#include "drivers/errors.hpp"

namespace propriod::drivers {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto kLeastSilence = 5s;        // an Uno that was reset by opening its port is quiet for 2 s
constexpr auto kLongestUnreadable = 30s;  // then to open the port once more may help, and nothing is lost by it
// A pause is longer than the bursts of a radio. A backlog behind it comes at once, and holds most of what it took.
constexpr auto kLeastPause = 100ms;
constexpr double kLeastPausePeriods = 4;
constexpr double kLeastPauseIntervals = 2.5;
constexpr auto kBacklogComes = 100ms;
constexpr double kLeastBacklog = 0.5;
constexpr double kUsPerSecond = 1e6;
constexpr double kMostResonatorDriftPpm = 20'000;  // ceramic ones are off by 0.5 %, RC oscillators by 1 to 2 %

double mps2_per(Adxl345SerialDriver::Unit unit) noexcept {
  switch (unit) {
    case Adxl345SerialDriver::Unit::kRaw:
      return adxl345::kMps2PerCount;
    case Adxl345SerialDriver::Unit::kMg:
      return kStandardGravityMps2 / 1000;
    case Adxl345SerialDriver::Unit::kG:
      return kStandardGravityMps2;
    case Adxl345SerialDriver::Unit::kMps2:
      break;
  }
  return 1;
}

double us_per(Adxl345SerialDriver::TimeUnit unit) noexcept {
  switch (unit) {
    case Adxl345SerialDriver::TimeUnit::kS:
      return 1e6;
    case Adxl345SerialDriver::TimeUnit::kMs:
      return 1e3;
    case Adxl345SerialDriver::TimeUnit::kUs:
      break;
  }
  return 1;
}

/// Whether device time, or the count of samples that stands for it, does not go on from the reading before.
bool is_cut_off(const SerialReading& reading) noexcept {
  return reading.before.restarted || (!reading.time_us && reading.before.gap);
}

/// As if the line had none: what false times say of losses and restarts is as false.
void disregard_time(SerialReading& reading) noexcept {
  const bool damaged = reading.before.resynchronised;
  reading.before = {};
  reading.before.resynchronised = reading.before.gap = damaged;
  reading.time_us.reset();
}

std::variant<CsvLineDecoder, CobsFrameDecoder> decoder_for(const Adxl345SerialDriver::Options& options) noexcept {
  if (options.format == Adxl345SerialDriver::Format::kCobs) return CobsFrameDecoder(options.device.rate_hz);
  return CsvLineDecoder({.mps2_per_unit = mps2_per(options.unit),
                         .us_per_time_unit = us_per(options.time_unit),
                         .rate_hz = options.device.rate_hz});
}

}  // namespace

Adxl345SerialDriver::Adxl345SerialDriver(asio::io_context& io, const Options& options)
    : DeviceDriver(io, options.device),
      baud_(options.baud),
      decoder_(decoder_for(options)),
      diagnosis_({.baud = options.baud,
                  .text = options.format == Format::kCsv,
                  .rate_hz = options.device.rate_hz,
                  .us_per_time_unit = us_per(options.time_unit)}) {}

asio::awaitable<void> Adxl345SerialDriver::session() {
  SerialPort port(co_await asio::this_coro::executor, options().device, baud_);
  port_ = &port;
  std::visit([](auto& decoder) { decoder.reconnected(); }, decoder_);
  if (clock_) clock_->restart();
  diagnosis_.restart();
  last_reading_ = BootClock::now();
  std::exception_ptr lost;
  try {
    co_await read(port);
  } catch (const DeviceError&) {
    lost = std::current_exception();
  }
  if (pause_) end_pause(false);
  deliver_batch();
  if (lost) std::rethrow_exception(lost);
}

asio::awaitable<void> Adxl345SerialDriver::read(SerialPort& port) {
  // A slow sensor fills its frame for a while.
  const auto longest_silence = std::max<std::chrono::seconds>(
      kLeastSilence, std::chrono::seconds{std::lround(2 * CobsFrame::kMostSamples / options().rate_hz)});
  std::array<std::byte, 1024> buffer;
  while (!stopping()) {
    const std::size_t count =
        co_await port.read_some(buffer, pause_ ? BootClock::duration{kBacklogComes} : longest_silence);
    if (stopping()) break;
    if (count == 0 && pause_) {
      end_pause(false);
      deliver_batch();
      continue;
    }
    if (count == 0) {
      throw DeviceError(fmt::format(
          "{}: opened, but silent for {} s: is it the right port, does the sketch run, and does the sensor answer it?",
          options().device.string(), longest_silence.count()));
    }
    const BootTime arrival = BootClock::now();
    take(std::span(buffer).first(count), arrival);
    if (!pause_ && arrival - last_reading_ > kLongestUnreadable) {
      const std::string why = diagnosis_.in_words();
      throw DeviceError(fmt::format("{}: nothing readable for {} s: {}", options().device.string(),
                                    kLongestUnreadable.count(), why.empty() ? "hardly anything comes" : why));
    }
  }
}

void Adxl345SerialDriver::interrupt() noexcept {
  if (port_ != nullptr) port_->cancel();
}

void Adxl345SerialDriver::take(std::span<const std::byte> bytes, BootTime arrival) {
  const auto understood_bytes = std::visit(
      [&](auto& decoder) {
        for (const std::byte byte : bytes) {
          for (SerialReading reading : decoder.take(byte)) {
            if (reading.time_us) last_time_us_ = reading.time_us;
            if (diagnosis_.doubts_times()) disregard_time(reading);
            if (batch_count_ == batch_.size() || is_cut_off(reading)) {
              if (pause_) end_pause(batch_count_ == batch_.size());
              deliver_batch();
            }
            batch_[batch_count_++] = reading;
            batch_arrival_ = arrival;
          }
        }
        return decoder.understood_bytes();
      },
      decoder_);
  if (!has_to_wait(arrival)) deliver_batch();
  if (clock_) report_drift(clock_->drift_ppm());
  const SerialDiagnosis::Progress progress{
      .understood_bytes = understood_bytes, .samples = static_cast<std::uint64_t>(samples_), .time_us = last_time_us_};
  if (auto advice = diagnosis_.observe(bytes, progress, arrival)) {
    set_advice(*std::move(advice));
  }
}

/// Lines without a time are counted, and a count does not tell how many never came: a pause does, unless what it kept
/// back comes behind it. That takes a moment to know.
bool Adxl345SerialDriver::has_to_wait(BootTime arrival) noexcept {
  if (!clock_ || !clock_counts_samples_ || batch_count_ == 0) return false;
  const double rate_hz = options().rate_hz;
  if (!pause_) {
    const double least_s =
        std::max({seconds(kLeastPause), kLeastPausePeriods / rate_hz, kLeastPauseIntervals * usual_interval_s_});
    const double silent_s = seconds(arrival - last_reading_);
    // What is usual is learnt, in case `rate` is wrong by far; a pause does not change it by much.
    usual_interval_s_ += (std::min(silent_s, 2 * std::max(usual_interval_s_, 1 / rate_hz)) - usual_interval_s_) / 8;
    if (silent_s < least_s) return false;
    pause_ = {.began = last_reading_, .ended = arrival};
  }
  double came = -1;  // the one that was due when the pause ended
  for (const SerialReading& reading : std::span(batch_).first(batch_count_)) {
    came += static_cast<double>(reading.before.lost + 1);
  }
  const double live = seconds(arrival - pause_->ended) * rate_hz;
  const bool is_backlog = came - live >= kLeastBacklog * seconds(pause_->ended - pause_->began) * rate_hz;
  if (!is_backlog && arrival - pause_->ended < kBacklogComes) return true;
  end_pause(is_backlog);
  return false;
}

void Adxl345SerialDriver::end_pause(bool is_backlog) noexcept {
  pause_.reset();
  if (is_backlog || batch_count_ == 0) return;
  batch_.front().before.gap = true;
  batch_.front().before.restarted = true;  // the clock begins anew with what is live
}

/// All readings that arrived together in one: the newest tells the clock most, so it is told first.
void Adxl345SerialDriver::deliver_batch() noexcept {
  const auto batch = std::span(batch_).first(std::exchange(batch_count_, 0));
  if (batch.empty()) return;
  last_reading_ = batch_arrival_;
  const bool counts_samples = !batch.front().time_us;
  if (clock_ && counts_samples != clock_counts_samples_) report_gap();  // what it said before is not to be relied on
  if (!clock_ || counts_samples != clock_counts_samples_ || is_cut_off(batch.front())) begin_clock(counts_samples);
  std::int64_t newest = samples_;
  for (const SerialReading& reading : batch) newest += static_cast<std::int64_t>(reading.before.lost) + 1;
  clock_->observe(counts_samples ? newest : batch.back().time_us.value_or(newest), batch_arrival_);
  for (const SerialReading& reading : batch) {
    report_lost(reading.before.lost);
    if (reading.before.gap) report_gap();
    if (reading.before.resynchronised) report_resynchronisation();
    samples_ += static_cast<std::int64_t>(reading.before.lost) + 1;
    deliver(clock_->time_of(counts_samples ? samples_ : reading.time_us.value_or(samples_)), reading.accel_mps2);
  }
}

void Adxl345SerialDriver::begin_clock(bool counts_samples) noexcept {
  if (clock_ && clock_counts_samples_ == counts_samples) return clock_->restart();
  const auto before = clock_;
  clock_counts_samples_ = counts_samples;
  clock_.emplace(counts_samples ? DeviceClock::Options{options().rate_hz, adxl345::kMostDriftPpm}
                                : DeviceClock::Options{kUsPerSecond, kMostResonatorDriftPpm});
  if (before) clock_->go_on_from(*before);
}

}  // namespace propriod::drivers
