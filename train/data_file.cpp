#include "train/data_file.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <vector>

#include "drivers/label.hpp"
#include "train/archive.hpp"
#include "train/errors.hpp"

namespace propriod::train {
namespace {

constexpr std::size_t kMaxNameBytes = 1024;

std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  try {
    for (auto entry = std::filesystem::recursive_directory_iterator(folder);
         entry != std::filesystem::recursive_directory_iterator(); ++entry) {
      const bool hidden = entry->path().filename().string().starts_with('.');
      if (hidden) {
        entry.disable_recursion_pending();
      } else if (entry->is_regular_file()) {
        files.push_back(entry->path());
      } else if (!entry->is_directory() && looks_like_data(entry->path().string())) {
        throw DataSetError(
            fmt::format("{}: is no file (a link that leads nowhere?); mend or remove it", entry->path().string()));
      }
    }
  } catch (const std::filesystem::filesystem_error& error) {
    const auto& where = error.path1().empty() ? folder : error.path1();
    throw DataSetError(fmt::format("{}: cannot be listed: {}; give a folder that may be read, or an archive",
                                   where.string(), error.code().message()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

void visit_files(const std::filesystem::path& folder_or_archive, const FileVisitor& visit) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(folder_or_archive, ignored)) {
    visit_archive(folder_or_archive, visit);
    return;
  }
  for (const auto& path : files_below(folder_or_archive)) {
    visit({.name = plain_name(path.lexically_relative(folder_or_archive).generic_string()),
           .path = path.string(),
           .open = [&path] { return drivers::open_file(path); }});
  }
}

std::string plain_name(std::string name) {
  if (name.size() > kMaxNameBytes) name.resize(kMaxNameBytes);
  if (!drivers::is_plain_text(name, kMaxNameBytes)) {
    std::ranges::replace_if(
        name, [](char c) { return c < 0x20 || c == 0x7f; }, '?');
  }
  return name;
}

bool looks_like_data(const std::string& name) {
  const auto extension = std::filesystem::path(name).extension();
  return extension == ".csv" || extension == ".txt" || extension == ".log" || extension == ".gz";
}

}  // namespace propriod::train
