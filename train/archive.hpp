#pragma once

#include <cstdint>
#include <filesystem>

#include "train/data_file.hpp"

namespace propriod::train {

/// What an archive may unfold to: a small file can be made to unfold without end. Far beyond every data set we read.
struct ArchiveLimits {
  std::uint64_t bytes = std::uint64_t{16} << 30;  ///< of all members together, uncompressed
  std::uint64_t members = 1'000'000;
};

/// Shows `visit` every file in a zip, tar, tar.gz, tar.bz2, tar.xz or tar.zst, decompressed as it is read; nothing is
/// written to disk, so that no member's name can do harm. An archive right inside the archive (as UCI packs WISDM 2019)
/// is entered too, its files named "INNER.zip/NAME". Members are skipped as `visit_files` skips files. Throws
/// DataSetError, naming archive and member, for what is no archive, is damaged or encrypted, goes beyond `limits`, or
/// holds a link named as data; while a member is read its ByteSource throws it too.
void visit_archive(const std::filesystem::path& archive, const FileVisitor& visit, const ArchiveLimits& limits = {});

}  // namespace propriod::train
