#include "model/windower.hpp"

#include <algorithm>

namespace propriod::model {

Windower::Windower(const Options& options)
    : length_(static_cast<std::size_t>(options.length)),
      step_(static_cast<std::size_t>(options.step)),
      times_(length_),
      missing_(length_) {
  for (auto& axis : axes_) axis.resize(length_);
}

bool Windower::push(const drivers::Sample& sample, bool first_after_gap) noexcept {
  if (first_after_gap) {
    const bool begun = missing_ == 0 ? step_ < length_ : missing_ < length_;  // overlapping windows: always one begun
    if (begun) ++counters_.partial_windows;
    missing_ = length_;
  }
  if (missing_ == 0) missing_ = step_;  // the window before is complete; this sample goes on with the next one
  for (std::size_t axis = 0; axis < 3; ++axis) axes_[axis][next_] = sample.accel_mps2[axis];
  times_[next_] = sample.time;
  end_ = sample.time;
  next_ = next_ + 1 == length_ ? 0 : next_ + 1;
  if (--missing_ != 0) return false;
  ++counters_.windows;
  return true;
}

void Windower::copy_to(std::span<float> window) const noexcept {
  auto out = window.begin();
  const auto oldest = static_cast<std::ptrdiff_t>(next_);
  for (const auto& axis : axes_) {
    out = std::copy(axis.begin() + oldest, axis.end(), out);
    out = std::copy(axis.begin(), axis.begin() + oldest, out);
  }
}

}  // namespace propriod::model
