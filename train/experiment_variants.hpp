#pragma once

#include <span>
#include <string>

#include "train/experiment_summary.hpp"

namespace propriod::train {

/// As HTML: what each named variant changes, both tasks beside the first variant of the same method, network and
/// recipe, and how well its confidences are meant. `variants` are those of one data set. Empty without named ones.
[[nodiscard]] std::string variant_tables(std::span<const Variant> variants);

/// Whether two differ in nothing but which named variant they are.
[[nodiscard]] bool differ_by_name_alone(const Variant& one, const Variant& other);

}  // namespace propriod::train
