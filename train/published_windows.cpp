#include "train/published_windows.hpp"

#include <algorithm>
#include <cmath>
#include <deque>

#include "train/label_classes.hpp"

namespace propriod::train {

WindowSet cut_published_windows(std::span<const drivers::Recording> recordings, std::span<const std::string> activities,
                                std::span<const std::string> placements, const model::Manifest::Input& input) {
  WindowSet set;
  set.subjects = subjects_of(recordings);
  const auto length = static_cast<std::size_t>(input.window);
  const auto step = static_cast<std::size_t>(input.step);
  const std::chrono::nanoseconds duration{std::llround(static_cast<double>(input.window - 1) * 1e9 / input.rate_hz)};
  std::deque<drivers::Acceleration> row;  // the last `length` samples
  std::size_t before = 0;                 // samples in front of them
  for (std::size_t index = 0; index < recordings.size(); ++index) {
    const auto& recording = recordings[index];
    const LabelClasses activity_classes(recording.activities, activities);
    const LabelClasses placement_classes(recording.placements, placements);
    const auto subject = std::ranges::lower_bound(set.subjects, recording.subject) - set.subjects.begin();
    for (const auto& sample : recording.samples) {
      row.push_back(sample.accel_mps2);
      if (row.size() > length) {
        row.pop_front();
        ++before;
      }
      if (row.size() < length || before % step != 0) continue;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        for (const auto& accel : row) set.accel.push_back(accel[axis]);
      }
      const auto activity = activity_classes.at(sample.activity);
      const auto placement = placement_classes.at(sample.placement);
      if (activity == LabelClasses::kForeign || placement == LabelClasses::kForeign) ++set.windows_of_other_labels;
      set.activity.push_back(std::max<std::int64_t>(activity, -1));
      set.placement.push_back(std::max<std::int64_t>(placement, -1));
      set.subject.push_back(static_cast<std::int32_t>(subject));
      set.origin.push_back({index, sample.time - duration});
    }
  }
  return set;
}

}  // namespace propriod::train
