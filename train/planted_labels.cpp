#include "train/planted_labels.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <vector>

#include "train/errors.hpp"
#include "train/random.hpp"

namespace propriod::train {
namespace {

/// Where a recording keeps what it says of one task.
struct Task {
  std::vector<std::string> drivers::Recording::*labels;
  std::int16_t drivers::RecordedSample::*label;
};
constexpr Task kActivity{&drivers::Recording::activities, &drivers::RecordedSample::activity};
constexpr Task kPlacement{&drivers::Recording::placements, &drivers::RecordedSample::placement};

/// The labels that a sample carries, as places in the recording's table.
std::set<std::int16_t> carried_labels(const drivers::Recording& recording, const Task& task) {
  std::set<std::int16_t> carried;
  for (const auto& sample : recording.samples) carried.insert(sample.*task.label);
  carried.erase(drivers::kNoLabel);
  return carried;
}

bool is_labelled(const drivers::Recording& recording, const Task& task) {
  return std::ranges::any_of(recording.samples,
                             [&](const auto& sample) { return sample.*task.label != drivers::kNoLabel; });
}

/// Gives every label the class that stands `shift` places after its own: so no two of a recording become one.
void mislabel(drivers::Recording& recording, const Task& task, const std::vector<std::string>& classes,
              std::uint64_t shift, const std::string& unit, std::set<PlantedLabel>& planted) {
  for (const auto place : carried_labels(recording, task)) {
    auto& label = (recording.*task.labels)[static_cast<std::size_t>(place)];
    const auto own = static_cast<std::size_t>(std::ranges::find(classes, label) - classes.begin());
    label = classes[(own + shift) % classes.size()];
    planted.insert({unit, label});
  }
}

std::uint64_t draw_shift(const std::vector<std::string>& classes, std::mt19937_64& engine) {
  return 1 + draw_below(classes.size() - 1, engine);
}

/// `share` of `count` things, at least one, by their places.
std::vector<std::size_t> draw_share(std::size_t count, double share, std::mt19937_64& engine) {
  std::vector<std::size_t> places(count);
  std::iota(places.begin(), places.end(), std::size_t{0});
  shuffle(places, engine);
  const auto wanted = static_cast<std::size_t>(std::lround(share * static_cast<double>(count)));
  places.resize(std::min(count, std::max<std::size_t>(wanted, 1)));
  return places;
}

void refuse_single_class(const std::vector<std::string>& classes, const char* task) {
  if (classes.size() >= 2) return;
  throw DataSetError(fmt::format("--plant needs a wrong {} to give, but the data set has {} of them; leave --plant out",
                                 task, classes.size()));
}

}  // namespace

PlantedLabels plant_labels(DataSet& data, double share, std::uint64_t seed) {
  refuse_single_class(data.activities, "activity");
  refuse_single_class(data.placements, "placement");
  std::mt19937_64 engine(seed);
  PlantedLabels planted;

  std::map<std::string, std::vector<drivers::Recording*>> placed;  // by file
  for (auto& recording : data.recordings) {
    if (is_labelled(recording, kPlacement))
      placed[std::string(file_of_recording(recording.name))].push_back(&recording);
  }
  std::set<const drivers::Recording*> misplaced;
  for (const auto place : draw_share(placed.size(), share / 2, engine)) {
    const auto& [file, recordings] = *std::next(placed.begin(), static_cast<std::ptrdiff_t>(place));
    const auto shift = draw_shift(data.placements, engine);
    for (auto* recording : recordings) {
      mislabel(*recording, kPlacement, data.placements, shift, file, planted.placement);
      misplaced.insert(recording);
    }
  }

  std::vector<drivers::Recording*> active;
  for (auto& recording : data.recordings) {
    if (is_labelled(recording, kActivity) && !misplaced.contains(&recording)) active.push_back(&recording);
  }
  for (const auto place : draw_share(active.size(), share / 2, engine)) {
    auto& recording = *active[place];
    mislabel(recording, kActivity, data.activities, draw_shift(data.activities, engine), recording.name,
             planted.activity);
  }
  return planted;
}

PlantedCount count_planted(const std::set<PlantedLabel>& planted, std::span<const AuditEntry> entries) {
  const auto tenth = entries.first((entries.size() + 9) / 10);
  const auto is_planted = [&](const AuditEntry& entry) { return planted.contains({entry.recording, entry.label}); };
  return {.planted = planted.size(),
          .found = static_cast<std::size_t>(std::ranges::count_if(tenth, is_planted)),
          .looked_at = tenth.size()};
}

}  // namespace propriod::train
