#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace propriod::model {

inline constexpr std::size_t kMaxTensors = 4096;
inline constexpr std::size_t kMaxTensorNameBytes = 256;
inline constexpr std::size_t kMaxTensorDimensions = 8;

/// One entry of a safetensors header, as it stands there: whether shape and place fit each other and the file is not
/// yet known.
struct TensorEntry {
  std::string name;  ///< unique, plain text of 1 … 256 bytes
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0;  ///< bytes from the start of the values
  std::uint64_t end = 0;    ///< one past the last
};

/// Reads the JSON of a safetensors header: F32 tensors and `__metadata__`, whose content is not kept. Memory stays
/// within a small multiple of `json`, and nesting costs no stack. Throws BundleError, beginning with `what` (a path),
/// for everything else.
[[nodiscard]] std::vector<TensorEntry> parse_safetensors_header(std::string_view json, const std::string& what);

}  // namespace propriod::model
