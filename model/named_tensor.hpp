#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace propriod::model {

/// A parameter or buffer of a network outside of LibTorch: float32, row-major.
struct NamedTensor {
  std::string name;
  std::vector<std::int64_t> shape;  ///< empty: a scalar
  std::vector<float> values;        ///< as many as the product of `shape`
  friend bool operator==(const NamedTensor&, const NamedTensor&) = default;
};

}  // namespace propriod::model
