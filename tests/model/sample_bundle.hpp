#pragma once

#include <string>
#include <vector>

#include "model/manifest.hpp"
#include "model/named_tensor.hpp"

namespace propriod::model {

/// A manifest as a short training leaves it, without what the store fills in.
inline Manifest sample_manifest() {
  Manifest manifest;
  manifest.architecture = {.name = "mtl-net", .batch_norm = true};
  manifest.activities = {"supine", "right-up", "Bauchlage: ½ 🛏"};
  manifest.placements = {"chest", "neck"};
  manifest.input = {.rate_hz = 51.2, .window = 96, .step = 48, .scale = 1 / 9.80665};
  manifest.training.epochs_run = 7;
  manifest.training.best_epoch = 6;
  manifest.training.learning_rate = 0.1 + 0.2;  // needs all 17 digits
  manifest.training.seed = 18446744073709551615U;
  manifest.data.format = "propriod";
  manifest.data.fingerprint = std::string(64, 'a');
  manifest.data.test_subjects = {"s01", "null", "true",
                                 "12",  "~",    "- x"};  // words that YAML could take for something else
  manifest.data.training_windows = 1234;
  manifest.data.notes = {"each person has one side only", "# not a comment", "key: value"};
  manifest.metrics = {{"activity_accuracy", 84.375}, {"placement_accuracy", 100.0 / 3}};
  manifest.program_version = "0.1.0";
  return manifest;
}

/// As `sample_manifest`, and with what the store fills in.
inline Manifest published_manifest() {
  auto manifest = sample_manifest();
  manifest.version = "20261123T150405.123Z-7";
  manifest.counter = 7;
  manifest.weights_sha256 = std::string(64, 'b');
  return manifest;
}

inline std::vector<NamedTensor> sample_weights() {
  return {{.name = "fc1.weight", .shape = {2, 3}, .values = {1.5F, -2.0F, 0.25F, 3.0F, 4.0F, 5.0F}},
          {.name = "fc1.bias", .shape = {2}, .values = {0.5F, -1e-30F}},
          {.name = "steps", .shape = {}, .values = {7.0F}},
          {.name = "empty", .shape = {0, 3}, .values = {}}};
}

}  // namespace propriod::model
