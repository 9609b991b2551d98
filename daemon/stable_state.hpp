#pragma once

#include <cstddef>
#include <optional>

#include "drivers/boot_clock.hpp"

namespace propriod::daemon {

/// The label of one task that a dashboard shows: it changes when two windows in a row agree on another one, so that a
/// single odd window does not flicker through the house. An `unknown` window changes nothing. One owner.
class StableLabel {
 public:
  /// True when the stable label changed.
  bool observe(std::optional<std::size_t> label, drivers::BootTime window_start) noexcept {
    if (!label || label == stable_) {
      candidate_.reset();
      return false;
    }
    if (label != candidate_) {
      candidate_ = label;
      candidate_since_ = window_start;
      return false;
    }
    stable_ = candidate_;
    since_ = candidate_since_;
    candidate_.reset();
    return true;
  }

  [[nodiscard]] std::optional<std::size_t> label() const noexcept { return stable_; }
  [[nodiscard]] drivers::BootTime since() const noexcept { return since_; }  ///< start of the first window that said so

 private:
  std::optional<std::size_t> stable_, candidate_;
  drivers::BootTime since_{}, candidate_since_{};
};

}  // namespace propriod::daemon
