#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/prediction.hpp"
#include "daemon/utc.hpp"
#include "model/manifest.hpp"

namespace propriod::daemon {

/// The label that one task's probabilities speak for.
struct Verdict {
  std::size_t label;  ///< index of the most probable
  float confidence;   ///< its probability
  bool unknown;       ///< the confidence lies below the threshold
};

[[nodiscard]] Verdict verdict(std::span<const float> probabilities, double unknown_below) noexcept;

/// What every message of one process life says of itself.
struct PayloadContext {
  std::string boot;                     ///< names the life of the process
  std::string model_name;               ///< beside the manifest's version
  std::optional<double> unknown_below;  ///< as configured; see `thresholds`
};

/// Confidences below which a task's label becomes "unknown".
struct Thresholds {
  double activity;
  double placement;
};

/// The configured one for both tasks; without it the model's own, chosen on its validation data; without those 0.6.
[[nodiscard]] Thresholds thresholds(const std::optional<double>& configured, const model::Manifest& manifest) noexcept;

/// One line of JSON each. `known_placement`: from the configuration. `simulated`: the sensor, or else the model's own
/// training data, are simulated, and the message says so.
[[nodiscard]] std::string prediction_json(const Prediction& prediction, std::string_view sensor,
                                          const std::optional<std::string>& known_placement, bool simulated,
                                          const model::Manifest& manifest, const PayloadContext& context,
                                          const UtcBorder& border);

/// `activity` and `placement`: stable labels, or nothing while there is none yet.
[[nodiscard]] std::string state_json(drivers::BootTime since, const std::optional<std::string>& activity,
                                     const std::optional<std::string>& placement, const model::Manifest& manifest,
                                     bool simulated, const UtcBorder& border);

[[nodiscard]] std::string model_json(const model::Manifest& manifest, std::string_view model_name);

}  // namespace propriod::daemon
