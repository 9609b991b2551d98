#include "drivers/output_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "drivers/errors.hpp"

namespace propriod::drivers {

OutputFile::OutputFile(const std::filesystem::path& path, Existing existing)
    : path_(path),
      descriptor_(open(path.c_str(),
                       O_WRONLY | O_CREAT | O_CLOEXEC | (existing == Existing::kRefuse ? O_EXCL : O_TRUNC), 0644)) {
  if (descriptor_ < 0) fail("cannot be created");
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void OutputFile::write(std::string_view bytes) {
  const auto size = size_ + static_cast<off_t>(bytes.size());
  while (!bytes.empty()) {
    const auto count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int reason = errno;
      // What a full disk took of these bytes would be a torn end. Best effort: the first error is the one to report.
      if (ftruncate(descriptor_, size_) == 0) lseek(descriptor_, size_, SEEK_SET);
      errno = reason;
      fail("cannot be written");
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  size_ = size;
}

void OutputFile::sync_and_close() {
  if (descriptor_ < 0) return;
  if (fsync(descriptor_) != 0 && errno != EINVAL) fail("cannot be brought to the disk");  // EINVAL: not a disk's file
  if (::close(std::exchange(descriptor_, -1)) != 0) fail("cannot be closed");
}

void OutputFile::fail(std::string_view what) const {
  const int reason = errno;
  throw RecordingError(path_.string() + ": " + std::string(what) + ": " + std::strerror(reason));
}

}  // namespace propriod::drivers
