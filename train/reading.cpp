#include "train/reading.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "train/errors.hpp"

namespace propriod::train {

namespace {

bool looks_like_data(const std::filesystem::path& path) {
  const auto extension = path.extension();
  return extension == ".csv" || extension == ".txt" || extension == ".gz";
}

}  // namespace

std::vector<std::filesystem::path> files_below(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  try {
    for (auto entry = std::filesystem::recursive_directory_iterator(directory);
         entry != std::filesystem::recursive_directory_iterator(); ++entry) {
      const bool hidden = entry->path().filename().string().starts_with('.');
      if (hidden) {
        entry.disable_recursion_pending();
      } else if (entry->is_regular_file()) {
        files.push_back(entry->path());
      } else if (!entry->is_directory() && looks_like_data(entry->path())) {
        throw DataSetError(
            fmt::format("{}: is no file (a link that leads nowhere?); mend or remove it", entry->path().string()));
      }
    }
  } catch (const std::filesystem::filesystem_error& error) {
    const auto& where = error.path1().empty() ? directory : error.path1();
    throw DataSetError(fmt::format("{}: cannot be listed: {}; give a folder that may be read", where.string(),
                                   error.code().message()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

void refuse_twins(const std::filesystem::path& first, const std::filesystem::path& second) {
  throw DataSetError(
      fmt::format("{} and {} are one recording by their names, which would be in training and test alike; "
                  "remove one",
                  first.string(), second.string()));
}

void drop_short_recordings(std::vector<drivers::Recording>& recordings, ReadReport& report) {
  report.short_recordings +=
      std::erase_if(recordings, [](const auto& recording) { return recording.samples.size() < 2; });
}

}  // namespace propriod::train
