#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "train/data_set.hpp"

/// What the readers of the data sets share.
namespace propriod::train {

/// The files below `directory` in the order of their paths, hidden files and folders left out. Links to files are
/// followed, links to folders are not. Throws DataSetError when `directory` or a folder in it cannot be listed, or
/// something in it is named as data and is no file.
[[nodiscard]] std::vector<std::filesystem::path> files_below(const std::filesystem::path& directory);

/// Throws DataSetError: the same recording twice would be in training and test alike.
[[noreturn]] void refuse_twins(const std::filesystem::path& first, const std::filesystem::path& second);

/// Removes and counts the recordings that have too few samples for anything.
void drop_short_recordings(std::vector<drivers::Recording>& recordings, ReadReport& report);

/// Splits `line` at its commas; false unless that makes exactly as many fields as there is room for.
template <std::size_t kFields>
[[nodiscard]] bool split_fields(std::string_view line, std::array<std::string_view, kFields>& fields) noexcept {
  for (std::size_t field = 0; field + 1 < kFields; ++field) {
    const std::size_t comma = line.find(',');
    if (comma == std::string_view::npos) return false;
    fields[field] = line.substr(0, comma);
    line.remove_prefix(comma + 1);
  }
  fields[kFields - 1] = line;
  return line.find(',') == std::string_view::npos;
}

}  // namespace propriod::train
