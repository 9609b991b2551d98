#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace propriod::drivers {

/// Bytes in their order, wherever they come from: a file, or a member of an archive. One thread.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  /// Fills the front of `buffer`, which is not empty; returns how much, 0 only at the end. Throws an exception that
  /// names the source when it cannot be read.
  [[nodiscard]] virtual std::size_t read(std::span<char> buffer) = 0;
};

/// The bytes of a file. Throws RecordingError when it cannot be opened, or is a directory; reading does on a read
/// error.
[[nodiscard]] std::unique_ptr<ByteSource> open_file(const std::filesystem::path& path);

}  // namespace propriod::drivers
