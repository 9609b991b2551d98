#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The system calls under a bundle. All throw BundleError with path, reason and advice; any thread.
namespace propriod::model {

/// Throws the BundleError `<path>: cannot <action>: <reason>; <advice>` for what `error` (an errno) stands for.
[[noreturn]] void throw_file_error(const std::filesystem::path& path, std::string_view action, int error);

/// The bytes of a regular file of at most `max_bytes`; nothing is allocated before its size was seen to be within.
[[nodiscard]] std::vector<std::byte> read_file(const std::filesystem::path& path, std::size_t max_bytes);

/// Writes a file that did not exist, and returns when it is on the disk.
void write_new_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// Returns when the directory's entries (made, renamed, removed) are on the disk.
void sync_directory(const std::filesystem::path& directory);

/// Makes a directory and what is missing above it, on the disk when it returns.
void make_directories(const std::filesystem::path& directory);

}  // namespace propriod::model
