#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "model/named_tensor.hpp"

/// The safetensors format: a file of tensors that cannot run code, readable from Python.
///     byte 0           8                8 + n
///          n, uint64   JSON, n bytes    float32 values, each tensor row-major, without gaps
/// All numbers are little-endian. Source: https://github.com/huggingface/safetensors, README.
namespace propriod::model {

inline constexpr std::size_t kMaxSafetensorsBytes = std::size_t{1} << 30;

/// The same tensors always give the same bytes: sorted by name, the header padded with blanks to a multiple of 8.
/// Whether the tensors make sense is for `parse_safetensors` to say; only a name that is not UTF-8 throws BundleError
/// here.
[[nodiscard]] std::vector<std::byte> to_safetensors(std::span<const NamedTensor> tensors);

/// Reads what `to_safetensors`, or Python with float32 tensors, wrote; in the order of the file. Every size is checked
/// against the bytes there are before anything is allocated. Throws BundleError, beginning with `what` (a path), for
/// anything but F32 tensors with finite values that fill the file exactly.
[[nodiscard]] std::vector<NamedTensor> parse_safetensors(std::span<const std::byte> bytes, const std::string& what);

}  // namespace propriod::model
