#include "config/replace_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "config/reader.hpp"

namespace propriod::config {
namespace {

/// What failed, with `errno`.
tl::unexpected<Problem> failure(const std::filesystem::path& file, std::string_view what) {
  const std::string reason = std::generic_category().message(errno);
  return tl::unexpected(Problem{.file = file, .key = {}, .what = fmt::format("{} ({})", what, reason)});
}

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
};

/// A file beside the one that it will replace; gone with this object unless it has.
class Replacement {
 public:
  explicit Replacement(const std::filesystem::path& target)
      : target_(target), path_(target.string() + ".XXXXXX"), file_(mkostemp(path_.data(), O_CLOEXEC)) {}
  ~Replacement() {
    if (file_.number() >= 0 && !renamed_) unlink(path_.c_str());
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  [[nodiscard]] tl::expected<void, Problem> write(std::string_view text, const struct stat& like) {
    if (file_.number() < 0) return failure(target_, "nothing can be written beside it; try it with sudo");
    struct stat own {};
    if (fstat(file_.number(), &own) != 0) return failure(target_, "cannot be replaced");
    const bool same_owner = own.st_uid == like.st_uid && own.st_gid == like.st_gid;
    if (!same_owner && fchown(file_.number(), like.st_uid, like.st_gid) != 0) {
      return failure(target_, "its owner would change; try it with sudo");
    }
    if (fchmod(file_.number(), like.st_mode & 07777U) != 0) return failure(target_, "its mode cannot be kept");
    while (!text.empty()) {
      const auto count = ::write(file_.number(), text.data(), text.size());
      if (count < 0 && errno != EINTR) return failure(target_, "the new one cannot be written");
      if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
    }
    if (fsync(file_.number()) != 0) return failure(target_, "the new one cannot be brought to the disk");
    return {};
  }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  [[nodiscard]] tl::expected<void, Problem> rename() {
    if (std::rename(path_.c_str(), target_.c_str()) != 0) return failure(target_, "cannot be replaced");
    renamed_ = true;
    return {};
  }

 private:
  std::filesystem::path target_;
  std::string path_;
  Descriptor file_;
  bool renamed_ = false;
};

}  // namespace

tl::expected<void, Problem> replace_file(const std::filesystem::path& file, std::string_view before,
                                         std::string_view after) {
  std::error_code error;
  const auto target = std::filesystem::canonical(file, error);
  struct stat old {};
  if (error || stat(target.c_str(), &old) != 0) return failure(file, "cannot be found");

  Replacement backup(target.string() + ".bak");
  if (auto written = backup.write(before, old); !written) return written;
  Replacement replacement(target);
  if (auto written = replacement.write(after, old); !written) return written;
  if (const auto read_again = read_text(replacement.path()); !read_again || *read_again != after) {
    return failure(file, "what was written beside it cannot be read again");
  }
  if (const auto now = read_text(target); !now || *now != before) {
    return tl::unexpected(
        Problem{.file = file, .key = {}, .what = "has been changed by somebody else just now; try again"});
  }
  if (auto renamed = backup.rename(); !renamed) return renamed;
  if (auto renamed = replacement.rename(); !renamed) return renamed;
  const Descriptor folder(open(target.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.number() >= 0) fsync(folder.number());  // the file is whole either way; this is about a power cut
  return {};
}

}  // namespace propriod::config
