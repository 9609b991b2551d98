#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "drivers/recording.hpp"

/// What the fuzzers of the data-set readers share.
namespace propriod::fuzz {

/// Calls `take(number, line)` for each line of the input, numbers from 1; returns how many there were.
template <typename Take>
std::size_t for_each_line(const std::uint8_t* data, std::size_t size, Take take) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t number = 0;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    take(++number, line);
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
  }
  return number;
}

inline void require(bool holds) {
  if (!holds) std::abort();
}

/// Aborts unless `recording` is what training may rely on: a rate, times that ascend, finite values, labels of its
/// tables.
inline void check(const drivers::Recording& recording) {
  require(recording.samples.size() >= 2 && std::isfinite(recording.rate_hz) && recording.rate_hz > 0);
  const drivers::RecordedSample* previous = nullptr;
  for (const auto& sample : recording.samples) {
    require(previous == nullptr || sample.time > previous->time);
    for (const float axis : sample.accel_mps2) require(std::isfinite(axis));
    require(static_cast<std::size_t>(sample.activity) < recording.activities.size());
    require(static_cast<std::size_t>(sample.placement) < recording.placements.size());
    previous = &sample;
  }
}

}  // namespace propriod::fuzz
