#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>

namespace propriod::drivers {

/// A file being written, unbuffered; what goes wrong throws RecordingError with its path and the system's reason. One
/// thread.
class OutputFile {
 public:
  enum class Existing { kRefuse, kReplace };

  OutputFile(const std::filesystem::path& path, Existing existing);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  /// Appends all of `bytes`, or, when it throws, nothing.
  void write(std::string_view bytes);

  /// Returns when the file lies on the disk. Idempotent.
  void sync_and_close();

 private:
  [[noreturn]] void fail(std::string_view what) const;

  std::filesystem::path path_;
  int descriptor_;
  off_t size_ = 0;
};

}  // namespace propriod::drivers
