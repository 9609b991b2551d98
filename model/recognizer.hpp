#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/manifest.hpp"
#include "model/model_store.hpp"

namespace propriod::model {

/// Probabilities for a batch of windows, row by row. Reused from call to call, so that its memory is allocated once.
struct Probabilities {
  std::vector<float> activity;   ///< (N, activities)
  std::vector<float> placement;  ///< (N, placements)
};

/// A model in service: the network of a bundle in inference mode, its probabilities calibrated as the manifest says.
/// LibTorch stays out of this header. Thread-bound.
class Recognizer {
 public:
  /// Throws BundleError when the weights don't fit the manifest's architecture and labels.
  explicit Recognizer(Bundle bundle);
  Recognizer(const Recognizer&) = delete;
  Recognizer& operator=(const Recognizer&) = delete;
  ~Recognizer();

  /// `windows`: (N, 3, window) in m/s², as `Windower::copy_to` writes them. N may be any number, 0 included.
  void recognize(std::span<const float> windows, Probabilities& probabilities);

  /// Recognises nothing once for every batch size up to `largest_batch`: LibTorch compiles its convolutions at the
  /// first use of a size, for tens of milliseconds, and no window should wait for that.
  void warm_up(std::size_t largest_batch);

  [[nodiscard]] std::int64_t parameters() const;      ///< trainable values
  [[nodiscard]] std::int64_t flops() const;           ///< for one window, see Network::flops
  [[nodiscard]] std::int64_t flops_computed() const;  ///< likewise, see Network::flops_computed

  [[nodiscard]] const Manifest& manifest() const noexcept { return manifest_; }
  [[nodiscard]] std::size_t window_values() const noexcept {
    return 3U * static_cast<std::size_t>(manifest_.input.window);
  }

 private:
  struct Impl;
  Manifest manifest_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace propriod::model
