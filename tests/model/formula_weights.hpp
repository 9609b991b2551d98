#pragma once

#include <zlib.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "model/model_store.hpp"
#include "model/network.hpp"

namespace propriod::model {

/// As `spread` in make_logits_fixture.py.
inline std::vector<double> spread(const std::string& name, std::size_t count) {
  const auto seed = crc32(0, reinterpret_cast<const Bytef*>(name.data()), static_cast<uInt>(name.size()));
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<double>((i * 2654435761U + seed) % (1ULL << 32)) / static_cast<double>(1ULL << 32) - 0.5;
  }
  return values;
}

inline std::vector<float> scaled(const std::string& name, std::size_t count, double scale, double offset = 0) {
  std::vector<float> result;
  for (const double value : spread(name, count)) result.push_back(static_cast<float>(value * scale + offset));
  return result;
}

/// As `formula` in make_logits_fixture.py, for every tensor of `network`.
inline std::vector<NamedTensor> formula_weights(const Network& network) {
  auto weights = weights_of(network);
  for (auto& weight : weights) {
    const auto values = weight.values.size();
    const bool matrix = weight.shape.size() > 1;
    const auto fan_in = matrix ? values / static_cast<std::size_t>(weight.shape[0]) : 100;
    const bool about_one = !matrix && (weight.name.ends_with("weight") || weight.name.ends_with("running_var"));
    weight.values = scaled(weight.name, values, 2 / std::sqrt(static_cast<double>(fan_in)), about_one ? 1 : 0);
  }
  return weights;
}

/// For windows of 100, 12 activities and 3 placements: the paper's Sleep data set.
inline std::shared_ptr<Network> network(const Manifest::Architecture& architecture) {
  return make_network(architecture, /*window=*/100, /*activities=*/12, /*placements=*/3);
}
inline std::shared_ptr<Network> network(const char* name) { return network(Manifest::Architecture{.name = name}); }

/// A bundle for `network(architecture)`, as if read from sleep/1.
inline Bundle bundle_with(const std::vector<NamedTensor>& weights, const Manifest::Architecture& architecture = {},
                          double scale = 1) {
  Manifest manifest;
  manifest.architecture = architecture;
  for (int k = 0; k < 12; ++k) manifest.activities.push_back("activity" + std::to_string(k));
  manifest.placements = {"chest", "neck", "abdomen"};
  manifest.input.scale = scale;
  return {.directory = "sleep/1", .manifest = manifest, .weights = weights};
}

}  // namespace propriod::model
