#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace propriod::drivers {

/// What is known of a recording beside its samples: `NAME.yaml` next to `NAME.csv` or `NAME.csv.gz`. Keys as the
/// members, but `rate` for `rate_hz`; `rate` and `unit` are required.
struct Sidecar {
  std::string sensor{};
  std::string device{};
  std::string subject{};      ///< whose body it was; empty when unknown
  std::string notes{};        ///< what a reader of figures made of this recording must know
  double rate_hz = 50;        ///< nominal, above 0 and up to 10,000
  std::string unit = "m/s2";  ///< the only one there is; written down so that nobody need guess
  std::string start_time{};   ///< RFC 3339, UTC; empty when unknown
  bool simulated = false;
  /// What became of the recording; absent when it was never closed.
  std::optional<std::uint64_t> samples{}, lost{}, gaps{}, reconnects{};

  friend bool operator==(const Sidecar&, const Sidecar&) = default;
};

inline constexpr std::size_t kMaxSidecarBytes = std::size_t{64} * 1024;

/// `NAME.yaml` of `NAME.csv` or `NAME.csv.gz`.
[[nodiscard]] std::filesystem::path sidecar_path(const std::filesystem::path& csv);

/// Reads a sidecar; unknown keys are ignored. Throws RecordingError naming file, line and key for a missing file, bad
/// YAML, a missing, repeated or mistyped key, a value out of range, or text with control characters.
[[nodiscard]] Sidecar read_sidecar(const std::filesystem::path& path);

/// The same of a sidecar's text, wherever it was read; `path` is for messages. Throws RecordingError likewise, and for
/// a text of more than `kMaxSidecarBytes`.
[[nodiscard]] Sidecar parse_sidecar(const std::string& text, const std::filesystem::path& path);

/// Writes a sidecar so that at any moment there is the old one or the new one, whole. Throws RecordingError when it
/// cannot be written, or when `read_sidecar` would refuse it.
void write_sidecar(const std::filesystem::path& path, const Sidecar& sidecar);

}  // namespace propriod::drivers
