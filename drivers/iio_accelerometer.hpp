#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>

#include "drivers/boot_clock.hpp"
#include "drivers/device_clock.hpp"
#include "drivers/iio_scan_type.hpp"
#include "drivers/sample_listener.hpp"

namespace propriod::drivers {

/// Which scale to believe: metres per second² a count. The kernel's own driver from 6.17 offers scales that the chip,
/// which it sets to full resolution, does not have; a reading of gravity tells. `norm_counts`: the length of one or
/// more readings at the start, in counts.
[[nodiscard]] double believable_iio_scale(double kernel_scale, double norm_counts) noexcept;

/// An ADXL345 that the kernel's IIO driver holds: from its buffer where the kernel offers one (6.14 or later, with an
/// interrupt line), else axis by axis from sysfs. In both cases the kernel tells nothing of samples that its own FIFO
/// lost. Blocks for the time of bus transfers. One thread.
class IioAccelerometer {
 public:
  struct Options {
    std::filesystem::path device;          ///< /dev/iio:device0
    double rate_hz = 100;                  ///< that the chip is set to
    std::filesystem::path sysfs = "/sys";  ///< of tests, theirs
  };

  /// Sets the chip's rate, and starts the buffer. Throws DeviceError when there is no such device, it is no ADXL345, or
  /// it cannot be set, saying why.
  IioAccelerometer(Options options, SampleListener& listener);
  IioAccelerometer(const IioAccelerometer&) = delete;
  IioAccelerometer& operator=(const IioAccelerometer&) = delete;
  ~IioAccelerometer();

  /// Hands on what there is, and says when to ask again. Throws DeviceError when the device has gone.
  [[nodiscard]] BootTime poll();

  /// What is second best about it, for the user; empty with a buffer and the right scale.
  [[nodiscard]] const std::string& advice() const noexcept { return advice_; }

  /// The largest reading of an axis: without a buffer the kernel leaves the chip at 2 g (adxl345_core.c before 6.14).
  /// Infinite where it may be any.
  [[nodiscard]] double range_mps2() const noexcept;

  /// See DeviceClock; NaN without a buffer, where the host's clock is the only one.
  [[nodiscard]] double drift_ppm() const noexcept;

 private:
  using Counts = std::array<std::int16_t, 3>;

  void set_rate();
  void choose_scale();
  [[nodiscard]] bool start_buffer();
  [[nodiscard]] Counts read_axes();
  [[nodiscard]] BootTime poll_buffer();
  [[nodiscard]] BootTime poll_axes();
  void set(const std::string& attribute, const std::string& text);
  void hand_on(BootTime time, const Counts& counts) noexcept;
  void close_all() noexcept;

  const Options options_;
  const std::filesystem::path attributes_;
  SampleListener& listener_;
  double mps2_per_count_ = 0;
  std::string advice_;

  std::array<int, 3> axes_{-1, -1, -1};  // sysfs attributes, open
  BootTime due_{};                       // the next reading of them

  int buffer_ = -1;
  std::array<IioScanType, 3> types_{};
  std::array<std::size_t, 3> places_{};  // of the axes among the three in the buffer
  DeviceClock clock_;
  std::int64_t number_ = 0;
  BootTime heard_{};
};

}  // namespace propriod::drivers
