#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace propriod::train {

/// Packs an archive for a test, of the kind that its name says: .zip, .tar, .tar.gz, .tar.bz2, .tar.xz.
class ArchiveWriter {
 public:
  explicit ArchiveWriter(const std::filesystem::path& path) : handle_(archive_write_new()) {
    const std::string name = path.string();
    if (name.ends_with(".zip")) {
      archive_write_set_format_zip(handle_);
    } else {
      archive_write_set_format_pax_restricted(handle_);
      if (name.ends_with(".gz")) archive_write_add_filter_gzip(handle_);
      if (name.ends_with(".bz2")) archive_write_add_filter_bzip2(handle_);
      if (name.ends_with(".xz")) archive_write_add_filter_xz(handle_);
    }
    EXPECT_EQ(archive_write_open_filename(handle_, name.c_str()), ARCHIVE_OK) << name;
  }
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;
  ~ArchiveWriter() { archive_write_free(handle_); }

  /// Writes what is left; the archive is whole from now on.
  void finish() { EXPECT_EQ(archive_write_close(handle_), ARCHIVE_OK) << archive_error_string(handle_); }

  void add(const std::string& name, std::string_view content) {
    auto* entry = new_entry(name);
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    write(entry, content);
  }

  void add_link(const std::string& name, const std::string& target) {
    auto* entry = new_entry(name);
    archive_entry_set_size(entry, 0);
    archive_entry_set_filetype(entry, AE_IFLNK);
    archive_entry_set_symlink(entry, target.c_str());
    write(entry, "");
  }

  /// Everything below `folder`, in the order the file system lists it.
  void add_folder(const std::filesystem::path& folder) {
    for (const auto& found : std::filesystem::recursive_directory_iterator(folder)) {
      if (!found.is_regular_file()) continue;
      std::ifstream file(found.path(), std::ios::binary);
      add("./" + found.path().lexically_relative(folder).generic_string(),
          std::string(std::istreambuf_iterator<char>(file), {}));
    }
  }

 private:
  static archive_entry* new_entry(const std::string& name) {
    auto* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());  // as bytes: the _utf8 one wants a locale
    archive_entry_set_perm(entry, 0644);
    return entry;
  }

  void write(archive_entry* entry, std::string_view content) {
    EXPECT_GE(archive_write_header(handle_, entry), ARCHIVE_WARN) << archive_error_string(handle_);
    EXPECT_EQ(archive_write_data(handle_, content.data(), content.size()), static_cast<la_ssize_t>(content.size()));
    archive_entry_free(entry);
  }

  struct archive* handle_;
};

}  // namespace propriod::train
