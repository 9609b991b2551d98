#include "train/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "drivers/label.hpp"
#include "train/errors.hpp"

namespace propriod::train {
namespace {

constexpr std::size_t kBlockBytes = 65536;

struct Closer {
  void operator()(struct archive* handle) const noexcept { archive_read_free(handle); }
};
using Handle = std::unique_ptr<struct archive, Closer>;

/// This thread's characters are UTF-8 for as long as it lives: in another locale libarchive has no name for a member
/// whose name is not ASCII.
class Utf8Locale {
 public:
  Utf8Locale() : utf8_(newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{})), before_(uselocale(utf8_)) {}
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  ~Utf8Locale() {
    uselocale(before_);
    if (utf8_ != locale_t{}) freelocale(utf8_);
  }

 private:
  locale_t utf8_;  // 0 on a machine without it: then nothing changes
  locale_t before_;
};

Handle new_handle() {
  Handle handle(archive_read_new());
  if (!handle) throw std::bad_alloc();
  archive_read_support_format_tar(handle.get());
  archive_read_support_format_zip(handle.get());
  archive_read_support_filter_gzip(handle.get());
  archive_read_support_filter_bzip2(handle.get());
  archive_read_support_filter_xz(handle.get());
  archive_read_support_filter_zstd(handle.get());
  return handle;
}

/// Why the last call on `handle` failed, in libarchive's words, which may quote the archive.
std::string reason(struct archive* handle) {
  const char* text = archive_error_string(handle);
  return text == nullptr ? "no reason is given" : drivers::shown(text);
}

/// How much of what is allowed was unfolded, inner archives included.
class Budget {
 public:
  Budget(std::string archive, const ArchiveLimits& limits) : archive_(std::move(archive)), limits_(limits) {}

  void take_member() {
    if (++members_ > limits_.members) refuse(fmt::format("{} members", limits_.members));
  }
  void take_bytes(std::uint64_t bytes) {
    if (bytes > limits_.bytes - bytes_)
      refuse(fmt::format("{:.3g} GiB", static_cast<double>(limits_.bytes) / (1 << 30)));
    bytes_ += bytes;
  }

 private:
  [[noreturn]] void refuse(const std::string& limit) const {
    throw DataSetError(fmt::format(
        "{}: unfolds to more than {}, as no data set does (a zip bomb?); if it is one, unpack it and give the folder",
        archive_, limit));
  }

  std::string archive_;
  ArchiveLimits limits_;
  std::uint64_t bytes_ = 0;  // at most limits_.bytes
  std::uint64_t members_ = 0;
};

/// The bytes of the member that `handle` stands at.
class MemberBytes final : public drivers::ByteSource {
 public:
  MemberBytes(struct archive* handle, std::string path, Budget& budget)
      : handle_(handle), path_(std::move(path)), budget_(budget) {}

  std::size_t read(std::span<char> buffer) override {
    const la_ssize_t count = archive_read_data(handle_, buffer.data(), buffer.size());
    if (count < 0) {
      throw DataSetError(
          fmt::format("{}: cannot be read from the archive: {}; download or pack it again", path_, reason(handle_)));
    }
    budget_.take_bytes(static_cast<std::uint64_t>(count));
    return static_cast<std::size_t>(count);
  }

 private:
  struct archive* handle_;
  std::string path_;
  Budget& budget_;
};

/// A member that is an archive, as libarchive's client: C code, through which nothing may be thrown.
struct InnerArchive {
  MemberBytes bytes;
  std::exception_ptr failure = nullptr;
  std::array<char, kBlockBytes> block{};

  static la_ssize_t read(struct archive* handle, void* client, const void** block) {
    auto& self = *static_cast<InnerArchive*>(client);
    try {
      *block = self.block.data();
      return static_cast<la_ssize_t>(self.bytes.read(self.block));
    } catch (...) {
      self.failure = std::current_exception();
      archive_set_error(handle, EIO, "the archive around it cannot be read");
      return -1;
    }
  }
};

/// Below the archive's top, without "./" and a leading "/".
std::string name_of(struct archive_entry* entry) {
  const char* name = archive_entry_pathname_utf8(entry);
  if (name == nullptr) name = archive_entry_pathname(entry);
  if (name == nullptr) return "?";
  return plain_name(std::filesystem::path(name).lexically_normal().relative_path().generic_string());
}

/// So are names that lead out of the archive: they begin with "..".
bool is_hidden(std::string_view name) { return name.starts_with('.') || name.find("/.") != std::string_view::npos; }

bool is_archive_name(std::string_view name) {
  constexpr std::array<std::string_view, 8> kEndings = {".zip",    ".tar",     ".tar.gz",  ".tgz",
                                                        ".tar.xz", ".tar.bz2", ".tar.zst", ".txz"};
  return std::ranges::any_of(kEndings, [&](auto ending) { return name.ends_with(ending); });
}

class Walk {
 public:
  Walk(const std::filesystem::path& archive, const FileVisitor& visit, const ArchiveLimits& limits)
      : archive_(archive.string()), visit_(visit), budget_(archive_, limits) {}

  void run() {
    const Utf8Locale utf8;
    const Handle handle = new_handle();
    if (archive_read_open_filename(handle.get(), archive_.c_str(), kBlockBytes) != ARCHIVE_OK) {
      refuse_archive(archive_, handle.get());
    }
    walk(handle.get(), archive_ + ": ", "", nullptr);
  }

 private:
  /// `where` is for messages, before the members' names; `prefix` comes before them too. `inner` is set within another
  /// archive.
  void walk(struct archive* handle, const std::string& where, const std::string& prefix, const InnerArchive* inner) {
    std::string last;
    for (;;) {
      struct archive_entry* entry = nullptr;
      const int code = archive_read_next_header(handle, &entry);
      if (inner != nullptr && inner->failure) std::rethrow_exception(inner->failure);
      if (code == ARCHIVE_EOF) return;
      if (code < ARCHIVE_WARN) {
        if (last.empty()) refuse_archive(where.substr(0, where.size() - 2), handle);
        throw DataSetError(fmt::format("{}{}: the archive is damaged after this member: {}; download or pack it again",
                                       where, last, reason(handle)));
      }
      budget_.take_member();
      last = prefix + name_of(entry);
      const DataFile file{.name = last, .path = where + last, .open = {}};
      if (!is_hidden(file.name)) refuse_link(entry, file);
      const bool is_file = archive_entry_filetype(entry) == AE_IFREG && !is_hidden(file.name);
      if (is_file && inner == nullptr && is_archive_name(file.name)) {
        enter(handle, file);
      } else if (!is_file || !show(handle, file)) {
        skip(handle, entry, file);
      }
    }
  }

  static void refuse_link(struct archive_entry* entry, const DataFile& file) {
    const bool link = archive_entry_filetype(entry) == AE_IFLNK || archive_entry_hardlink(entry) != nullptr;
    if (!link || !looks_like_data(file.name)) return;
    throw DataSetError(
        fmt::format("{}: is a link, which an archive read in place cannot follow; pack it again with "
                    "`tar --dereference --hard-dereference`",
                    file.path));
  }

  /// True when the visitor opened it.
  bool show(struct archive* handle, DataFile file) {
    bool opened = false;
    file.open = [&] {
      opened = true;
      return std::make_unique<MemberBytes>(handle, file.path, budget_);
    };
    visit_(file);
    return opened;
  }

  void enter(struct archive* outer, const DataFile& file) {
    InnerArchive inner{.bytes = MemberBytes(outer, file.path, budget_)};
    const Handle handle = new_handle();
    if (archive_read_open(handle.get(), &inner, nullptr, InnerArchive::read, nullptr) != ARCHIVE_OK) {
      if (inner.failure) std::rethrow_exception(inner.failure);
      refuse_archive(file.path, handle.get());
    }
    walk(handle.get(), archive_ + ": ", file.name + "/", &inner);
  }

  /// libarchive may have to decompress what it passes over.
  void skip(struct archive* handle, struct archive_entry* entry, const DataFile& file) {
    if (archive_entry_size_is_set(entry) != 0) {
      budget_.take_bytes(static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(entry), 0)));
      return;
    }
    MemberBytes bytes(handle, file.path, budget_);
    std::array<char, 4096> unwanted;
    while (bytes.read(unwanted) > 0) continue;
  }

  [[noreturn]] static void refuse_archive(const std::string& path, struct archive* handle) {
    throw DataSetError(fmt::format(
        "{}: cannot be read as an archive: {}; give a folder, or a whole zip, tar.gz or tar.xz", path, reason(handle)));
  }

  std::string archive_;
  const FileVisitor& visit_;
  Budget budget_;
};

}  // namespace

void visit_archive(const std::filesystem::path& archive, const FileVisitor& visit, const ArchiveLimits& limits) {
  Walk(archive, visit, limits).run();
}

}  // namespace propriod::train
