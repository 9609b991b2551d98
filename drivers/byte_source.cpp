#include "drivers/byte_source.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "drivers/errors.hpp"

namespace propriod::drivers {
namespace {

class FileBytes final : public ByteSource {
 public:
  explicit FileBytes(std::filesystem::path path) : path_(std::move(path)) {
    std::error_code error;
    if (std::filesystem::is_directory(path_, error)) {
      throw RecordingError(path_.string() + ": is a directory; name a file in it");
    }
    file_.reset(std::fopen(path_.c_str(), "rb"));
    if (!file_) {
      throw RecordingError(path_.string() + ": cannot be opened: " + std::strerror(errno) +
                           "; check the path and its permissions");
    }
    std::setvbuf(file_.get(), nullptr, _IONBF, 0);  // whoever reads has a buffer of their own
  }

  std::size_t read(std::span<char> buffer) override {
    errno = 0;
    const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file_.get());
    if (count == 0 && std::ferror(file_.get()) != 0) {
      throw RecordingError(path_.string() + ": cannot be read: " + std::strerror(errno));
    }
    return count;
  }

 private:
  struct Closer {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Closer> file_;
};

}  // namespace

std::unique_ptr<ByteSource> open_file(const std::filesystem::path& path) { return std::make_unique<FileBytes>(path); }

}  // namespace propriod::drivers
