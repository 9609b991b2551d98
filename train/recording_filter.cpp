#include "train/recording_filter.hpp"

#include <fnmatch.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "drivers/label.hpp"
#include "train/errors.hpp"

namespace propriod::train {
namespace {

constexpr std::size_t kMostNoteBytes = 2048;  // a manifest's notes may have 4096

bool matches(const std::string& pattern, const drivers::Recording& recording) {
  const auto matched = [&](const std::string& text) { return fnmatch(pattern.c_str(), text.c_str(), 0) == 0; };
  return matched(recording.name) || std::ranges::any_of(recording.placements, [&](const auto& placement) {
           return matched(recording.subject + "/" + placement);
         });
}

/// For each recording whether one of `patterns` matches it.
std::vector<bool> matched_by(const std::vector<std::string>& patterns, const DataSet& data, std::string_view option) {
  std::vector<bool> matched(data.recordings.size());
  for (const auto& pattern : patterns) {
    bool any = false;
    for (std::size_t i = 0; i < matched.size(); ++i) {
      if (!matches(pattern, data.recordings[i])) continue;
      any = true;
      matched[i] = true;
    }
    if (any) continue;
    const auto& example = data.recordings.front();
    throw DataSetError(fmt::format(
        "{} {} matches none of the {} recordings; patterns are for SUBJECT/PLACEMENT, such as \"{}/{}\", or for the "
        "name, such as \"{}\"",
        option, drivers::shown(pattern), data.recordings.size(), example.subject,
        example.placements.empty() ? "*" : example.placements.front(), example.name));
  }
  return matched;
}

std::string options_text(std::string_view option, const std::vector<std::string>& patterns) {
  std::string text;
  for (const auto& pattern : patterns) text += fmt::format(" {} {}", option, drivers::shown(pattern));
  return text;
}

}  // namespace

std::string filter_recordings(DataSet& data, const std::vector<std::string>& only,
                              const std::vector<std::string>& exclude) {
  if (only.empty() && exclude.empty()) return {};
  const auto wanted = matched_by(only, data, "--only");
  const auto unwanted = matched_by(exclude, data, "--exclude");
  std::vector<drivers::Recording> kept;
  for (std::size_t i = 0; i < data.recordings.size(); ++i) {
    if ((only.empty() || wanted[i]) && !unwanted[i]) kept.push_back(std::move(data.recordings[i]));
  }
  const std::size_t all = data.recordings.size();
  const std::string options = options_text("--only", only) + options_text("--exclude", exclude);
  if (kept.empty()) {
    throw DataSetError(fmt::format("none of the {} recordings is left by{}; loosen the patterns", all, options));
  }
  data.recordings = std::move(kept);
  keep_occurring_labels(data);
  if (data.recordings.size() == all) return {};
  std::string note = fmt::format("{} of {} recordings left out:{}", all - data.recordings.size(), all, options);
  if (note.size() > kMostNoteBytes) note = note.substr(0, kMostNoteBytes) + " and more";
  return note;
}

}  // namespace propriod::train
