#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "model/manifest.hpp"

namespace propriod::model {

inline constexpr std::size_t kMaxManifestBytes = std::size_t{1} << 20;

/// `manifest.yaml`: the members in their order, numbers so that they read back exactly, and at the end the SHA-256 of
/// all that stands above it. Whether the values are allowed is for `parse_manifest` to say.
[[nodiscard]] std::string to_yaml(const Manifest& manifest);

/// Reads what `to_yaml` wrote, and nothing else: all keys (but `calibration`, which is optional), no others, every
/// value within its range. Throws BundleError
/// `<path>:<line>: <key>: <what>; <what to do>`.
[[nodiscard]] Manifest parse_manifest(std::string_view yaml, const std::string& path);

/// Throws BundleError, for a file that cannot be read as well.
[[nodiscard]] Manifest read_manifest(const std::filesystem::path& path);

}  // namespace propriod::model
