#include "train/label_classes.hpp"

#include <algorithm>
#include <cstddef>

#include "drivers/recording.hpp"

namespace propriod::train {

LabelClasses::LabelClasses(std::span<const std::string> table, std::span<const std::string> classes) {
  for (const auto& label : table) {
    const auto found = std::ranges::find(classes, label);
    classes_.push_back(found == classes.end() ? kForeign : found - classes.begin());
  }
}

std::int64_t LabelClasses::at(std::int16_t label) const noexcept {
  return label == drivers::kNoLabel ? -1 : classes_[static_cast<std::size_t>(label)];
}

}  // namespace propriod::train
