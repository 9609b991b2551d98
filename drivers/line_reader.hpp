#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "drivers/byte_source.hpp"

namespace propriod::drivers {

/// Reads a text file line by line, plain or gzip by its content, in memory of fixed size however long the file or a
/// line is. One thread.
class LineReader {
 public:
  static constexpr std::size_t kMaxLineBytes = 4096;

  /// Throws RecordingError when the file cannot be opened, or is a directory.
  explicit LineReader(const std::filesystem::path& path);

  /// Reads from elsewhere; `name` is for messages.
  LineReader(const std::string& name, std::unique_ptr<ByteSource> source);

  /// The next line, without its line end (LF or CR LF), valid until the next call; false at the end of the file. Lines
  /// longer than `kMaxLineBytes` are skipped whole and counted. NUL bytes are data. Throws TruncatedError
  /// where a gzip file ends too early, RecordingError on a read error and corrupt gzip, and what its source throws; the
  /// lines before come first.
  [[nodiscard]] bool next(std::string_view& line);

  /// Number of the line that `next` gave last; the first is 1.
  [[nodiscard]] std::size_t line_number() const noexcept { return line_number_; }

  /// False when the line that `next` gave last was ended by the file, not by a line end: it may be torn.
  [[nodiscard]] bool line_ended() const noexcept { return line_ended_; }

  /// Lines skipped so far because they were too long.
  [[nodiscard]] std::uint64_t too_long() const noexcept { return too_long_; }

 private:
  bool fill();

  std::unique_ptr<ByteSource> text_;
  std::array<char, 4 * kMaxLineBytes> buffer_;
  std::size_t begin_ = 0;  // what of buffer_ was read and not yet given
  std::size_t end_ = 0;
  std::size_t line_number_ = 0;
  std::uint64_t too_long_ = 0;
  bool line_ended_ = false;
};

}  // namespace propriod::drivers
