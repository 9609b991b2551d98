#include "train/window_set.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "model/resampler.hpp"
#include "model/windower.hpp"
#include "train/label_classes.hpp"

namespace propriod::train {
namespace {

/// The most frequent value; of two equally frequent ones, the one that occurs last.
std::int64_t majority(std::span<const std::int64_t> values) {
  std::map<std::int64_t, std::size_t> counts;
  for (const auto value : values) ++counts[value];
  std::int64_t best = values.back();
  for (auto value = values.rbegin(); value != values.rend(); ++value) {
    if (counts[*value] > counts[best]) best = *value;
  }
  return best;
}

/// Cuts one recording; labels are looked up at the grid points themselves.
class Cutter {
 public:
  Cutter(const drivers::Recording& recording, std::size_t index, std::span<const std::string> activities,
         std::span<const std::string> placements, const model::Manifest::Input& input)
      : recording_(recording),
        index_(index),
        period_ns_(1e9 / input.rate_hz),
        activity_classes_(recording.activities, activities),
        placement_classes_(recording.placements, placements),
        resampler_({.source_rate_hz = recording.rate_hz, .target_rate_hz = input.rate_hz}),
        windower_({.length = input.window, .step = input.step}),
        activity_(static_cast<std::size_t>(input.window)),
        placement_(static_cast<std::size_t>(input.window)) {}

  void cut_into(WindowSet& set, std::int32_t subject) {
    for (const auto& recorded : recording_.samples) {
      const drivers::Sample sample{drivers::BootTime{recorded.time}, recorded.accel_mps2};
      resampler_.push(sample, /*after_gap=*/false, [&](const drivers::Sample& point, bool first) {
        if (windower_.push(point, first)) add_window(set, subject);
      });
    }
    set.gaps += resampler_.counters().gaps;
    set.partial_windows += windower_.counters().partial_windows;
    if (windower_.counters().windows == 0) ++set.empty_recordings;
  }

 private:
  void add_window(WindowSet& set, std::int32_t subject) {
    const auto start = windower_.start().time_since_epoch();
    label_grid(start);
    const auto activity = majority(activity_);
    const auto placement = majority(placement_);
    if (activity == LabelClasses::kForeign || placement == LabelClasses::kForeign) ++set.windows_of_other_labels;
    const auto old_size = set.accel.size();
    set.accel.resize(old_size + 3 * activity_.size());
    windower_.copy_to(std::span(set.accel).subspan(old_size));
    set.activity.push_back(std::max<std::int64_t>(activity, -1));
    set.placement.push_back(std::max<std::int64_t>(placement, -1));
    set.subject.push_back(subject);
    set.origin.push_back({index_, start});
  }

  /// A grid point has the label of the last sample measured by then.
  void label_grid(std::chrono::nanoseconds start) {
    const auto& samples = recording_.samples;
    while (cursor_ > 0 && samples[cursor_].time > start) --cursor_;  // the window overlaps the one before
    for (std::size_t k = 0; k < activity_.size(); ++k) {
      const auto time = start + std::chrono::nanoseconds{std::llround(static_cast<double>(k) * period_ns_)};
      while (cursor_ + 1 < samples.size() && samples[cursor_ + 1].time <= time) ++cursor_;
      activity_[k] = activity_classes_.at(samples[cursor_].activity);
      placement_[k] = placement_classes_.at(samples[cursor_].placement);
    }
  }

  const drivers::Recording& recording_;
  std::size_t index_;
  double period_ns_;
  LabelClasses activity_classes_;
  LabelClasses placement_classes_;
  model::Resampler resampler_;
  model::Windower windower_;
  std::vector<std::int64_t> activity_;  // per grid point of the window under way
  std::vector<std::int64_t> placement_;
  std::size_t cursor_ = 0;  // into the recording's samples
};

}  // namespace

std::vector<std::string> subjects_of(std::span<const drivers::Recording> recordings) {
  std::set<std::string> people;
  for (const auto& recording : recordings) people.insert(recording.subject);
  return {people.begin(), people.end()};
}

WindowSet cut_windows(std::span<const drivers::Recording> recordings, std::span<const std::string> activities,
                      std::span<const std::string> placements, const model::Manifest::Input& input) {
  WindowSet set;
  set.subjects = subjects_of(recordings);
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    const auto subject = std::ranges::lower_bound(set.subjects, recordings[i].subject) - set.subjects.begin();
    Cutter(recordings[i], i, activities, placements, input).cut_into(set, static_cast<std::int32_t>(subject));
  }
  return set;
}

}  // namespace propriod::train
