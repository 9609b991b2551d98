#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "drivers/byte_source.hpp"

namespace propriod::train {

/// One file of a data set, while it is visited.
struct DataFile {
  std::string name;  ///< below the data set's top, '/' between folders: UTF-8 of at most 1024 bytes
  std::string path;  ///< for messages: "sets/dsads/a01/p1/s01.txt", or "dsads.tar.xz: a01/p1/s01.txt"
  /// Its bytes, once and during the visit only. Throws RecordingError when it cannot be opened.
  std::function<std::unique_ptr<drivers::ByteSource>()> open;
};

using FileVisitor = std::function<void(const DataFile&)>;

/// Shows `visit` every file of a data set, hidden files and folders left out. A folder's come in the order of their
/// paths, links to files are followed, links to folders are not; those of an archive (see `visit_archive`) in the
/// archive's own order, so a reader must not care. Throws DataSetError when it, or a folder in it, cannot be read, or
/// something in it is named as data and is no file.
void visit_files(const std::filesystem::path& folder_or_archive, const FileVisitor& visit);

/// A file's name as the rest of the program may show it: foreign bytes become '?', and what is too long is cut
/// after a whole character.
[[nodiscard]] std::string plain_name(std::string name);

/// True for a name that data goes by; something of that name which is no file had better be noticed.
[[nodiscard]] bool looks_like_data(const std::string& name);

}  // namespace propriod::train
