#include "train/data_file.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <string_view>
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

/// How many of the first `most` bytes of a longer UTF-8 text are whole characters.
std::size_t whole_characters(std::string_view text, std::size_t most) {
  constexpr std::size_t kMostContinuations = 3;  // of one character; where there are more, it is no UTF-8
  std::size_t end = most;
  while (end > 0 && most - end < kMostContinuations && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return end;
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
  if (name.size() > kMaxNameBytes) name.resize(whole_characters(name, kMaxNameBytes));
  if (!drivers::is_plain_text(name, kMaxNameBytes)) {
    // Unsigned, since whether char has a sign is up to the machine.
    std::ranges::replace_if(
        name, [](unsigned char byte) { return byte < 0x20 || byte >= 0x7f; }, '?');
  }
  return name;
}

bool looks_like_data(const std::string& name) {
  const auto extension = std::filesystem::path(name).extension();
  return extension == ".csv" || extension == ".txt" || extension == ".log" || extension == ".gz";
}

}  // namespace propriod::train
