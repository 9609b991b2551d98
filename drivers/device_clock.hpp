#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "drivers/boot_clock.hpp"

namespace propriod::drivers {

/// Turns the ticks of a device's own clock (or its count of samples) into the host's boot clock. Every sample arrives
/// late, by a different delay each time: USB polling, Bluetooth bursts, a busy host. The fastest arrivals tell the
/// truth, so the line from ticks to time is fitted to the lower envelope of the last minute's arrivals; a fit through
/// the middle would be late by half a burst. What remains is the constant least delay of the link.
///
/// Times never run backwards: when the fit learns better, time goes on at half to one and a half times its pace until
/// it has caught up. One owner; never allocates.
class DeviceClock {
 public:
  struct Options {
    double ticks_per_second;  ///< nominal; for a count of samples, their rate
    /// How far the device's clock may be off: 500 for a crystal, 60,000 for the ADXL345's own oscillator.
    double most_drift_ppm;
  };

  explicit DeviceClock(const Options& options) noexcept;

  /// The sample that the device stamped `ticks` arrived at `arrival`, neither earlier than the last one told. Of a
  /// batch that arrived together, tell the newest. Ticks have been unwrapped. A clock that was stepped by more than a
  /// quarter of a second, either way, is noticed within seconds and fitted anew.
  void observe(std::int64_t ticks, BootTime arrival) noexcept;

  /// When the sample stamped `ticks` was measured. Ask in the order of the ticks, each once, after the `observe` of its
  /// batch: the answers strictly ascend.
  [[nodiscard]] BootTime time_of(std::int64_t ticks) noexcept;

  /// Both, for a sample that arrived alone.
  [[nodiscard]] BootTime stamp(std::int64_t ticks, BootTime arrival) noexcept {
    observe(ticks, arrival);
    return time_of(ticks);
  }

  /// The device has restarted, or was away: ticks begin anew. Times still ascend, and what was learnt of the drift
  /// stays.
  void restart() noexcept;

  /// Takes over from `before`, which counted other ticks of the same device: answers ascend from its last on.
  void go_on_from(const DeviceClock& before) noexcept { last_time_ = before.last_time_; }

  /// How much faster the device's clock runs than the host's; NaN in the first seconds, and where it seems to be more
  /// than it may: then something else is wrong, a rate perhaps, and the figure would say nothing.
  [[nodiscard]] double drift_ppm() const noexcept;

 private:
  // The fit works on points (x, y), in nanoseconds: x is the nominal time of the ticks since the anchor, y how much
  // later than that the arrival was. A device that keeps its nominal rate on a link with a constant delay has a
  // constant y.
  struct Point {
    double x;
    double y;
  };
  struct Line {
    double offset = 0;
    double slope = 0;
    [[nodiscard]] double at(double x) const noexcept { return offset + slope * x; }
  };
  struct Anchor {
    std::int64_t ticks;
    BootTime time;
  };

  static constexpr std::size_t kBuckets = 128;  // half a second each: the fastest arrival of that time

  [[nodiscard]] double nominal_ns(std::int64_t ticks) const noexcept;
  void begin(std::int64_t ticks, BootTime arrival) noexcept;
  [[nodiscard]] bool was_stepped(double above_line, BootTime arrival) noexcept;
  void keep(const Point& point) noexcept;
  void fit() noexcept;
  [[nodiscard]] Point point(std::size_t age) const noexcept;  // 0: the oldest

  double ns_per_tick_;
  double most_slope_;

  std::optional<Anchor> anchor_;
  BootTime latest_arrival_{};
  Line line_;
  bool slope_known_ = false;
  std::array<Point, kBuckets> points_{};
  std::size_t oldest_ = 0;
  std::size_t count_ = 0;
  std::int64_t open_bucket_ = 0;  // the number of the bucket of the newest point
  std::optional<BootTime> stepped_since_;
  int early_ = 0;  // arrivals in a row that came before they could have

  struct Told {
    double x;
    BootTime time;
  };
  std::optional<Told> told_;           // the last answer since the anchor
  std::optional<BootTime> last_time_;  // the last answer ever
};

/// Unwraps a counter of few bits. A step backwards is one turn of the counter. Whole turns that passed in silence leave
/// no trace in the counter: they show by arrivals that are later than the link's fastest by that much. Where samples
/// are missing at the silence, what comes after it is live, and the turns are added at once; where none is, it may be a
/// backlog, and only arrivals that stay late tell of turns. A backlog whose very first sample was lost is taken for
/// live: nothing tells the two apart. One owner; never allocates.
class TickUnwrapper {
 public:
  struct Options {
    unsigned bits;  ///< 1 … 32
    double ticks_per_second;
    std::uint32_t period_ticks;  ///< from one sample to the next
  };
  explicit TickUnwrapper(const Options& options) noexcept;

  /// The ticks since the first call, which gives 0. `raw` is below 2^bits; arrivals do not descend.
  [[nodiscard]] std::int64_t unwrap(std::uint32_t raw, BootTime arrival) noexcept;

  void restart() noexcept { last_.reset(); }

 private:
  struct Seen {
    std::uint32_t raw;
    std::int64_t ticks;
    BootTime arrival;
  };
  [[nodiscard]] std::int64_t missed_turns(std::int64_t ticks, BootTime arrival, bool is_next) noexcept;

  std::int64_t turn_;  // ticks until the counter is 0 again
  double ticks_per_second_;
  std::int64_t period_ticks_;
  std::optional<Seen> last_;
  BootTime first_arrival_{};
  double least_late_ = 0;  // ticks between a sample and its arrival, but for a constant: the fastest arrivals'
  std::optional<BootTime> late_since_;  // by a turn or more
  double late_by_ = 0;                  // the least since then
};

}  // namespace propriod::drivers
