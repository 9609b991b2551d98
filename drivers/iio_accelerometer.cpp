#include "drivers/iio_accelerometer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "drivers/adxl345_registers.hpp"
#include "drivers/device_access.hpp"
#include "drivers/errors.hpp"
#include "drivers/label.hpp"
#include "drivers/sysfs.hpp"

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 3> kAxes{"x", "y", "z"};
constexpr double kSameScale = 0.05;         // the kernel says 0.038300, the data sheet 3.9 mg: 0.038246
constexpr int kReadingsForScale = 8;        // in a few milliseconds
constexpr std::size_t kBufferLength = 128;  // samples the kernel keeps for a host that is late
constexpr auto kLongestInterval = 200ms;
constexpr auto kLongestSilence = 5s;
constexpr double kFastest = 1 + adxl345::kMostDriftPpm * 1e-6;

std::optional<double> number_in(const std::optional<std::string>& text) {
  double number = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  return error == std::errc{} && std::isfinite(number) ? std::optional{number} : std::nullopt;
}

}  // namespace

double believable_iio_scale(double kernel_scale, double norm_counts) noexcept {
  const auto far_from_1_g = [&](double scale) {
    return std::abs(std::log(norm_counts * scale / kStandardGravityMps2));
  };
  if (!(kernel_scale > 0) || !(norm_counts > 0)) return adxl345::kMps2PerCount;
  if (std::abs(kernel_scale / adxl345::kMps2PerCount - 1) < kSameScale) return kernel_scale;
  return far_from_1_g(kernel_scale) < far_from_1_g(adxl345::kMps2PerCount) ? kernel_scale : adxl345::kMps2PerCount;
}

IioAccelerometer::IioAccelerometer(Options options, SampleListener& listener)
    : options_(std::move(options)),
      attributes_(options_.sysfs / "bus/iio/devices" / options_.device.filename()),
      listener_(listener),
      clock_({.ticks_per_second = options_.rate_hz, .most_drift_ppm = adxl345::kMostDriftPpm}) {
  const auto name = read_attribute(attributes_ / "name");
  if (!name) throw DeviceError(cannot_open(options_.device, ENOENT));
  if (*name != "adxl345") {
    throw DeviceError(fmt::format("{}: is no adxl345 but \"{}\"; `propriod sensors` lists what is there",
                                  options_.device.string(), shown(*name)));
  }
  try {
    if (std::filesystem::exists(attributes_ / "buffer/enable")) set("buffer/enable", "0");  // of a previous owner
    set_rate();
    for (std::size_t axis = 0; axis < kAxes.size(); ++axis) {
      const auto attribute = attributes_ / fmt::format("in_accel_{}_raw", kAxes[axis]);
      axes_[axis] = open(attribute.c_str(), O_RDONLY | O_CLOEXEC);
      if (axes_[axis] < 0) throw DeviceError(cannot_open(attribute, errno));
    }
    choose_scale();
    if (!start_buffer()) {
      advice_ +=
          fmt::format("{}{} offers no buffer, so the axes of a sample come from different moments, and clip at 2 g",
                      advice_.empty() ? "" : "; ", options_.device.string());
    }
  } catch (...) {
    close_all();
    throw;
  }
  heard_ = due_ = BootClock::now();
}

IioAccelerometer::~IioAccelerometer() { close_all(); }

void IioAccelerometer::close_all() noexcept {
  for (int& axis : axes_) {
    if (axis >= 0) close(std::exchange(axis, -1));
  }
  if (buffer_ < 0) return;
  close(std::exchange(buffer_, -1));
  static_cast<void>(write_attribute(attributes_ / "buffer/enable", "0"));
}

void IioAccelerometer::set(const std::string& attribute, const std::string& text) {
  const std::error_code error = write_attribute(attributes_ / attribute, text);
  if (!error) return;
  if (error == std::errc::permission_denied) {
    throw DeviceError(fmt::format("{}: only root may set {}; run as root, or let a udev rule give it to your group",
                                  options_.device.string(), (attributes_ / attribute).string()));
  }
  throw DeviceError(fmt::format("{}: {} cannot be set to {}: {}", options_.device.string(),
                                (attributes_ / attribute).string(), text, error.message()));
}

void IioAccelerometer::set_rate() {
  const std::string attribute = "in_accel_sampling_frequency";
  const auto is_set = [&] {
    const auto rate_hz = number_in(read_attribute(attributes_ / attribute));
    return rate_hz && std::abs(*rate_hz / options_.rate_hz - 1) < 0.01;
  };
  if (is_set()) return;  // so that a sensor which an administrator has set needs no root
  set(attribute, fmt::format("{}", options_.rate_hz));
  if (!is_set()) {
    throw DeviceError(
        fmt::format("{}: does not take {} Hz; choose another rate", options_.device.string(), options_.rate_hz));
  }
}

void IioAccelerometer::choose_scale() {
  const double kernel_scale = number_in(read_attribute(attributes_ / "in_accel_scale")).value_or(0);
  double norm_counts = 0;
  for (int i = 0; i < kReadingsForScale; ++i) {
    const Counts counts = read_axes();
    norm_counts += std::hypot(counts[0], counts[1], counts[2]) / kReadingsForScale;
  }
  mps2_per_count_ = believable_iio_scale(kernel_scale, norm_counts);
  if (kernel_scale > 0 && mps2_per_count_ != kernel_scale) {
    advice_ = fmt::format("the kernel's scale of {} makes no gravity of the readings: {:.6f} is used instead",
                          kernel_scale, mps2_per_count_);
  }
}

/// False when the kernel offers no buffer.
bool IioAccelerometer::start_buffer() {
  if (!std::filesystem::exists(attributes_ / "scan_elements/in_accel_x_en")) return false;
  std::array<double, 3> indices{};
  for (std::size_t axis = 0; axis < kAxes.size(); ++axis) {
    const auto element = fmt::format("scan_elements/in_accel_{}", kAxes[axis]);
    const auto index = number_in(read_attribute(attributes_ / (element + "_index")));
    const auto text = read_attribute(attributes_ / (element + "_type")).value_or("");
    const auto type = parse_iio_scan_type(text);
    if (!index || !type) {
      throw DeviceError(fmt::format("{}: its buffer has a form that is not known here: \"{}\"",
                                    options_.device.string(), shown(text)));
    }
    indices[axis] = *index;
    types_[axis] = *type;
    set(element + "_en", "1");
  }
  for (std::size_t axis = 0; axis < kAxes.size(); ++axis) {
    places_[axis] =
        static_cast<std::size_t>(std::ranges::count_if(indices, [&](double other) { return other < indices[axis]; }));
  }
  if (std::filesystem::exists(attributes_ / "scan_elements/in_timestamp_en")) {
    set("scan_elements/in_timestamp_en", "0");
  }
  set("buffer/length", fmt::format("{}", kBufferLength));
  if (std::filesystem::exists(attributes_ / "buffer/watermark")) {
    set("buffer/watermark", fmt::format("{}", adxl345::kWatermark));
  }
  set("buffer/enable", "1");
  buffer_ = open(options_.device.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (buffer_ < 0) throw DeviceError(cannot_open(options_.device, errno));
  return true;
}

double IioAccelerometer::range_mps2() const noexcept {
  return buffer_ < 0 ? adxl345::full_scale_mps2(2) : std::numeric_limits<double>::infinity();
}

double IioAccelerometer::drift_ppm() const noexcept {
  return buffer_ < 0 ? std::numeric_limits<double>::quiet_NaN() : clock_.drift_ppm();
}

BootTime IioAccelerometer::poll() { return buffer_ < 0 ? poll_axes() : poll_buffer(); }

void IioAccelerometer::hand_on(BootTime time, const Counts& counts) noexcept {
  PreciseAcceleration accel_mps2{};
  std::ranges::transform(counts, accel_mps2.begin(), [this](std::int16_t count) { return count * mps2_per_count_; });
  listener_.on_sample(time, accel_mps2);
}

IioAccelerometer::Counts IioAccelerometer::read_axes() {
  Counts counts{};
  for (std::size_t axis = 0; axis < counts.size(); ++axis) {
    std::array<char, 16> text{};
    const ssize_t length = pread(axes_[axis], text.data(), text.size(), 0);
    if (length < 0) throw DeviceError(has_gone(options_.device, std::generic_category().message(errno)));
    if (std::from_chars(text.data(), text.data() + length, counts[axis]).ec != std::errc{}) {
      throw DeviceError(fmt::format("{}: in_accel_{}_raw is no number", options_.device.string(), kAxes[axis]));
    }
  }
  return counts;
}

/// One reading a period, at the host's pace.
BootTime IioAccelerometer::poll_axes() {
  const auto period = from_seconds(1 / options_.rate_hz);
  const BootTime before = BootClock::now();
  const Counts counts = read_axes();
  const BootTime after = BootClock::now();
  const std::int64_t missed = (before - due_) / period;
  if (missed > 0) listener_.on_lost(static_cast<std::uint64_t>(missed));
  hand_on(before + (after - before) / 2, counts);
  due_ += (std::max<std::int64_t>(missed, 0) + 1) * period;
  return due_;
}

BootTime IioAccelerometer::poll_buffer() {
  const std::size_t size = 3 * sizeof(std::int16_t);
  std::array<std::uint8_t, kBufferLength * 3 * sizeof(std::int16_t)> bytes;
  const ssize_t length = read(buffer_, bytes.data(), bytes.size());
  const BootTime now = BootClock::now();
  if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR)) {
    throw DeviceError(has_gone(options_.device, length == 0 ? "end of file" : std::generic_category().message(errno)));
  }
  const std::size_t count = length > 0 ? static_cast<std::size_t>(length) / size : 0;
  if (count == 0 && now - heard_ > kLongestSilence) {
    throw DeviceError(
        fmt::format("{}: opened, but silent for {} s: is its interrupt line wired as the kernel was told?",
                    options_.device.string(), kLongestSilence.count()));
  }
  // Neither the chip's FIFO nor the kernel's buffer tells that it overflowed: a silence in which they may have, does.
  if (count > 0 && seconds(now - heard_) * options_.rate_hz * kFastest > kBufferLength) {
    listener_.on_gap();
    clock_.restart();
    number_ = 0;
  }
  if (count > 0) {
    heard_ = now;
    clock_.observe(number_ + static_cast<std::int64_t>(count) - 1, now);
  }
  for (std::size_t i = 0; i < count; ++i) {
    Counts counts{};
    for (std::size_t axis = 0; axis < counts.size(); ++axis) {
      const std::span<const std::uint8_t, 2> stored{bytes.data() + i * size + 2 * places_[axis], 2};
      counts[axis] = types_[axis].decode(stored);
    }
    hand_on(clock_.time_of(number_++), counts);
  }
  const double dither = std::fmod(static_cast<double>(number_) * adxl345::kPollStep, 1.0);
  const auto interval =
      std::min<std::chrono::nanoseconds>(from_seconds(adxl345::kWatermark / options_.rate_hz), kLongestInterval);
  return now + interval + from_seconds(dither / options_.rate_hz);
}

}  // namespace propriod::drivers
