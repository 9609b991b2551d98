#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "drivers/sample.hpp"

namespace propriod::drivers {

inline constexpr std::int16_t kNoLabel = -1;

/// One sample of a recording. `activity` and `placement` index the recording's label tables, or are `kNoLabel`.
struct RecordedSample {
  std::chrono::nanoseconds time;  ///< since the start of the recording
  Acceleration accel_mps2;        ///< always finite
  std::int16_t activity = kNoLabel;
  std::int16_t placement = kNoLabel;
};

/// One uninterrupted session of one sensor on one person, in memory. Windows never cross recordings.
struct Recording {
  std::string name;     ///< for messages: where it came from, e.g. "p1_ankle.csv"
  std::string subject;  ///< whose body it was; empty when unknown
  double rate_hz = 0;   ///< nominal
  bool simulated = false;
  std::string notes;  ///< what a reader of figures made of this recording must know
  std::vector<std::string> activities;
  std::vector<std::string> placements;
  std::vector<RecordedSample> samples;  ///< times strictly ascend
};

}  // namespace propriod::drivers
