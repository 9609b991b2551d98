#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/manifest.hpp"
#include "model/named_tensor.hpp"

namespace propriod::model {

/// A model as it lies on the disk, checked.
struct Bundle {
  std::filesystem::path directory;  ///< absolute, its last part is the version unless somebody renamed it
  Manifest manifest;
  std::vector<NamedTensor> weights;
};

/// Reads `<model>/<version>` or `<model>/current` and checks everything before it returns: the hash of the weights,
/// then their format. A promotion meanwhile does no harm: the link is followed once. Any thread. Throws BundleError,
/// e.g.
///   /…/bed/20261123T150405.123Z-7/weights.safetensors: SHA-256 is 9f2c…, manifest.yaml says 41aa…; copy the bundle
///   again
[[nodiscard]] Bundle load_bundle(const std::filesystem::path& directory);

/// The versions of one model:
///     <models>/<name>/20261123T150405.123Z-7/{weights.safetensors,metrics.json,manifest.yaml}
///                     current → 20261123T150405.123Z-7
///                     .lock, and .incoming-…, .current-… of whoever is writing
/// A version appears whole or not at all, whatever ends the program or the power, and is never changed again. Writers
/// take turns, across processes, under the lock; readers need none. Any thread. All functions throw BundleError.
class ModelStore {
 public:
  using Clock = std::function<std::chrono::system_clock::time_point()>;

  /// Nothing is touched before a function is called.
  explicit ModelStore(
      std::filesystem::path model_directory, Clock clock = [] { return std::chrono::system_clock::now(); });

  /// Adds a version and returns its directory. Fills in `version`, `counter` and `weights_sha256`. The first version
  /// becomes current in any case. What `load_bundle` would refuse is refused, and nothing half-written is left.
  std::filesystem::path publish(Manifest manifest, std::span<const NamedTensor> weights,
                                const std::string& metrics_json, bool make_current);

  /// Makes `version` current, once it is seen to load.
  void promote(const std::string& version);

  /// Promotes the version before the current one.
  void rollback();

  /// What `current` points to; nothing when there is none.
  [[nodiscard]] std::optional<std::string> current() const;

  /// By counter, the oldest first.
  [[nodiscard]] std::vector<std::string> versions() const;

 private:
  class Lock;
  void remove_leftovers(const Lock&) const;
  void promote(const std::string& version, const Lock&) const;

  std::filesystem::path directory_;
  Clock clock_;
};

}  // namespace propriod::model
