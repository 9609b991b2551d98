#include "model/bundle_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "model/errors.hpp"
#include "model/file_descriptor.hpp"

namespace propriod::model {
namespace {

std::string_view advice(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return "make room or raise the limit, then try again";
    case EACCES:
    case EPERM:
      return "let this user read and write there";
    case EROFS:
      return "choose a directory that can be written";
    case ENOENT:
      return "check the path, or copy the bundle again";
    default:
      return "check the path and the disk";
  }
}

}  // namespace

void throw_file_error(const std::filesystem::path& path, std::string_view action, int error) {
  throw BundleError(fmt::format("{}: cannot {}: {}; {}", path.string(), action, std::generic_category().message(error),
                                advice(error)));
}

std::vector<std::byte> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  // O_NONBLOCK: opening a FIFO must not wait for somebody to write into it.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) throw_file_error(path, "be read", errno);
  if (!S_ISREG(status.st_mode)) {
    throw BundleError(fmt::format("{}: is not a regular file; copy the bundle again", path.string()));
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > max_bytes) {
    throw BundleError(
        fmt::format("{}: has {} bytes, allowed are {}; copy the bundle again", path.string(), size, max_bytes));
  }
  std::vector<std::byte> bytes(size);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto count = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_file_error(path, "be read", errno);
    if (count == 0) break;  // somebody cut it short meanwhile
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

void write_new_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file.valid()) throw_file_error(path, "be made", errno);
  while (!bytes.empty()) {
    const auto count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_file_error(path, "be written", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  if (::fsync(file.get()) != 0) throw_file_error(path, "be written to the disk", errno);
}

void sync_directory(const std::filesystem::path& directory) {
  const FileDescriptor file(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.valid() || ::fsync(file.get()) != 0) throw_file_error(directory, "be written to the disk", errno);
}

void make_directories(const std::filesystem::path& directory) {
  if (std::error_code ignored; directory.empty() || std::filesystem::is_directory(directory, ignored)) return;
  const auto parent = directory.parent_path();
  make_directories(parent);
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) throw_file_error(directory, "be made", errno);
  sync_directory(parent.empty() ? "." : parent);
}

}  // namespace propriod::model
