#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/line_reader.hpp"
#include "train/data_file.hpp"
#include "train/data_set.hpp"

/// What the readers of the data sets share.
namespace propriod::train {

/// Opens `file`, plain or gzip, and lets `read` have its lines. The file and its lines are counted in `report`; what
/// RecordingError says of the file goes to its unusable files.
void read_lines(const DataFile& file, ReadReport& report, const std::function<void(drivers::LineReader&)>& read);

/// Throws DataSetError: the same recording twice would be in training and test alike.
[[noreturn]] void refuse_twins(const std::string& first, const std::string& second);

/// The name of the folder that the file `name` lies in, with the folders around it; empty at the top.
[[nodiscard]] std::string folder_of(const std::string& name);

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

/// Splits `line` at blanks and tabs, any number of them; otherwise as `split_fields`.
template <std::size_t kFields>
[[nodiscard]] bool split_at_blanks(std::string_view line, std::array<std::string_view, kFields>& fields) noexcept {
  constexpr std::string_view kBlanks = " \t";
  for (auto& field : fields) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    field = line.substr(0, line.find_first_of(kBlanks));
    if (field.empty()) return false;
    line.remove_prefix(field.size());
  }
  return line.find_first_not_of(kBlanks) == std::string_view::npos;
}

}  // namespace propriod::train
