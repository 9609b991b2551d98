#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace propriod::train {

/// From a recording's labels of one task to a model's classes.
class LabelClasses {
 public:
  static constexpr std::int64_t kForeign = -2;  ///< a label that is not among the classes

  /// `table`: the recording's labels; `classes`: the model's, in the order of its outputs.
  LabelClasses(std::span<const std::string> table, std::span<const std::string> classes);

  /// The class of a sample's label, an index into the table: 0 …, or −1 for `drivers::kNoLabel`, or `kForeign`.
  [[nodiscard]] std::int64_t at(std::int16_t label) const noexcept;

 private:
  std::vector<std::int64_t> classes_;  // by the table's index
};

}  // namespace propriod::train
